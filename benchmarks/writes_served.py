"""A sandbox whose clock goes ahead when somebody waits, so that counting calls waits for nothing.

Run as a program it serves one, without limits; `following` starts it so.
"""

from __future__ import annotations

import argparse
import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.sandboxes import Served, started
from sqlcrm.sandbox import Clock as ServersClock
from sqlcrm.sandbox import Options, available, serve
from sqlcrm.transport.clock import Clock, FakeClock
from sqlcrm.transport.testing import testing


class Ahead(ServersClock):
    """A clock that can be set ahead: an import is done some seconds after it was accepted."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        """Seconds, those ahead added."""
        return super().monotonic() + self.ahead


class Followed(FakeClock):
    """The client's clock: what it would wait passes at once, at the server too."""

    def __init__(self, served: Served) -> None:
        super().__init__()
        self._served = served
        self._turn = threading.Lock()

    def wait(self, seconds: float, cancel: threading.Event) -> None:
        """Let time pass on both sides."""
        super().wait(seconds, cancel)
        pipe = self._served.process
        assert pipe.stdin is not None
        assert pipe.stdout is not None
        with self._turn:
            pipe.stdin.write(f"{max(0.0, seconds)}\n")
            pipe.stdin.flush()
            pipe.stdout.readline()


@contextmanager
def following(people: int) -> Iterator[Served]:
    """Serve ActiveCampaign until the block ends; inside it waiting takes no time."""
    with started("benchmarks.writes_served", f"--people={people}") as served, testing():
        Clock.fake = Followed(served)  # which testing() takes away again
        yield served


def _serve(people: int) -> None:
    """Serve until the standard input ends; a number on it is how far the clock goes ahead."""
    clock = Ahead()
    options = Options(people, limits="off", clock=clock)
    with serve([available()["activecampaign"]], options, 0) as found:
        gc.collect()
        gc.freeze()  # as in benchmarks.sandboxes
        print(found[0].url, flush=True)
        for line in sys.stdin:
            clock.ahead += float(line)
            print("ok", flush=True)


if __name__ == "__main__":
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--people", type=int, required=True)
    _serve(wanted.parse_args().people)
