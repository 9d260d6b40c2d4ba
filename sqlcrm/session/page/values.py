"""Values of rows as the page shows them: in one line, none of them endless."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlcrm.session.text import cell

MOST = 200
"""Characters shown of a value."""

MISSING = object()
"""In place of a value: the row has, or had, none."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as text. note: what to say where the text alone would mislead; hidden: how much
    of the text is not shown."""

    text: str
    note: str = ""
    hidden: int = 0


def shown(value: Any) -> Shown:
    """Return a value of a row as it is shown."""
    if value is MISSING:
        return Shown("", "none")
    if value is None:
        return Shown("", "NULL")
    if value == "" and isinstance(value, str):
        return Shown("", "empty text")
    text = cell(value)
    return Shown(text[:MOST], hidden=max(0, len(text) - MOST))
