"""What Action Network's answers mean, and the words in them.

Source: Action Network API v2 documentation, "General concepts"; error answers as public clients
have seen them. Read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Response, Rule, Verdict, plain_reason

NOTHING = "the API answered with an empty object: it did nothing"

RULES = (
    # A record helper that failed answers 200 with {}. Flows that ask for work in the background
    # get the same, and judge for themselves.
    Rule(Verdict.REJECTED, (200,), rf"^{NOTHING}$"),
)


def reason(response: Response) -> str:
    """Return the API's words; of a success none, but for one that says nothing at all.

    A refused key stands in the words of a 403, of which only the fixed part is kept.
    """
    if response.status < 300:
        return NOTHING if response.body == {} else ""
    words = plain_reason(response)
    return words.partition(":")[0] if response.status == 403 else words
