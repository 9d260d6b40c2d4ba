"""Sandboxes for the benchmarks, each a process of its own on loopback that ends with its block.

Run as a program it serves one; `serving` starts it so. Apart from `sqlcrm sandbox` it can hold any
rate, and remembers when each call came.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

KEY = "sandbox-key"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs: its address, and what was asked of it."""

    url: str
    process: subprocess.Popen[str]
    client: httpx.Client

    @property
    def settings(self) -> dict[str, Any]:
        """What a connection to it is declared with; it has no limit of its own."""
        settings = {"connector": "activecampaign", "url": self.url, "api_key": KEY}
        return {**settings, "rate_limit": "off"}

    def calls(self) -> list[dict[str, Any]]:
        """Each call that came: `method`, `path`, `query`, `status`."""
        return list(self.client.get("/_sandbox/calls").json())

    def count(self) -> int:
        """How many calls came, as the server counts them."""
        return int(self.client.get("/_sandbox/counters").json()["calls"])

    def total(self, path: str, **filters: str) -> int:
        """How long the API says that a list is."""
        query = {"limit": "1", **filters}
        return int(self.client.get(f"/api/3/{path}", params=query).json()["meta"]["total"])

    def stamps(self) -> list[float]:
        """When each call was answered, in seconds of the server's clock."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("stamps\n")
        self.process.stdin.flush()
        return list(json.loads(self.process.stdout.readline()))


def environment() -> dict[str, str]:
    """Return the environment of a process that is to find this folder, wherever it starts."""
    known = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(known)}


@contextmanager
def started(module: str, *arguments: str) -> Iterator[Served]:
    """Run a server's module until the block ends; it prints its address when it is ready."""
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError(f"{module} ended with {process.wait()} before it was ready")
        with _client(url) as client:
            yield Served(url, process, client)
    finally:
        process.terminate()
        process.communicate()


def _client(url: str) -> httpx.Client:
    """Look behind sqlcrm's back; without the machine's certificates, which take a while to load."""
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    headers = {"Api-Token": KEY}
    return httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False, verify=bare)


@contextmanager
def sandbox(people: int, *, rate: int = 0, latency_ms: float = 0) -> Iterator[Served]:
    """Serve ActiveCampaign; `rate` calls a second are let through, 0 for any number."""
    numbers = (f"--people={people}", f"--rate={rate}", f"--latency={latency_ms}")
    with started("benchmarks.sandboxes", *numbers) as served:
        yield served


def _serve(people: int, rate: int, latency_ms: float) -> None:
    """Serve until the standard input ends; a line on it asks for the times of the calls."""
    from sqlcrm.sandbox import Options, available, serve
    from sqlcrm.sandbox.model import Crm, Headers

    real = available()["activecampaign"]

    def build(options: Options) -> Crm:
        crm = real.build(options)
        crm.rate = (rate, 1.0) if rate else None

        def allowance(left: int) -> Headers:
            return (
                (b"ratelimit-limit", b"%d" % rate),
                (b"ratelimit-remaining", b"%d" % left),
            )

        crm.allowance = allowance  # type: ignore[method-assign]  # the API's own number is 5
        return crm

    stamps: list[float] = []
    options = Options(people, limits="real" if rate else "off", latency_ms=latency_ms)
    with serve(
        [replace(real, build=build)], options, 0, lambda _: stamps.append(time.monotonic())
    ) as found:
        gc.collect()
        gc.freeze()  # looking through all its people again and again would stop it for 30 ms
        print(found[0].url, flush=True)
        for _ in sys.stdin:
            print(json.dumps(stamps), flush=True)
            stamps.clear()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, required=True)
    options.add_argument("--rate", type=int, default=0)
    options.add_argument("--latency", type=float, default=0)
    given = options.parse_args()
    _serve(given.people, given.rate, given.latency)
