"""People in a sandbox, by what they have said to being written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.sdk import Column

MANY = 12
"""Rows that a flow for many would carry: more than any API asks for at the least."""

Subscribers = frozenset[tuple[str, str]]
"""Who gets messages: addresses, each with what of, "" where the status is about everything."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person, or a person and a list: the columns that name the row, and its status there.

    status: None for who has none. extra: what else the row must have, by column.
    """

    address: str
    key: Mapping[str, Any]
    status: Any = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Roll:
    """Members by what they have said, no person twice."""

    subscribed: Sequence[Member]
    refusing: Sequence[Member]
    never: Sequence[Member]


def invented(column: Column | None, word: str, number: int) -> str:
    """Return an address that nobody has: a phone number where the column holds those."""
    if column is None or column.check == "email" or column.normal is None:
        return f"{word}{number}@example.org"
    return f"1202555{number + len(word) * 100:04d}"
