"""Declaration of a whole connector: settings, credentials, limits, meanings of answers."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlcrm.sdk.tables import Table
from sqlcrm.sdk.values import Flow, Identity, Response, Verdict


@dataclass(frozen=True, slots=True)
class Setting:
    """What a connection must be told. `strip`: endings of the value that are taken off."""

    name: str
    secret: bool = False
    required: bool = True
    default: str = ""
    strip: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    doc: str = ""


class Auth(Protocol):
    """How credentials travel."""

    def headers(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return the headers that carry the credentials."""


@dataclass(frozen=True, slots=True)
class HeaderKey:
    """A key in a header of its own."""

    header: str
    setting: str

    def headers(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return that one header."""
        return {self.header: settings[self.setting]}


@dataclass(frozen=True, slots=True)
class Bearer:
    """`Authorization: Bearer …`."""

    setting: str

    def headers(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return the Authorization header."""
        return {"Authorization": f"Bearer {settings[self.setting]}"}


@dataclass(frozen=True, slots=True)
class Basic:
    """`Authorization: Basic …` from two settings."""

    user: str
    password: str

    def headers(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return the Authorization header."""
        pair = f"{settings[self.user]}:{settings[self.password]}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`calls` in `per` seconds for the whole account; `paths` narrows it to a path's beginning."""

    calls: int
    per: float = 1.0
    burst: int = 1
    paths: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """An answer that means something else than its status says.

    Applies when the status is one of `statuses` (any, where empty), the request's path begins
    with `paths`, and `match`, a regular expression, is found in the answer's reason.
    """

    verdict: Verdict
    statuses: tuple[int, ...] = ()
    match: str = ""
    paths: str = ""

    def applies(self, status: int, reason: str, path: str) -> bool:
        """Whether this rule decides about such an answer."""
        if (self.statuses and status not in self.statuses) or not path.startswith(self.paths):
            return False
        return re.search(self.match, reason, re.IGNORECASE) is not None


def plain_reason(response: Response) -> str:
    """Collect the words of an error answer: `message`, `error`, `errors` in their usual shapes."""
    body = response.body
    if not isinstance(body, dict):
        return response.text[:300]
    words: list[str] = []
    for key in ("message", "error", "errors"):
        _collect(body.get(key), words)
    return "; ".join(dict.fromkeys(words))


def _collect(value: Any, words: list[str]) -> None:
    """Append the human words in `value`, which may be a string, an object or a list of either."""
    if isinstance(value, str) and value:
        words.append(value)
    elif isinstance(value, list):
        for item in value:
            _collect(item, words)
    elif isinstance(value, dict):
        for key in ("title", "detail", "message"):
            _collect(value.get(key), words)


@dataclass(frozen=True, slots=True)
class Connector:
    """One CRM, as data.

    base_url: template over the settings, without a slash at its end.
    zone: IANA name of the zone in which the API writes times that carry none.
    who: the flow that reads the account's own id, who the user is and what the key may do.
    origins: further origins that may be called, without credentials.
    source: where the facts come from, and when they were read.
    """

    name: str
    title: str
    base_url: str
    settings: tuple[Setting, ...]
    auth: Auth
    limits: tuple[RateLimit, ...]
    tables: tuple[Table, ...]
    who: Callable[[], Flow[Identity]]
    rules: tuple[Rule, ...] = ()
    reason: Callable[[Response], str] = plain_reason
    zone: str = "UTC"
    origins: tuple[str, ...] = ()
    source: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def judge(self, response: Response, path: str = "") -> tuple[Verdict, str]:
        """Return what an answer to a request of `path` means, and the API's words for it."""
        reason = self.reason(response) if response.status >= 300 or self.rules else ""
        for rule in self.rules:
            if rule.applies(response.status, reason, path):
                return rule.verdict, reason
        return _by_status(response.status), reason


def _by_status(status: int) -> Verdict:
    """Return what a status means where no rule says otherwise."""
    if 200 <= status < 300:
        return Verdict.OK
    exact = {
        401: Verdict.DENIED,
        403: Verdict.DENIED,
        404: Verdict.MISSING,
        408: Verdict.RETRY,
        410: Verdict.MISSING,
        425: Verdict.RETRY,
        429: Verdict.THROTTLED,
    }
    if status in exact:
        return exact[status]
    return Verdict.RETRY if status >= 500 else Verdict.REJECTED
