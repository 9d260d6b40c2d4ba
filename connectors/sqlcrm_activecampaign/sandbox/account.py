"""The whole fake ActiveCampaign account: keys, routes, the API's own words for refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from sqlcrm.sandbox import Call, Options, Reply
from sqlcrm.sandbox.model import Headers
from sqlcrm_activecampaign.sandbox import areas
from sqlcrm_activecampaign.sandbox.seeding import fill
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import Refused, Row, answer

KEY = "sandbox-key"
BASE = "/api/3"
_PER_SECOND = 5  # calls a second for the whole account (docs: Rate limits)
_RETRY_AFTER = 1  # whole seconds
_FOREIGN = "http://foreign.example.net"  # reserved: leads nowhere
_COOKIES = (
    (b"server", b"cloudflare"),
    (b"cf-ray", b"0000000000000000-AMS"),
    (b"set-cookie", b"PHPSESSID=sandbox; path=/; secure; HttpOnly"),
    (b"set-cookie", b"em_acp_globalauth_cookie=sandbox; path=/; secure; HttpOnly"),
)


class ActiveCampaign:
    """One account of ActiveCampaign, API v3."""

    def __init__(self, options: Options) -> None:
        self.rate: tuple[int, float] | None = (_PER_SECOND, 1.0)
        self.store = Store(options)
        self._routes, self._settle = areas.build(self.store)
        self._calls = 0
        fill(self.store)

    def limited(self, call: Call) -> bool:
        """The bulk importer has limits of its own and does not count here (docs: Rate limits)."""
        return not (call.method == "POST" and call.path == f"{BASE}/import/bulk_import")

    def handle(self, call: Call) -> Reply:
        """Answer one call."""
        self._calls += 1
        try:
            reply = self._dispatch(call)
        except Refused as refused:
            reply = refused.reply
        request_id = (b"x-request-id", b"%032x" % self._calls)
        return Reply(reply.status, reply.body, (request_id, *_COOKIES, *reply.headers), reply.type)

    def _dispatch(self, call: Call) -> Reply:
        if call.header(b"api-token") != KEY:
            return self.wording("expired-token", call)
        if not f"{call.path}/".startswith(f"{BASE}/"):
            return answer({"message": "Not Found"}, 404)
        self._settle()
        parts = call.path[len(BASE) :].strip("/").split("/")
        for route, keys in _shapes(parts):
            handler = self._routes.get(f"{call.method} {route}")
            if handler is not None:
                return handler(self.store, call, keys)
        return answer({"message": f"No Route found for {call.method} {call.path}"}, 404)

    def state(self) -> Mapping[str, Sequence[Row]]:
        """All rows of all resources."""
        return {
            name: [rows.row(key) for key in rows.ids()]
            for name, rows in sorted(self.store.rows.items())
        }

    def wording(self, fault: str, call: Call) -> Reply:
        """How ActiveCampaign refuses; it has no next links, so a foreign one is a redirect."""
        if fault == "429":
            retry = (b"retry-after", b"%d" % _RETRY_AFTER)
            return Reply(429, b'{"message":"Too Many Requests"}', (retry, *self.allowance(0)))
        if fault == "500":
            return answer({"message": "Internal Server Error"}, 500)
        if fault == "foreign-next":
            target = f"{_FOREIGN}{call.path}?{call.query}".encode()
            return Reply(302, b"", ((b"location", target),))
        message = "You do not have permission to access this resource. Check your API key."
        return answer({"message": message}, 403)

    def allowance(self, left: int) -> Headers:
        """The two informational headers there are (docs: Rate limits)."""
        return (
            (b"ratelimit-limit", b"%d" % _PER_SECOND),
            (b"ratelimit-remaining", b"%d" % left),
        )

    def drift(self, random: Random | None) -> None:
        """Hide one row of each longer collection from lists, another one each time."""
        self.store.vanished.clear()
        if random is None:
            return
        for name, rows in self.store.rows.items():
            ids = rows.ids()
            if len(ids) > 1:
                self.store.vanished[name] = ids[int(random.random() * len(ids))]


def _shapes(parts: list[str]) -> list[tuple[str, tuple[str, ...]]]:
    """The ways to read a path as a route: literally first, then with ids in it."""
    shapes: list[tuple[str, tuple[str, ...]]] = [("/".join(parts), ())]
    for places in ((1,), (1, 3), (2,), (2, 3)):
        if places[-1] < len(parts):
            named = ["*" if place in places else part for place, part in enumerate(parts)]
            shapes.append(("/".join(named), tuple(parts[place] for place in places)))
    return shapes
