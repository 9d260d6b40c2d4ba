"""When a script that is repeated runs next, and that only one process repeats it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

JITTER = 0.05
"""Part of the time between two runs by which each may be late: scripts of many people, started
on the hour, shall not all meet the same API in the same second."""

FIRST_RETRY = 60.0
"""Seconds after which a run that found the API unreachable is tried again; then twice as long each
time, but never longer than between two runs."""

_AGAIN_SOON = 3  # unreachable, throttled, or held by another run


@dataclass(slots=True)
class Schedule:
    """The times at which a script runs. every: seconds between the beginnings of two runs."""

    every: float
    failures: int = 0

    def pause(self, exit_code: int, took: float) -> float:
        """Return the seconds to wait after a run that took so long and ended so.

        A run that took longer than `every` is followed by the next one at once: none is skipped
        twice, and no two overlap.
        """
        self.failures = self.failures + 1 if exit_code == _AGAIN_SOON else 0
        late = random.uniform(0, JITTER * self.every)  # noqa: S311 - no secret
        if self.failures:
            return min(self.every, FIRST_RETRY * 2.0 ** min(self.failures - 1, 30)) + late
        return max(0.0, self.every - took) + late


@contextmanager
def only_here(script: Path) -> Iterator[None]:
    """Keep other processes of this user from repeating the same script.

    Raises: Busy, naming the one that does.
    """
    from sqlcrm.state.folder import state_folder
    from sqlcrm.state.locks import scheduled

    with scheduled(state_folder(), script.resolve()):
        yield
