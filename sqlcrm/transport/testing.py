"""A switch for tests: no wait takes any time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlcrm.transport.clock import Clock, FakeClock
from sqlcrm.transport.limiter import forget_limiters


@contextmanager
def testing() -> Iterator[FakeClock]:
    """Replace every clock by one that advances instead of waiting, while the block runs.

    Yields: that clock; its `waits` are what would have been slept. Limiters are forgotten at both
    ends, since they hold times of the other clock.
    """
    before = Clock.fake
    forget_limiters()
    Clock.fake = FakeClock()
    try:
        yield Clock.fake
    finally:
        Clock.fake = before
        forget_limiters()


testing.__test__ = False  # type: ignore[attr-defined] # pytest would take it for a test by its name
