"""When calls were made and when they were waited for: binned, so that its size is bounded."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlcrm.session.page.calls import Call

BINS = 120

WIDTH, LEFT, RIGHT = 960, 56, 8
CALLS_TOP, CALLS_HEIGHT = 12, 150
WAITS_TOP, WAITS_HEIGHT = 190, 60
HEIGHT = 276

PLACES = {
    "width": WIDTH,
    "height": HEIGHT,
    "left": LEFT,
    "right": WIDTH - RIGHT,
    "calls_top": CALLS_TOP,
    "calls_base": CALLS_TOP + CALLS_HEIGHT,
    "waits_top": WAITS_TOP,
    "waits_base": WAITS_TOP + WAITS_HEIGHT,
}
"""Where things stand in the drawing."""


@dataclass(slots=True)
class Bin:
    """A stretch of time, in seconds since the first; calls by the time they were sent.

    failed: reads and writes that failed; they are in neither of the others. waited: seconds, of
    all calls that waited in this stretch together.
    """

    start: float
    end: float
    reads: int = 0
    writes: int = 0
    failed: int = 0
    waited: float = 0.0

    @property
    def count(self) -> int:
        """How many calls were sent."""
        return self.reads + self.writes + self.failed


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of the drawing."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    at: Bin


@dataclass(frozen=True, slots=True)
class Timeline:
    """Bins and their drawing. first: when they begin.

    most_calls, most_waited: the scales, the second one in seconds.
    """

    first: dt.datetime
    bins: tuple[Bin, ...]
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, float], ...]
    seconds: float
    most_calls: int
    most_waited: float

    @property
    def each(self) -> float:
        """How many seconds a bin has."""
        return self.seconds / len(self.bins)


def timeline(calls: Sequence[Call]) -> Timeline | None:
    """Return when calls were made, from the first one's wait to the last answer.

    None where there were none.
    """
    if not calls:
        return None
    first = min(call.at - _seconds(call.waited) for call in calls)
    last = max(call.at + _seconds(call.seconds) for call in calls)
    seconds = max((last - first).total_seconds(), 0.001)
    bins = _binned(calls, first, seconds)
    most_calls = max(1, *(one.count for one in bins))
    most_waited = max(one.waited for one in bins)
    return Timeline(
        first=first,
        bins=tuple(bins),
        bars=tuple(_bars(bins, seconds, most_calls, most_waited)),
        ticks=tuple((_x(seconds * n / 4, seconds), seconds * n / 4) for n in range(5)),
        seconds=seconds,
        most_calls=most_calls,
        most_waited=most_waited,
    )


def _binned(calls: Iterable[Call], first: dt.datetime, seconds: float) -> list[Bin]:
    each = seconds / BINS
    bins = [Bin(n * each, (n + 1) * each) for n in range(BINS)]
    for call in calls:
        at = (call.at - first).total_seconds()
        one = bins[min(BINS - 1, int(at / each))]
        one.failed += call.failed
        one.reads += call.reads and not call.failed
        one.writes += not call.reads and not call.failed
        _spread(bins, at - call.waited, at, each)
    return bins


def _spread(bins: Sequence[Bin], start: float, end: float, each: float) -> None:
    """Add a wait to the bins in which it lay."""
    for number in range(max(0, int(start / each)), min(BINS, math.ceil(end / each))):
        one = bins[number]
        one.waited += max(0.0, min(end, one.end) - max(start, one.start))


def _bars(bins: Iterable[Bin], seconds: float, calls: int, waited: float) -> Iterable[Bar]:
    for one in bins:
        x, width = _x(one.start, seconds), round(_x(one.end, seconds) - _x(one.start, seconds), 2)
        y = float(CALLS_TOP + CALLS_HEIGHT)
        for kind, count in (("read", one.reads), ("write", one.writes), ("failed", one.failed)):
            if count:
                height = round(CALLS_HEIGHT * count / calls, 2)
                y = round(y - height, 2)
                yield Bar(kind, x, y, width, height, one)
        if one.waited > 0.0005 and waited:
            height = round(WAITS_HEIGHT * one.waited / waited, 2)
            yield Bar("wait", x, round(WAITS_TOP + WAITS_HEIGHT - height, 2), width, height, one)


def _x(at: float, seconds: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * at / seconds, 2)


def _seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)
