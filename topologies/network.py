"""From a topology file to a Mininet network: hosts, routers, bridges, P4 switches with their controllers.

Every host is a network namespace with a real TCP stack. A switch is a process that takes simple_switch_grpc's options, Mooring's own or BMv2, on
its side of the links; its controller is `mooring up` in front of it.
"""
import json
import os
import shutil
import signal
import subprocess
import time

import yaml
from mininet.net import Mininet
from mininet.node import Host, Switch

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MOORING = ["node", os.path.join(ROOT, "cli", "bin", "mooring.mjs")]
TRAFFIC = os.path.join(ROOT, "topologies", "traffic.py")
PYTHON = "/usr/bin/python3"
CPU_PORT = 510
FIRST_GRPC_PORT = 9560
FIRST_THRIFT_PORT = 9190


class PlainHost(Host):
    """A host whose packets are whole: BMv2 forwards checksums that the kernel left to the network card as they are."""

    def settle(self, host):
        """What Mininet has no words for: several links, IPv6, routes, forwarding."""
        for interface in self.intfList():
            for feature in ("rx", "tx", "sg", "tso", "gso", "gro"):
                self.cmd(f"ethtool -K {interface} {feature} off")
            # With an address on every link, a host answers for each only where it lives. A link without one is in reserve: there it
            # answers for the other's address, so that a standby knows the way already. Packets are taken on any.
            only_here = all("address" in link for link in links_of(host))
            for name, value in (("arp_ignore", int(only_here)), ("arp_announce", 2), ("rp_filter", 0)):
                self.cmd(f"sysctl -w net.ipv4.conf.{interface}.{name}={value}")
        self.cmd("sysctl -w net.ipv4.conf.all.rp_filter=0")
        if host.get("forwards"):
            self.cmd("sysctl -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
        for target, gateway in host.get("routes", {}).items():
            self.cmd(f"ip {'-6 ' if ':' in gateway else ''}route replace {target} via {gateway}")


class Bridge(Switch):
    """A plain Ethernet switch: the kernel's bridge. It floods until it knows an address, so there must be no loop."""

    def start(self, _controllers):
        self.cmd(f"ip link add {self.name} type bridge")
        for port, interface in self.intfs.items():
            if port > 0:
                self.cmd(f"ip link set {interface} master {self.name} up")
        self.cmd(f"ip link set {self.name} up")

    def stop(self, deleteIntfs=True):
        self.cmd(f"ip link del {self.name}")
        super().stop(deleteIntfs)


class P4RuntimeSwitch(Switch):
    """A switch that takes simple_switch_grpc's options."""

    def __init__(self, name, command, device_id, work_directory, **params):
        super().__init__(name, **params)
        self.command = command
        self.device_id = device_id
        self.address = f"127.0.0.1:{FIRST_GRPC_PORT + device_id}"
        self.log = os.path.join(work_directory, f"{name}.log")
        self.process = None

    def start(self, _controllers):
        interfaces = [f"{port}@{interface.name}" for port, interface in sorted(self.intfs.items()) if port > 0]
        arguments = [option for interface in interfaces for option in ("-i", interface)]
        is_bmv2 = "simple_switch" in self.command[0]
        extra = ["--thrift-port", str(FIRST_THRIFT_PORT + self.device_id),
                 "--notifications-addr", f"ipc://{self.log}.ipc"] if is_bmv2 else []
        with open(self.log, "w", encoding="utf8") as log:
            self.process = subprocess.Popen(
                self.command + ["--no-p4", "--device-id", str(self.device_id)] + extra + arguments
                + ["--", "--grpc-server-addr", self.address, "--cpu-port", str(CPU_PORT)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def fail(self):
        """As when its power fails."""
        os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self, deleteIntfs=True):
        end(self.process)
        super().stop(deleteIntfs)

    def port_numbers(self):
        return [port for port in sorted(self.intfs) if port > 0]


def end(process):
    """Ends a process and whatever it started."""
    if process is None or process.poll() is not None:
        return
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(what, condition, timeout_seconds=60):
    """Asks again until the condition holds; raises TimeoutError with `what` otherwise."""
    give_up_at = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{what} took longer than {timeout_seconds} s")
        time.sleep(0.05)


class Controller:
    """`mooring up` in front of one switch, and the commands that steer it."""

    def __init__(self, switch, intent, work_directory):
        self.name = switch.name
        self.state = os.path.join(work_directory, f"{switch.name}-state")
        configuration = os.path.join(work_directory, f"{switch.name}.yaml")
        with open(configuration, "w", encoding="utf8") as file:
            yaml.safe_dump({
                "switch": {"address": switch.address, "deviceId": switch.device_id, "ports": switch.port_numbers()},
                **intent,
            }, file)
        self.log = os.path.join(work_directory, f"{switch.name}-controller.log")
        with open(self.log, "w", encoding="utf8") as log:
            self.process = subprocess.Popen(
                MOORING + ["up", "--plain", "-c", configuration, "--state-dir", self.state,
                           "--switch-address", switch.address],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def mooring(self, *arguments):
        """Runs a command of `mooring` against this controller; returns status and what it says, as JSON."""
        done = subprocess.run(MOORING + list(arguments) + ["--state-dir", self.state, "--json"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout or json.dumps({"error": done.stderr})

    def ready(self):
        if self.process.poll() is not None:
            with open(self.log, encoding="utf8") as log:
                raise RuntimeError(f"the controller of {self.name} ended:\n{log.read()}")
        # The socket is there first: asking before costs a process each time.
        if not os.path.exists(os.path.join(self.state, "control.sock")):
            return False
        status, output = self.mooring("status")
        return status == 0 and json.loads(output)["status"]["state"] == "serving"


def switch_command(kind):
    """The program of a switch, as words."""
    return [os.environ.get("SIMPLE_SWITCH_GRPC") or shutil.which("simple_switch_grpc")] if kind == "bmv2" else MOORING + ["switch"]


def links_of(host):
    """A host's links; one may be written as `address` and `switch` on the host itself."""
    return host.get("links") or [{"to": host["switch"], "address": host["address"]}]


def build(topology, kind, work_directory, agents=None):
    """Makes the network and starts it, switches included, controllers not."""
    net = Mininet(controller=None, host=PlainHost, autoSetMacs=False)
    for device_id, name in enumerate(topology["switches"], start=1):
        net.addSwitch(name, cls=P4RuntimeSwitch, command=switch_command(kind), device_id=device_id,
                      dpid=f"{device_id:016x}", work_directory=work_directory)
    for number, name in enumerate(topology.get("bridges", {}), start=len(topology["switches"]) + 1):
        net.addSwitch(name, cls=Bridge, dpid=f"{number:016x}")
    for name in topology["hosts"]:
        net.addHost(name, ip=None)
    number = 0
    ends = [(name, link) for name, host in topology["hosts"].items() for link in links_of(host)]
    ends += [(name, {"to": other}) for name, others in topology.get("bridges", {}).items() for other in others]
    addressed = []
    for name, link in ends:
        number += 1
        cable = net.addLink(net.get(name), net.get(link["to"]), addr1=f"02:00:00:01:{number >> 8:02x}:{number & 255:02x}",
                            addr2=f"02:00:00:02:{number >> 8:02x}:{number & 255:02x}")
        addressed += [(net.get(name), cable.intf1, link.get("address")), (net.get(link["to"]), cable.intf2, link.get("peer"))]
    if agents is not None:
        agents.link(net)
    net.start()
    for node, interface, addresses in addressed:
        for address in ([addresses] if isinstance(addresses, str) else addresses or []):
            # Nobody else has it: no need to ask around for a second first.
            node.cmd(f"ip addr add {address} dev {interface}{' nodad' if ':' in address else ''}")
    for name, host in topology["hosts"].items():
        net.get(name).settle(host)
    return net


def serve(net, topology):
    """Starts a web server on each host that is to have one; its only page is the host's name."""
    return [net.get(name).popen([PYTHON, TRAFFIC, "server", str(host["serve"]), name], stdin=subprocess.DEVNULL,
                               start_new_session=True)
            for name, host in topology["hosts"].items() if "serve" in host]
