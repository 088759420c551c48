"""Runs the launcher in namespaces of its own, so that nothing of it can outlive it.

The launcher starts itself again under `unshare` with a new network, mount and PID namespace. The inner process is the first of its PID
namespace: however it ends, the kernel ends every process in it, and with them go network namespaces, interfaces and links. The
outer one waits, passes on what it is told to, and removes the work directory. If the outer one is killed, so is the inner
one; then only the work directory is left, which the next start, or --clean, removes. No two runs can be in each
other's way, because names, ports and addresses are each run's own.
"""
import ctypes
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile

PREFIX = os.path.join(tempfile.gettempdir(), "mooring-mininet-")
INSIDE = "MOORING_MININET_INSIDE"
PR_SET_PDEATHSIG = 1


def die_with_parent(signal_number):
    """The kernel sends this process the signal when its parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number)


def owner_of(directory):
    """Process id of the launcher a work directory belongs to, 0 if it runs no more."""
    try:
        with open(os.path.join(directory, "pid"), encoding="utf8") as file:
            pid = int(file.read())
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return pid if b"launch.py" in file.read() else 0
    except (OSError, ValueError):
        return 0


def remove_stale():
    """Removes work directories whose launcher was killed; returns how many."""
    stale = [directory for directory in glob.glob(PREFIX + "*") if owner_of(directory) == 0]
    for directory in stale:
        shutil.rmtree(directory, ignore_errors=True)
    return len(stale)


def clean():
    """Ends every topology that runs and removes what killed ones left."""
    running = [pid for pid in map(owner_of, glob.glob(PREFIX + "*")) if pid != 0]
    for pid in running:
        os.kill(pid, signal.SIGTERM)
    for pid in running:
        while os.path.exists(f"/proc/{pid}") and owner_is_alive(pid):
            pass
    return len(running), remove_stale()


def owner_is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="latin1") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def run_inside(arguments):
    """The outer half: runs the launcher inside and returns its exit status."""
    remove_stale()
    directory = f"{PREFIX}{os.getpid()}"
    os.makedirs(directory, mode=0o700)
    with open(os.path.join(directory, "pid"), "w", encoding="utf8") as file:
        file.write(str(os.getpid()))
    die_with_parent(signal.SIGTERM)
    # Ctrl-C is for whoever is in front: Mininet's prompt, or what it runs.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stopped = []
    child = subprocess.Popen(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable] + arguments,
        env={**os.environ, INSIDE: directory},
        preexec_fn=lambda: die_with_parent(signal.SIGKILL))

    def stop(number, _frame):
        stopped.append(number)
        child.kill()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    try:
        status = child.wait()
    finally:
        child.kill()
        shutil.rmtree(directory, ignore_errors=True)
    return 128 + stopped[0] if stopped else status if status >= 0 else 1
