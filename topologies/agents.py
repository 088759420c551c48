"""Agents on the servers: `mooring agent` on each, in a management network beside the service's, with certificates of an authority made for the run.

The controller runs in the root namespace, which has no part in the service's network; the management network is a bridge there, on which
each server has a link of its own.
"""
import copy
import os
import subprocess

from network import MOORING, Bridge, links_of

PORT = 7946
BRIDGE = "mgmt"
ROOT_ADDRESS = "172.31.255.254/16"
DAYS = "2"


class Agents:
    """Agents of the hosts that serve."""

    def __init__(self, topology, work_directory):
        self.topology = topology
        self.directory = os.path.join(work_directory, "certificates")
        serving = [name for name, host in topology["hosts"].items() if "serve" in host]
        self.addresses = {name: f"172.31.{number >> 8}.{number & 255}" for number, name in enumerate(serving, start=1)}
        os.makedirs(self.directory)
        self.make_certificates()

    def file(self, name):
        return os.path.join(self.directory, name)

    def make_certificates(self):
        def openssl(*words):
            subprocess.run(["openssl", *words], cwd=self.directory, check=True, stdin=subprocess.DEVNULL,
                           capture_output=True)
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority", "-days", DAYS)
        for name in ("controller", "agent"):
            openssl("req", *curve, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
            openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", "-CA", "ca.pem", "-CAkey", "ca.key",
                    "-CAcreateserial", "-days", DAYS)

    def link(self, net):
        """Before the network starts: the bridge and its links."""
        net.addSwitch(BRIDGE, cls=Bridge, dpid=f"{0xa9e:016x}")
        self.links = [(net.get(name), net.addLink(net.get(name), net.get(BRIDGE)).intf1, address)
                      for name, address in self.addresses.items()]

    def start(self, net):
        """After it has started: addresses, and the agents."""
        subprocess.run(["ip", "addr", "add", ROOT_ADDRESS, "dev", BRIDGE], check=True)
        processes = []
        for node, interface, address in self.links:
            node.cmd(f"ip addr add {address}/16 dev {interface}")
            service = self.topology["hosts"][node.name]["serve"]
            processes.append(node.popen(
                MOORING + ["agent", "--listen", f"{address}:{PORT}", "-s", str(service), "--ca", self.file("ca.pem"),
                           "--certificate", self.file("agent.pem"), "--key", self.file("agent.key")],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True))
        return processes

    def configure(self, intent):
        """The controller's configuration with its servers' agents."""
        hosts = {}
        for name, host in self.topology["hosts"].items():
            for link in links_of(host):
                addresses = link.get("address") or []
                for address in [addresses] if isinstance(addresses, str) else addresses:
                    hosts[address.split("/")[0]] = name
        changed = copy.deepcopy(intent)
        changed["agents"] = {"ca": self.file("ca.pem"), "certificate": self.file("controller.pem"),
                             "key": self.file("controller.key")}
        for vip in changed["vips"]:
            for server in vip["servers"]:
                server["agent"] = f"{self.addresses[hosts[server['address']]]}:{PORT}"
        return changed
