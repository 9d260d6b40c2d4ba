"""Faults on purpose: which there are, and which call gets hit.

========================  =====================================================================
429, 500                  refused in the API's own words, nothing applied
expired-token             the API's answer to a key it does not know, nothing applied
foreign-next              the way to the next page leads to another host
html-error                in turn a 5xx HTML page of the proxy and a 200 HTML maintenance page
lost-reply                applied, then the connection is cut without one byte of answer
truncated                 applied, then the connection is cut in the middle of the body
slow                      applied, answered late
drift                     rows appear and vanish while somebody pages
========================  =====================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sqlcrm.sandbox.model import Options, Reply

WORDED = ("429", "500", "expired-token", "foreign-next")
NAMES = (*WORDED, "drift", "html-error", "lost-reply", "slow", "truncated")
SLOW_MS = 1500.0  # longer than anybody's patience for one row, shorter than a client's timeout

_GATEWAY = b"""<!DOCTYPE html>
<html lang="en-US"><head><title>502: Bad gateway</title></head>
<body><h1>Bad gateway <span>Error code 502</span></h1><p>Cloudflare</p></body></html>
"""
_MAINTENANCE = b"""<!DOCTYPE html>
<html><head><title>Down for maintenance</title></head>
<body><h1>We will be right back</h1></body></html>
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault and the share of calls it hits, 0 to 1. `ms` is how late a slow answer is."""

    name: str
    share: float = 1.0
    ms: float = SLOW_MS

    def __post_init__(self) -> None:
        """Refuse what is no fault, with the list of those there are."""
        if self.name not in NAMES:
            message = f"There is no fault named {self.name!r}. Faults: {', '.join(sorted(NAMES))}."
            raise ValueError(message)
        if not 0 <= self.share <= 1:
            message = f"The share of a fault is between 0 and 1, not {self.share}."
            raise ValueError(message)


def parse(text: str) -> Fault | None:
    """The fault that "NAME" or "NAME:SHARE" means; None for "".

    Raises: ValueError for an unknown name or a share that is no number between 0 and 1.
    """
    if not text:
        return None
    name, _, share = text.partition(":")
    return Fault(name, float(share) if share else 1.0)


class Faults:
    """Picks the calls to hit: the same calls each time, given the same seed."""

    def __init__(self, options: Options) -> None:
        self._seed = options.seed
        self._pages = 0
        self.set(parse(options.faults))

    def set(self, fault: Fault | None) -> None:
        """Start a fault from its first call on, or clear it with None."""
        self.fault = fault
        self.random = Random(f"{self._seed}:{fault.name if fault else ''}")  # noqa: S311 - not a secret

    def pick(self) -> Fault | None:
        """The fault that hits this call, or None."""
        fault = self.fault
        if fault is None or self.random.random() >= fault.share:
            return None
        return fault

    def html(self) -> Reply:
        """A page where JSON was due: 502 and 200 in turn."""
        self._pages += 1
        if self._pages % 2:
            return Reply(502, _GATEWAY, type="text/html; charset=UTF-8")
        return Reply(200, _MAINTENANCE, type="text/html; charset=UTF-8")
