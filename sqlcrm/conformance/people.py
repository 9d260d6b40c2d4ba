"""People in a sandbox, by what they have said to being written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MANY = 12
"""Rows that a flow for many would carry: more than any API asks for at the least."""

Subscribers = frozenset[tuple[str, str]]
"""Who gets messages: addresses, each with what of, "" where the status is about everything."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person, or a person and a list: the columns that name the row, and its status there.

    status: None for who has none.
    """

    address: str
    key: Mapping[str, Any]
    status: Any = None


@dataclass(frozen=True, slots=True)
class Roll:
    """Members by what they have said, no person twice."""

    subscribed: Sequence[Member]
    refusing: Sequence[Member]
    never: Sequence[Member]
