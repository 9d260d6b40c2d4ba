"""The words in Action Builder's error answers. What they mean, their status says.

But for a 404 to a DELETE: see `answers`.

Source: Action Builder API v1 docs; independent clients for the error bodies, which the docs do not
show. Read 2026-11-22.
"""

from __future__ import annotations

from typing import Any

from sqlcrm.sdk import Response


def reason(response: Response) -> str:
    """Return the words of an error answer, whatever its shape; empty for a success."""
    if response.status < 300:
        return ""
    words = list(dict.fromkeys(_words(response.body)))
    return "; ".join(words)[:500] or response.text[:300]


def _words(value: Any) -> list[str]:
    """Return all texts in an error's body; a list under a field's name gets that name."""
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, list):
        return [words for item in value for words in _words(item)]
    if not isinstance(value, dict):
        return []
    found = []
    for key, item in value.items():
        about = "" if key in {"error", "errors", "message", "title", "detail"} else f"{key}: "
        found += [f"{about}{words}" for words in _words(item)]
    return found
