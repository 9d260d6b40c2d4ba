"""What ActiveCampaign's answers mean, and the words in them.

Source: ActiveCampaign API v3 reference, "Errors" and each endpoint's replies; recorded traffic of
public clients where it disagrees. Read 2026-11-21.
"""

from __future__ import annotations

from typing import Any

from sqlcrm.sdk import Response, Rule, Verdict

HUMAN = ("title", "detail", "message", "error", "failureReason")
"""Keys whose values are words for people, in the order in which they read best."""

RULES = (
    # Missing rows are reported as 404 by some endpoints and as 403 by others (notes, forms, lists,
    # fieldValues, users, contactAutomations): "No Result found for Subscriber with id 1".
    Rule(Verdict.MISSING, (403, 404), r"^No result found"),
    # Refused enrolment in an automation: it is this row, not the key, that is refused.
    Rule(Verdict.REJECTED, (403,), r"^Could not create", paths="/contactAutomations"),
    # Every other 403 stays DENIED. It is a wrong key, a missing permission, or, some clients say,
    # noise that goes away; nothing in it tells these apart, and a refused key must stop a run.
    #
    # The bulk importer has limits of its own and reports them as 400, not 429.
    Rule(
        Verdict.THROTTLED,
        (400,),
        r"Rate limit exceeded|imports may be requested",
        paths="/import/",
    ),
    # A tag that the contact has: what was asked for is so. The reference is silent about it; what
    # clients report is a success that changes nothing, but an error would say one of these.
    Rule(Verdict.ALREADY, (400, 409, 422), r"\balready\b", paths="/contactTags"),
    Rule(Verdict.ALREADY, (), r"Duplicate entry '", paths="/contactTags"),
    # A tag whose name exists, whatever its case: the raw message of the database, under 422 or
    # 500. Without this rule a 500 would look as if nothing were known.
    Rule(Verdict.REJECTED, (), r"Duplicate entry '"),
    # DELETE /campaigns/{id} reports a failure with status 200.
    Rule(Verdict.REJECTED, (200,), r"^nothing was done", paths="/campaigns"),
)


def reason(response: Response) -> str:
    """Collect the API's words, whichever of its error shapes they come in; empty for a success."""
    body = response.body
    if response.status < 300:
        if isinstance(body, dict) and _zero(body.get("succeeded")):
            return "nothing was done: " + ("; ".join(_words(body)) or "the API says succeeded: 0")
        return ""
    return "; ".join(_words(body)) or response.text[:300]


def _zero(value: Any) -> bool:
    """Whether a counter says that nothing succeeded; a missing one says nothing."""
    return value is not None and str(value) in {"0", "False"}


def _words(body: Any) -> list[str]:
    """Return the words of an error answer, each once."""
    if not isinstance(body, dict):
        return [body[:300]] if isinstance(body, str) else []
    words: list[str] = []
    for key in ("message", "error", "errors", "failureReasons"):
        words += _said(body.get(key))
    return list(dict.fromkeys(words))


def _said(value: Any) -> list[str]:
    """Return what a part of an error says: a string, an object, or a list of either."""
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, list):
        return [words for item in value for words in _said(item)]
    return [_one_error(value)] if isinstance(value, dict) and value else []


def _one_error(error: dict[str, Any]) -> str:
    """Put one error object, with any subset of its keys, on one line."""
    spoken = [str(error[key]) for key in HUMAN if error.get(key)]
    source = error.get("source")
    place = next(iter(source.values()), "") if isinstance(source, dict) else ""
    row = f"row {error['contact']}" if "contact" in error else ""
    marks = [str(mark) for mark in (error.get("code"), place, row) if mark]
    if not spoken:
        spoken = [f"{key}: {value}" for key, value in error.items() if key not in {"source"}]
        marks = [str(place)] if place else []
    line = ": ".join(dict.fromkeys(spoken))
    return f"{line} ({', '.join(marks)})" if marks else line
