"""Identifiers: UUIDs that the data at the start computes from a number, and the way back.

So a million people need no index: the number is in the identifier, and who has the number can make
up everything else about it. What is created later gets a random UUID.
"""

from __future__ import annotations

from random import Random
from uuid import uuid4

_BITS = 48
_MASK = (1 << _BITS) - 1
_HIGH = (1 << 60) - 1
_ODD = 0x5DEECE66D1B5
_BACK = pow(_ODD, -1, 1 << _BITS)
_OTHER = 0x9E3779B97F4A7C15

PREFIX = "action_builder:"


class Ids:
    """UUIDs by number. The first three digits say what it identifies, the others are `tail`."""

    def __init__(self, seed: int) -> None:
        random = Random(f"{seed}:ids")  # noqa: S311 - made-up data, no secret
        self._low = random.getrandbits(_BITS)
        self._high = random.getrandbits(60)

    def tail(self, number: int) -> str:
        """A UUID without its first three digits."""
        high = (number * _OTHER + self._high) & _HIGH
        digits = f"{high:015x}{(number * _ODD + self._low) & _MASK:012x}"
        return f"{digits[:5]}-{digits[5:9]}-4{digits[9:12]}-8{digits[12:15]}-{digits[15:]}"

    def number(self, uuid: str) -> int:
        """The number a UUID was made of, or -1 if it was not made here."""
        try:
            low = int(uuid[-12:], 16)
        except ValueError:
            return -1
        number = (low - self._low) * _BACK & _MASK
        return number if uuid[3:] == self.tail(number) else -1


def new() -> str:
    """An identifier nobody has yet."""
    return str(uuid4())


def named(uuid: str) -> str:
    """An identifier as it reads in `identifiers`."""
    return f"{PREFIX}{uuid}"
