"""Rows a second where nothing limits the rate: sqlcrm, loops written by hand, and other tools.

All read the same canned contacts to the last page. The contestants take turns, each in a process
that has done a job of each kind before. Server and client share the machine's cores.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.canned import canned
from benchmarks.sandboxes import Served
from benchmarks.workers import Worker, worker

WARM = 500  # contacts, for the jobs that are not timed
SIZES = (10_000, 100_000)


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who reads: a name to show, the process, and its jobs by what they read."""

    name: str
    worker: Worker
    jobs: dict[str, str]


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast one contestant did one job, in rows a second of each round."""

    contestant: str
    columns: str
    rows: int
    speeds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.speeds)

    def row(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {**asdict(self), "median": self.median}


def run(rounds: int, peers: Path | None, sizes: Sequence[int]) -> list[Speed]:
    """Let everybody read each size in turn; `peers` is the Python that has the other tools."""
    found: list[Speed] = []
    with ExitStack() as stack:
        warm = stack.enter_context(canned(WARM))
        servers = [stack.enter_context(canned(size)) for size in sizes]
        contestants = _contestants(stack, peers, servers[0])
        for one in contestants:
            for job in one.jobs.values():
                one.worker.ask(job, warm.url)
        for size, served in zip(sizes, servers, strict=True):
            contestants[0].worker.ask(contestants[0].jobs["five"], served.url)  # renders the pages
            for columns in ("five", "all"):
                found += _measured(contestants, columns, size, served, rounds)
    return found


def _contestants(stack: ExitStack, peers: Path | None, served: Served) -> list[Contestant]:
    """Start the processes; the loop of several connections has as many as sqlcrm opens."""
    ours = stack.enter_context(worker("ours"))
    served.client.get("/_sandbox/counters")
    ours.ask("five", served.url)
    connections = served.client.get("/_sandbox/counters").json()["connections"]
    loop = stack.enter_context(worker("bare_loop", str(connections)))
    several = f"httpx loop, {connections} connection{'s' if connections > 1 else ''}, offsets"
    found = [
        Contestant("httpx loop, 1 connection", loop, {"five": "cursor-five", "all": "cursor-all"}),
        Contestant(several, loop, {"five": "offsets-five", "all": "offsets-all"}),
        Contestant("httpx loop to typed Arrow, 1 connection", loop, {"five": "cursor-typed"}),
        Contestant("sqlcrm", ours, {"five": "five", "all": "all"}),
    ]
    if peers is not None:
        found += [
            Contestant(name, stack.enter_context(worker(module, python=peers)), jobs)
            for name, module, jobs in (
                ("shillelagh", "shillelagh_adapter", {"five": "five"}),
                ("Parsons", "parsons_table", {"five": "five", "all": "all"}),
                ("dlt to DuckDB", "dlt_pipeline", {"all": "all"}),
            )
        ]
    return found


def _measured(
    contestants: Sequence[Contestant], columns: str, size: int, served: Served, rounds: int
) -> list[Speed]:
    taking_part = [one for one in contestants if columns in one.jobs]
    speeds: dict[str, list[float]] = {one.name: [] for one in taking_part}
    for _ in range(rounds):
        for one in taking_part:
            done = one.worker.ask(one.jobs[columns], served.url)
            assert done.rows == size, f"{one.name} read {done.rows} rows of {size}"
            speeds[one.name].append(size / done.seconds)
    return [Speed(name, columns, size, tuple(values)) for name, values in speeds.items()]
