"""Who may call: the API key, and OAuth tokens that live two hours."""

from __future__ import annotations

import secrets
from base64 import b64decode
from math import ceil
from urllib.parse import urlencode

from sqlcrm.sandbox import Call, Clock, Reply
from sqlcrm_controlshift.sandbox.wire import answer, body, query

KEY = "cs_sandbox"
CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - a local fake's, known to everybody
_LIFETIME = 7200  # seconds


class Window:
    """So many calls a minute; the minute begins with its first call.

    Whether the real windows begin so is not documented; the reset they tell is.
    """

    def __init__(self, calls: int, clock: Clock, seconds: float = 60.0) -> None:
        self.calls = calls
        self._clock = clock
        self._seconds = seconds
        self._ends = 0.0
        self._taken = 0

    def take(self) -> bool:
        """Count one call, or say False when the minute's calls are used up."""
        now = self._clock.monotonic()
        if now >= self._ends:
            self._ends, self._taken = now + self._seconds, 0
        self._taken += 1
        return self._taken <= self.calls

    def refusal(self) -> Reply:
        """429, with the seconds until calls are taken again."""
        left = max(ceil(self._ends - self._clock.monotonic()), 1)
        return too_many(self.calls, left)


def too_many(limit: int, reset: int) -> Reply:
    """429; these headers come with it only. `reset` is seconds from now, not a time."""
    headers = (
        (b"ratelimit-limit", b"%d" % limit),
        (b"ratelimit-remaining", b"0"),
        (b"ratelimit-reset", b"%d" % reset),
    )
    return Reply(429, b'{"error":"Too Many Requests"}', headers)


class Tokens:
    """What was issued. Client credentials, authorization codes and refresh tokens all work."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, float] = {}
        self._refresh: set[str] = set()
        self._codes: set[str] = set()

    def knows(self, call: Call) -> bool:
        """Whether a call comes with the key or with a token that has not expired."""
        scheme, _, token = call.header(b"authorization").partition(" ")
        if scheme.lower() != "bearer":
            return False
        if token == KEY:
            return True
        return self._now() < self._issued.get(token, 0.0)

    def token(self, call: Call) -> Reply:
        """POST /oauth/token."""
        sent = {**_basic(call), **body(call)}
        if (sent.get("client_id"), sent.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            text = "Client authentication failed due to unknown client."
            return answer({"error": "invalid_client", "error_description": text}, 401)
        grant = sent.get("grant_type")
        if grant == "client_credentials":
            return answer(self._issue())
        codes = {"authorization_code": ("code", self._codes)}
        codes["refresh_token"] = ("refresh_token", self._refresh)
        if grant not in codes:
            return answer({"error": "unsupported_grant_type"}, 400)
        name, known = codes[str(grant)]
        if sent.get(name) not in known:
            return answer({"error": "invalid_grant"}, 400)
        known.discard(str(sent[name]))
        refresh = secrets.token_urlsafe(32)
        self._refresh.add(refresh)
        return answer({**self._issue(), "refresh_token": refresh})

    def authorize(self, call: Call) -> Reply:
        """GET /oauth/authorize: the person says yes at once and is sent back with a code."""
        back = query(call, "redirect_uri")
        if query(call, "client_id") != CLIENT_ID or not back:
            return answer({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(32)
        self._codes.add(code)
        given = {"code": code, "state": query(call, "state")}
        sign = "&" if "?" in back else "?"
        target = back + sign + urlencode({name: text for name, text in given.items() if text})
        return Reply(302, b"", ((b"location", target.encode()),))

    def _issue(self) -> dict[str, object]:
        token = secrets.token_urlsafe(32)
        now = self._now()
        self._issued[token] = now + _LIFETIME
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": _LIFETIME,
            "created_at": int(now),
        }

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _basic(call: Call) -> dict[str, str]:
    """The client's name and secret where they come as Basic authentication."""
    scheme, _, text = call.header(b"authorization").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        name, _, secret = b64decode(text).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": name, "client_secret": secret}
