"""The values that leave this room."""

from __future__ import annotations

from dataclasses import dataclass

from sqlcrm.sdk import Response, Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request.

    verdict: OK, ALREADY, MISSING or REJECTED; everything else is raised.
    reason: the API's words, redacted, control characters escaped.
    """

    response: Response
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt, for the request log; nothing in it is secret.

    path, query: as sent. status: 0 where no answer came. attempt: counted from 1 per request.
    waited_ms: what the limiter and the retries waited since the attempt before. bytes: of the
    body, as they came over the wire. at: when it was sent, in Unix time.
    """

    connection: str
    method: str
    path: str
    query: str
    status: int
    attempt: int
    waited_ms: int
    ms: int
    bytes: int
    error: str
    at: float
