"""Ids: UUIDs that follow from the seed for what is there at the start, random ones afterwards.

A made-up id can be read back to its row's number, so that a million rows need no index.
"""

from __future__ import annotations

from uuid import uuid4
from zlib import crc32

_32 = (1 << 32) - 1
_64 = (1 << 64) - 1
_96 = (1 << 96) - 1
_ODD = 0x9E3779B1
_BACK = pow(_ODD, -1, 1 << 32)
_SPREAD = 0xD1B54A32D192ED03F39CC0605CEDC835


def mix(number: int, salt: int) -> int:
    """64 bits that look random and are always the same for the same two numbers."""
    value = (number * 0x9E3779B97F4A7C15 + salt * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) & _64
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _64
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _64
    return value ^ (value >> 31)


class Ids:
    """The ids of one collection, by the numbers of its rows."""

    def __init__(self, kind: str, seed: int) -> None:
        self._salt = crc32(f"{kind}:{seed}".encode())
        self.base = 0  # rows there were at the start
        self._new: list[str] = []
        self._numbers: dict[str, int] = {}

    def of(self, number: int) -> str:
        """The id of a row."""
        if number >= self.base:
            return self._new[number - self.base]
        return self._made(number)

    def add(self) -> int:
        """The number of a row that is new."""
        number = self.base + len(self._new)
        self._new.append(str(uuid4()))
        self._numbers[self._new[-1]] = number
        return number

    def find(self, text: str) -> int | None:
        """The number of the row with this id, or None."""
        new = self._numbers.get(text)
        if new is not None:
            return new
        try:
            high = int(text[:8], 16)
        except ValueError:
            return None
        number = ((high - self._salt) * _BACK) & _32
        return number if number < self.base and self._made(number) == text else None

    def _made(self, number: int) -> str:
        high = (number * _ODD + self._salt) & _32
        low = ((high + 1) * _SPREAD) >> 24 & _96
        text = f"{high:08x}{low:024x}"
        variant = "89ab"[low & 3]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
