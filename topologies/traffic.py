#!/usr/bin/python3
"""Web servers and clients for the topologies, on asyncio, so that a host runs hundreds of connections in one process.

  traffic.py server PORT NAME          answers every request with its name, and keeps connections open
  traffic.py client URL LOG [COUNT]    keeps COUNT connections, each for a few seconds and dozens of requests

A connection's answers must all come from one server: whoever balances connections may choose at the start, never later. What
goes wrong, a reset or an end in the middle as much as another server's answer, is written to LOG as a line `failed ...`; a
connection that ended well as `done NAME requests=N`. The server takes IPv4 and IPv6.
"""
import asyncio
import random
import sys
from urllib.parse import urlsplit

LIFETIME_SECONDS = (0.2, 2.0)
PAUSE_SECONDS = 0.03
PATIENCE_SECONDS = 15


async def serve(port, name):
    async def answer(reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = f"{name}\n".encode()
                keep = b"connection: close" not in head.lower() and not head.startswith(b"GET / HTTP/1.0")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"
                             % (len(body), body))
                await writer.drain()
                if not keep:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
    sockets = [await asyncio.start_server(answer, host, port, backlog=1024) for host in ("0.0.0.0", "::")]
    await asyncio.gather(*(each.serve_forever() for each in sockets))


async def ask(reader, writer, host):
    writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    return (await reader.readexactly(length)).decode().strip()


async def converse(host, port):
    """One connection; returns the line for the log."""
    requests = 0
    server = None
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), PATIENCE_SECONDS)
        end_at = asyncio.get_running_loop().time() + random.uniform(*LIFETIME_SECONDS)
        while asyncio.get_running_loop().time() < end_at:
            name = await asyncio.wait_for(ask(reader, writer, host), PATIENCE_SECONDS)
            requests += 1
            if server is not None and name != server:
                return f"failed moved from {server} to {name}"
            server = name
            await asyncio.sleep(PAUSE_SECONDS)
        writer.close()
        return f"done {server} requests={requests}"
    except (OSError, EOFError, asyncio.TimeoutError) as error:
        return f"failed after {requests} requests from {server}: {type(error).__name__} {error}"


async def load(url, log, count):
    target = urlsplit(url)

    async def forever():
        while True:
            line = await converse(target.hostname, target.port or 80)
            with open(log, "a", encoding="utf8") as file:
                file.write(line + "\n")
    await asyncio.gather(*(forever() for _ in range(count)))


if __name__ == "__main__":
    if sys.argv[1] == "server":
        asyncio.run(serve(int(sys.argv[2]), sys.argv[3]))
    else:
        asyncio.run(load(sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 20))
