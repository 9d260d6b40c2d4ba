"""Declaration of a whole connector: settings, credentials, limits, meanings of answers."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlcrm.errors import ShapeChanged
from sqlcrm.sdk.tables import Table
from sqlcrm.sdk.values import Flow, Identity, Request, Response, Verdict
from sqlcrm.sdk.webhooks import Webhooks


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
class Form:
    """A request's body as form fields instead of JSON, which token endpoints ask for."""

    fields: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """What a grant brought.

    expires_in: seconds, None where the API does not say. refresh: the next refresh token, empty
    where the one that was sent stays good.
    """

    access: str = field(repr=False)
    expires_in: float | None = None
    refresh: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OAuth2:
    """`Authorization: Bearer …` with an access token that runs out, and is fetched anew in time.

    grant: the flow that fetches one, given the settings and the refresh token to send, which is
    empty without `refresh_token`. refresh_token: the setting with the first refresh token; later
    ones are kept in the state folder. The flow's request gets no credentials by itself; the
    origin of an endpoint elsewhere must be among the connector's `origins`.
    """

    grant: Callable[[Mapping[str, str], str], Flow[Token]]
    refresh_token: str = ""

    def headers(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return nothing: what travels is the token, not a setting."""
        return {}


def token_grant(path: str, fields: Mapping[str, str]) -> Flow[Token]:
    """Ask a token endpoint with form fields, and read the standard answer (RFC 6749, 5.1).

    Raises: ShapeChanged where there is no token in it.
    """
    reply = yield Request("POST", path, body=Form(fields))
    body = reply.body if isinstance(reply.body, dict) else {}
    access, seconds, refresh = (
        body.get(k) for k in ("access_token", "expires_in", "refresh_token")
    )
    if not isinstance(access, str) or not access:
        raise ShapeChanged(f"{path}: the answer has no access_token")
    try:
        expires_in = None if seconds is None else float(seconds)
    except (TypeError, ValueError):
        raise ShapeChanged(f"{path}: expires_in is no number") from None
    return Token(access, expires_in, refresh if isinstance(refresh, str) else "")


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
    for key in ("message", "error", "error_description", "errors"):
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
    webhooks: what the CRM sends by itself, where it does.
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
    webhooks: Webhooks | None = None

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
