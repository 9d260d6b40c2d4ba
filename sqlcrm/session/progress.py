"""How far a statement is, as those are told who watch it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of one table of a statement.

    table: with its connection, `contacts@ac`. rows: rows read, or rows settled of a write.
    done, of: calls of a read, or rows of a write; `of` is None while nobody knows it.
    writing: whether rows are written.
    """

    table: str
    rows: int
    done: int
    of: int | None = None
    writing: bool = False


Watch: TypeAlias = Callable[[Progress], None]
"""Is given each Progress, in the thread of the session."""


def nobody(_progress: Progress) -> None:
    """Watch nothing."""
