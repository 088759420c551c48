#!/usr/bin/python3
"""Builds a topology of this folder in Mininet, with Mooring's switch or BMv2 in it.

With --test the service is put under load, the file's operations are carried out one after the other, and the exit status is 0 only if
every one of them succeeded and no connection failed. Without it, Mininet's prompt opens: `h1 curl -s 10.0.0.1`; with --ui, the
controller's screen. Everything runs in namespaces of its own and is gone when this ends, however it ends.

Needs root, and Debian's packages mininet, python3-yaml, curl and ethtool.
"""
import argparse
import os
import signal
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)

from private_world import INSIDE, clean, run_inside  # noqa: E402

CONNECTIONS_PER_CLIENT = 20
LINES_BETWEEN = 60


def lines_of(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf8") as file:
        return file.read().splitlines()


class Load:
    """The clients' connections and how they went."""

    def __init__(self, net, topology, work_directory):
        from network import PYTHON, TRAFFIC
        (vip, *_) = next(iter(topology["switches"].values()))["vips"]
        host = f"[{vip['address']}]" if ":" in vip["address"] else vip["address"]
        url = f"http://{host}:{vip['port']}/"
        names = [name for name, each in topology["hosts"].items() if "serve" not in each and not each.get("forwards")]
        self.logs = [os.path.join(work_directory, f"{name}-load.log") for name in names]
        self.processes = [
            net.get(name).popen([PYTHON, TRAFFIC, "client", url, log, str(CONNECTIONS_PER_CLIENT)],
                                stdin=subprocess.DEVNULL, start_new_session=True)
            for name, log in zip(names, self.logs)]

    def lines(self):
        return [line for log in self.logs for line in lines_of(log)]

    def failures(self):
        return [line for line in self.lines() if not line.startswith("done")]


def fail_over(net, topology, controllers):
    """The first switch fails; every host's address moves from its first link to its second."""
    from network import end, links_of
    first, second = list(topology["switches"])[:2]
    net.get(first).fail()
    end(controllers.pop(first).process)
    for name, host in topology["hosts"].items():
        node = net.get(name)
        (one, other) = (link["to"] for link in links_of(host))
        assert (one, other) == (first, second), f"{name} is not linked to {first} and {second}"
        address = links_of(host)[0]["address"]
        source, target = (interface.name for interface in node.intfList()[:2])
        # One command, so that a connection's retransmission does not find the host without address.
        node.cmd(f"ip addr del {address} dev {source}; ip link set {source} down; ip addr add {address} dev {target};"
                 f" ip neigh flush all")


def test(net, topology, controllers, work_directory):
    """Carries out the topology's operations under load; returns whether all went well."""
    from mininet.log import info
    from network import end, wait_until
    load = Load(net, topology, work_directory)
    try:
        wait_until("the first connections", lambda: len(load.lines()) > LINES_BETWEEN)
        good = True
        for operation in topology["test"]:
            before = len(load.lines())
            if operation == ["fail-over"]:
                fail_over(net, topology, controllers)
                info("*** fail-over: done\n")
            else:
                for name, controller in controllers.items():
                    status, output = controller.mooring(*operation)
                    info(f"*** {name}: {' '.join(operation)}: {'done' if status == 0 else output}\n")
                    good = good and status == 0
            wait_until("connections after it", lambda: len(load.lines()) > before + LINES_BETWEEN)
    finally:
        for process in load.processes:
            end(process)
    failures = load.failures()
    seen = sorted({line.split()[1] for line in load.lines() if line.startswith("done")})
    for failure in failures[:10]:
        info(f"    {failure}\n")
    info(f"*** {len(load.lines())} connections, served by {', '.join(seen)}; {len(failures)} failed\n")
    return good and not failures


def run(options, work_directory):
    """The inner half: the namespaces are this run's own."""
    import yaml
    from mininet.cli import CLI
    from mininet.log import info, setLogLevel
    from agents import Agents
    from network import MOORING, Controller, build, end, serve, wait_until

    def stop(*_):
        raise SystemExit(1)
    signal.signal(signal.SIGTERM, stop)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # On a fresh clone the first start builds; several at once would be in each other's way.
    subprocess.run(MOORING + ["--help"], stdout=subprocess.DEVNULL, check=True)
    os.environ["MOORING_NO_BUILD"] = "1"
    setLogLevel("info")
    with open(options.topology, encoding="utf8") as file:
        topology = yaml.safe_load(file)
    agents = Agents(topology, work_directory) if options.agents else None
    net = build(topology, options.switch, work_directory, agents)
    processes = serve(net, topology) + (agents.start(net) if agents else [])
    controllers = {name: Controller(net.get(name), agents.configure(intent) if agents else intent, work_directory)
                   for name, intent in topology["switches"].items()}
    for controller in controllers.values():
        wait_until(f"starting the controller of {controller.name}", controller.ready)
    good = True
    if options.test:
        good = test(net, topology, dict(controllers), work_directory)
    else:
        if options.load:
            processes += Load(net, topology, work_directory).processes
        first = next(iter(controllers.values()))
        vip = next(iter(topology["switches"].values()))["vips"][0]["address"]
        info(f"*** try: h1 curl -s {f'[{vip}]' if ':' in vip else vip}\n")
        info(f"*** or in another terminal: mooring status --watch --state-dir {first.state}\n")
        if options.ui:
            subprocess.run(MOORING + ["status", "--watch", "--state-dir", first.state], check=False)
        else:
            CLI(net)
    for process in processes + [controller.process for controller in controllers.values()]:
        end(process)
    net.stop()
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("topology", nargs="?", help="a file of this folder")
    parser.add_argument("--switch", choices=["softswitch", "bmv2"], default="softswitch")
    parser.add_argument("--test", action="store_true", help="run the file's operations under load and exit")
    parser.add_argument("--load", action="store_true", help="keep connections to the service open")
    parser.add_argument("--agents", action="store_true", help="run an agent on every server")
    parser.add_argument("--ui", action="store_true", help="open the controller's screen instead of Mininet's prompt")
    parser.add_argument("--clean", action="store_true", help="end every topology that runs, remove what is left")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("Mininet needs root: run this with sudo")
    if options.clean:
        ended, removed = clean()
        print(f"{ended} topologies ended, {removed} work directories of killed ones removed")
        sys.exit(0)
    if options.topology is None:
        parser.error("name a topology file")
    work_directory = os.environ.get(INSIDE)
    if work_directory is None:
        sys.exit(run_inside([os.path.abspath(__file__)] + sys.argv[1:]))
    sys.exit(run(options, work_directory))


if __name__ == "__main__":
    main()
