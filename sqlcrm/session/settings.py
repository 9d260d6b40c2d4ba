"""The session's own settings, which SET and RESET change: the rest of SET is DuckDB's."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Final

from sqlcrm.dialect import Statement
from sqlcrm.errors import SqlError

_UNITS: Final = {
    "ms": 0.001, "millisecond": 0.001, "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0,
    "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0,
}  # fmt: skip
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)
_SET = re.compile(
    r"\s*(?P<verb>set|reset)\s+(?:(?:session|global|local)\s+)?(?P<name>\w+)"
    r"(?:\s*(?:=|\bto\b)\s*(?P<value>.+?))?\s*",
    re.IGNORECASE | re.DOTALL,
)

NAMES: Final = {
    "cache_ttl": "seconds that what was read may be used again: '10 minutes', 0 for never",
    "max_requests": "calls after which none is made any more, for each connection of the session",
    "bulk": "on or off: whether many rows may go in one call that the API carries out later",
    "statement_timeout": "time after which a statement's calls are given up: '5 minutes'",
}
"""Every setting of ours, and what it takes."""


@dataclass(slots=True)
class Settings:
    """What was set; None where a connection's own setting or the default applies."""

    own_ttl: float | None = None
    max_requests: int | None = None
    statement_timeout: float | None = None
    bulk: bool = True
    _began: float = 0.0

    def begin(self) -> None:
        """Note that a statement begins."""
        self._began = time.monotonic()

    def seconds_left(self) -> float | None:
        """Return how long the statement may still take, None for as long as it likes."""
        if self.statement_timeout is None:
            return None
        return max(0.0, self._began + self.statement_timeout - time.monotonic())

    def cache_ttl(self, configured: float | None) -> float:
        """Return the seconds that apply to a connection; 0 means that nothing is kept."""
        return self.own_ttl if self.own_ttl is not None else configured or 0.0

    @staticmethod
    def owns(text: str) -> bool:
        """Whether a statement sets or resets a setting of ours."""
        found = _SET.fullmatch(text)
        return found is not None and found["name"].casefold() in NAMES

    def change(self, statement: Statement, *, restricted: bool = False) -> bool:
        """Carry out a SET or RESET of a setting of ours; return whether it was one.

        restricted: whether the session is a stranger's, whose settings are not his.
        Raises: SqlError for a value that the setting does not take.
        """
        found = _SET.fullmatch(statement.text)
        name = found["name"].casefold() if found is not None else ""
        if found is None or name not in NAMES:
            return False
        if restricted:
            raise SqlError("this session may not change settings")
        text = found["value"]
        if text is None and found["verb"].casefold() == "set":
            raise SqlError(f"SET {name} needs a value: {NAMES[name]}")
        value = None if text is None else text.strip().strip("'").strip()
        if name == "max_requests":
            self.max_requests = None if value is None else _number(name, value)
        elif name == "cache_ttl":
            self.own_ttl = None if value is None else _seconds(name, value)
        elif name == "bulk":
            self.bulk = True if value is None else _switch(name, value)
        else:
            self.statement_timeout = None if value is None else _seconds(name, value) or None
        return True


def _switch(name: str, text: str) -> bool:
    words = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
    if text.casefold() not in words:
        raise SqlError(f"{name} takes on or off, and not {text!r}: {NAMES[name]}")
    return words[text.casefold()]


def _number(name: str, text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise SqlError(f"{name} takes a whole number above 0, and not {text!r}: {NAMES[name]}")
    return int(text)


def _seconds(name: str, text: str) -> float:
    """Read `600`, `'10 minutes'` or `'1h'`."""
    found = duration(text)
    if found is None:
        raise SqlError(f"{name} takes a time such as '10 minutes', not {text!r}: {NAMES[name]}")
    return found


def duration(text: str) -> float | None:
    """Return the seconds of a time such as `600`, `10 minutes` or `90d`; None for another text."""
    if text.casefold() == "off":
        return 0.0
    found = _DURATION.fullmatch(text)
    word = found[2].casefold() if found is not None else "?"
    unit = word if word in _UNITS else word.removesuffix("s")
    if found is None or (unit and unit not in _UNITS):
        return None
    return float(found[1]) * _UNITS.get(unit, 1.0)
