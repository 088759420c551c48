#!/usr/bin/python3
"""Builds a topology of this folder in Mininet, with Mooring's switch or BMv2 in the middle.

The topology file says which switches and hosts there are and what each switch's controller is to do. Every host is a
network namespace with a real TCP stack; a switch runs in the root namespace on its side of the links; its controller is
`mooring up` in front of it. With --test the service is put under load, the file's operations are carried out one after
the other, and the exit status is 0 only if every one of them succeeded and no request failed. Without it, Mininet's
prompt opens: `h1 curl -s 10.0.0.1`.

Needs root, and Debian's packages mininet, python3-yaml and curl.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import yaml
from mininet.cli import CLI
from mininet.log import info, setLogLevel
from mininet.net import Mininet
from mininet.node import Host, Switch

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MOORING = ["node", os.path.join(ROOT, "cli", "bin", "mooring.mjs")]
CPU_PORT = 510
FIRST_GRPC_PORT = 9560


class PlainHost(Host):
    """A host whose packets are whole: BMv2 forwards checksums that the kernel left to the network card as they are."""

    def config(self, **params):
        result = super().config(**params)
        for feature in ("rx", "tx", "sg", "tso", "gso", "gro"):
            self.cmd(f"ethtool -K {self.defaultIntf()} {feature} off")
        return result


class P4RuntimeSwitch(Switch):
    """A switch that takes simple_switch_grpc's options: Mooring's own, or BMv2."""

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
        extra = ["--thrift-port", str(9190 + self.device_id)] if "simple_switch" in self.command[0] else []
        with open(self.log, "w", encoding="utf8") as log:
            self.process = subprocess.Popen(
                self.command + ["--no-p4", "--device-id", str(self.device_id)] + extra + arguments
                + ["--", "--grpc-server-addr", self.address, "--cpu-port", str(CPU_PORT)],
                stdout=log, stderr=log, start_new_session=True)

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


def wait_until(what, condition, timeout_seconds=30):
    """Asks again until the condition holds; raises TimeoutError with `what` otherwise."""
    give_up_at = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{what} took longer than {timeout_seconds} s")
        time.sleep(0.1)


class Controller:
    """`mooring up` in front of one switch, and the commands that steer it."""

    def __init__(self, switch, intent, work_directory):
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
                stdout=log, stderr=log, start_new_session=True)

    def mooring(self, *arguments):
        """Runs a command of `mooring` against this controller; returns status and output."""
        done = subprocess.run(MOORING + list(arguments) + ["--state-dir", self.state, "--json"],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def ready(self):
        if self.process.poll() is not None:
            with open(self.log, encoding="utf8") as log:
                raise RuntimeError(f"the controller ended:\n{log.read()}")
        status, output = self.mooring("status")
        return status == 0 and json.loads(output)["status"]["state"] == "serving"


def build(topology, command, work_directory):
    """Makes the network and starts it, switches included."""
    net = Mininet(controller=None, host=PlainHost, autoSetMacs=True)
    for device_id, name in enumerate(topology["switches"], start=1):
        net.addSwitch(name, cls=P4RuntimeSwitch, command=command, device_id=device_id, work_directory=work_directory)
    for name, host in topology["hosts"].items():
        net.addHost(name, ip=host["address"])
        net.addLink(net.get(name), net.get(host["switch"]))
    net.start()
    return net


def serve(net, topology, work_directory):
    """Starts a web server on each host that is to have one; its only page is the host's name."""
    servers = []
    for name, host in topology["hosts"].items():
        if "serve" not in host:
            continue
        page = os.path.join(work_directory, f"{name}-page")
        os.makedirs(page)
        with open(os.path.join(page, "index.html"), "w", encoding="utf8") as file:
            file.write(f"{name}\n")
        servers.append(net.get(name).popen(
            ["/usr/bin/python3", "-m", "http.server", "--directory", page, str(host["serve"])],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    return servers


def load(net, topology, vip, work_directory):
    """One client after the other asks for the page again and again; a failed request leaves a line in its log."""
    script = 'while :; do curl -s -m 5 --noproxy "*" "$1" >> "$2.ok" || echo "status $?" >> "$2.failed"; done'
    url = f"http://{vip['address']}:{vip['port']}/"
    clients = [name for name, host in topology["hosts"].items() if "serve" not in host]
    return {name: net.get(name).popen(["sh", "-c", script, "sh", url, os.path.join(work_directory, name)],
                                      start_new_session=True) for name in clients}


def lines_of(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf8") as file:
        return file.read().split()


def test(net, topology, controller, work_directory):
    """Carries out the topology's operations under load; returns whether all went well."""
    (intent,) = topology["switches"].values()
    clients = load(net, topology, intent["vips"][0], work_directory)
    answers = lambda: sum(len(lines_of(os.path.join(work_directory, f"{name}.ok"))) for name in clients)
    wait_until("the first hundred answers", lambda: answers() > 100)
    good = True
    for operation in topology["test"]:
        before = answers()
        status, output = controller.mooring(*operation)
        info(f"*** {' '.join(operation)}: {'done' if status == 0 else output}\n")
        good = good and status == 0
        wait_until("a hundred answers more", lambda: answers() > before + 100)
    for process in clients.values():
        end(process)
    failed = sum(len(lines_of(os.path.join(work_directory, f"{name}.failed"))) for name in clients)
    seen = sorted({answer for name in clients for answer in lines_of(os.path.join(work_directory, f"{name}.ok"))})
    info(f"*** {answers()} answers from {', '.join(seen)}; {failed} failed requests\n")
    return good and failed == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("topology", help="a file of this folder")
    parser.add_argument("--switch", choices=["softswitch", "bmv2"], default="softswitch")
    parser.add_argument("--test", action="store_true", help="run the file's operations under load and exit")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("Mininet needs root: run this with sudo")
    if options.switch == "bmv2" and shutil.which("simple_switch_grpc") is None:
        sys.exit("simple_switch_grpc is not installed; `mooring doctor` says how to get it")
    setLogLevel("info")
    with open(options.topology, encoding="utf8") as file:
        topology = yaml.safe_load(file)
    command = ["simple_switch_grpc"] if options.switch == "bmv2" else MOORING + ["switch"]
    with tempfile.TemporaryDirectory(prefix="mooring-mininet-") as work_directory:
        net = build(topology, command, work_directory)
        processes = []
        good = True
        try:
            processes += serve(net, topology, work_directory)
            for name, intent in topology["switches"].items():
                controller = Controller(net.get(name), intent, work_directory)
                processes.append(controller.process)
                wait_until("starting the controller", controller.ready)
            if options.test:
                good = test(net, topology, controller, work_directory)
            else:
                info("*** try: h1 curl -s 10.0.0.1\n")
                CLI(net)
        finally:
            for process in processes:
                end(process)
            net.stop()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
