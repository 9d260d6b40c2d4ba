"""What ControlShift's answers mean, and the words in them.

Source: ControlShift developer documentation, "Rate limiting", "Members", "Bulk data"; the shape of
errors is hardly documented, so any is read. Read 2026-11-22.
"""

from __future__ import annotations

import re
from typing import Any

from sqlcrm.sdk import Response, Rule, Verdict

EXPIRED = (
    "the file can be read no more: an export expires 6 hours after it is made; "
    "wait for the next one"
)

RULES = (
    # S3's answer to an address that is too old, or was never good: nothing is wrong with our key.
    Rule(Verdict.REJECTED, (403,), r"^the file can be read no more"),
    # Success is `"status": "success"` wherever there is a status at all.
    Rule(Verdict.REJECTED, (200, 201, 202), r"^the API says: "),
)

_STORAGE = re.compile(r"<Error>\s*<Code>", re.IGNORECASE)
_WORDS = (
    "errors",
    "error",
    "message",
    "messages",
    "error_description",
    "notice",
    "title",
    "detail",
)


def reason(response: Response) -> str:
    """Collect the API's words, whichever shape its error comes in; empty for a success."""
    body = response.body
    if response.status < 300:
        status = body.get("status") if isinstance(body, dict) else None
        if not isinstance(status, str) or status == "success":
            return ""
        return "the API says: " + ("; ".join(_said(body)) or status)
    if response.status == 403 and _STORAGE.search(response.text):
        return EXPIRED
    return "; ".join(_said(body)) or response.text[:300]


def _said(value: Any, at: str = "") -> list[str]:
    """Return the words of an error, each once: a text, a list, or texts by the field they name."""
    if isinstance(value, str):
        return [f"{at}: {value}" if at else value] if value else []
    if isinstance(value, list):
        found = [words for item in value for words in _said(item, at)]
    elif isinstance(value, dict):
        known = [key for key in _WORDS if value.get(key)]
        found = [words for key in known for words in _said(value[key], at)]
        if not known:
            fields = {str(key): item for key, item in value.items() if key != "status"}
            found = [words for key, item in fields.items() for words in _said(item, key)]
    else:
        return []
    return list(dict.fromkeys(found))
