"""Memory and time of sqlcrm as a list grows, up to a million contacts.

Each job has a process of its own for each size, whose peak is the system's own figure (VmHWM). The
pages come from the canned server, in another process. A job fails where DuckDB spills to disk.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.canned import canned
from benchmarks.throughput import WARM
from benchmarks.workers import Done, worker

SIZES = (10_000, 100_000, 1_000_000)
JOBS = {"grouped": "GROUP BY of one column", "kept": "CREATE TABLE AS of three columns"}


@dataclass(frozen=True, slots=True)
class Growth:
    """What one job took at one size. base: bytes that its process held before it began."""

    job: str
    rows: int
    seconds: tuple[float, ...]
    peak: int
    base: int

    @property
    def per_row(self) -> float:
        """Microseconds a row, the median of the rounds."""
        return statistics.median(self.seconds) / self.rows * 1e6

    def row(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {**asdict(self), "microseconds_per_row": round(self.per_row, 2)}


def run(rounds: int, sizes: Sequence[int]) -> list[Growth]:
    """Do each job at each size, the sizes in turn."""
    found = []
    with ExitStack() as stack:
        warm = stack.enter_context(canned(WARM))
        servers = {size: stack.enter_context(canned(size)) for size in sizes}
        for job in JOBS:
            with ExitStack() as jobs:
                workers = {size: jobs.enter_context(worker("ours")) for size in sizes}
                base = {size: one.ask(job, warm.url).peak for size, one in workers.items()}
                done: dict[int, list[Done]] = {size: [] for size in sizes}
                for _ in range(rounds):
                    for size, one in workers.items():
                        done[size].append(one.ask(job, servers[size].url))
            for size, taken in done.items():
                assert {each.rows for each in taken} == {size}
                seconds = tuple(each.seconds for each in taken)
                found.append(Growth(job, size, seconds, taken[0].peak, base[size]))
    return found
