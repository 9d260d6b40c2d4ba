"""Finding one person's address in texts and values, and in nobody else's address."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

_ADDRESS = re.compile(r"[^\s<>,;@]+@[^\s<>,;@]+")
_ENDS_A_WORD = r"(?:(?<!\w)(?<!\w[.+-])|(?<=%(?!2B|2D|2E|5F)[0-9A-F]{2}))"
_BEGINS_NONE = r"(?!\w|[.-]\w|%2[DE]\w)"


class Address:
    """An e-mail address as it may stand in a text: in any case, in a URL, in JSON."""

    def __init__(self, email: str) -> None:
        self._folded = email.strip().casefold()
        letters = "".join(_spellings(letter) for letter in email.strip())
        self._pattern = re.compile(f"{_ENDS_A_WORD}{letters}{_BEGINS_NONE}", re.IGNORECASE)

    def is_in(self, *texts: str | None) -> bool:
        """Whether any of the texts holds it."""
        return any(text and self._pattern.search(text) for text in texts)

    def names(self, value: Any) -> bool:
        """Whether it is, or is said in, a value of a row."""
        if isinstance(value, dict):
            return any(self.is_in(key) or self.names(item) for key, item in value.items())
        if isinstance(value, list):
            return any(self.names(item) for item in value)
        if not isinstance(value, str):
            return False
        if _ADDRESS.fullmatch(value.strip()):
            return value.strip().casefold() == self._folded
        return self.is_in(value)

    def replaced(self, text: str, mark: str) -> str:
        """Return the text with a mark in its place."""
        return self._pattern.sub(mark, text)


def _spellings(letter: str) -> str:
    """Return a pattern of a letter as it is, in a URL and in JSON."""
    encoded = {_percent(letter.lower()), _percent(letter.upper()), _percent(letter)}
    escaped = {re.escape(f"\\{letter}")} if letter in '"\\' else set()
    return f"(?:{'|'.join([re.escape(letter), *sorted(encoded | escaped)])})"


def _percent(letter: str) -> str:
    return quote(letter, safe="") if quote(letter, safe="") != letter else f"%{ord(letter):02X}"
