"""The whole fake organisation: routes, keys, limits, the API's own words for refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from sqlcrm.sandbox import Call, Message, Options, Reply
from sqlcrm.sandbox.model import Headers
from sqlcrm_controlshift.sandbox import gatherings, membership, petitions, signing, tagging
from sqlcrm_controlshift.sandbox.actions import DESCRIPTIONS, Actions
from sqlcrm_controlshift.sandbox.bulk import PREFIX, Bulk, schema
from sqlcrm_controlshift.sandbox.consent import mailable
from sqlcrm_controlshift.sandbox.hooks import DELIVERY
from sqlcrm_controlshift.sandbox.lists import Routes
from sqlcrm_controlshift.sandbox.oauth import Tokens, Window, too_many
from sqlcrm_controlshift.sandbox.public import public
from sqlcrm_controlshift.sandbox.seeding import fill
from sqlcrm_controlshift.sandbox.shapes import (
    chapter_json,
    event_json,
    partnership_json,
    petition_json,
)
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.tables import NAMES
from sqlcrm_controlshift.sandbox.wire import Refused, Row, answer

BASE = "/api/v1"
_PER_MINUTE, _TOKENS_PER_MINUTE = 1000, 10
_FOREIGN = "http://foreign.example.net"  # reserved: leads nowhere
_ROUTES: Routes = {
    **membership.ROUTES,
    **petitions.ROUTES,
    **signing.ROUTES,
    **gatherings.ROUTES,
    **tagging.ROUTES,
}


class ControlShift:
    """One organisation of ControlShift Labs."""

    def __init__(self, options: Options) -> None:
        self.rate: tuple[int, float] | None = None  # its windows are its own, see `handle`
        self.delivery = DELIVERY
        self.store = store = Store(options)
        self.tokens = Tokens(options.clock)
        self._bulk = Bulk(store)
        self._actions = Actions(store, self._bulk)
        real = options.limits == "real"
        self._api = Window(_PER_MINUTE, options.clock) if real else None
        self._oauth = Window(_TOKENS_PER_MINUTE, options.clock) if real else None
        fill(store)

    @property
    def origin(self) -> str:
        """Where it is served."""
        return self.store.origin

    @origin.setter
    def origin(self, url: str) -> None:
        self.store.origin = url

    def limited(self, call: Call) -> bool:
        """The kit counts nothing: the refusals here tell when their own window ends."""
        return False

    def handle(self, call: Call) -> Reply:
        """Answer one call."""
        petitions.settle(self.store)
        try:
            return self._dispatch(call)
        except Refused as refused:
            return refused.reply

    def _dispatch(self, call: Call) -> Reply:
        path = call.path
        if path.startswith(f"{BASE}/"):
            return self._rest(call)
        if path == "/oauth/token" and call.method == "POST":
            if self._oauth is not None and not self._oauth.take():
                return self._oauth.refusal()
            return self.tokens.token(call)
        if path == "/oauth/authorize" and call.method == "GET":
            return self.tokens.authorize(call)
        if path.startswith(PREFIX):
            return self._bulk.file(call)
        found = schema(self.store, call) or public(self.store, call)
        return found or answer({"error": "Not Found"}, 404)

    def _rest(self, call: Call) -> Reply:
        if self._api is not None and not self._api.take():
            return self._api.refusal()
        if not self.tokens.knows(call):
            return self.wording("expired-token", call)
        for route, keys in _shapes(call.path[len(BASE) :].strip("/").split("/")):
            handler = _ROUTES.get(f"{call.method} {route}")
            if handler is not None:
                return handler(self.store, call, keys)
        return answer({"error": "Not Found"}, 404)

    @property
    def settings(self) -> Mapping[str, object]:
        """The switches; see Switches."""
        return self.store.switches.shown()

    def set(self, name: str, value: object) -> None:
        """Set one switch."""
        self.store.switches.set(name, value)

    @property
    def actions(self) -> Mapping[str, str]:
        """What people can do."""
        return DESCRIPTIONS

    def act(self, action: str, values: Mapping[str, object]) -> Row:
        """Let somebody do it."""
        try:
            return self._actions.act(action, values)
        except Refused as refused:
            raise ValueError(refused.reply.body.decode()) from refused

    def outgoing(self) -> Sequence[Message]:
        """Webhooks since the last time."""
        return self.store.hooks.outgoing()

    def wanted(self, message: Message) -> bool:
        """Whether its endpoint is not disabled."""
        return self.store.hooks.wanted(message)

    def delivered(self, message: Message) -> None:
        """Nothing changes."""

    def failed(self, message: Message, problem: str) -> None:
        """The endpoint is disabled."""
        self.store.hooks.failed(message, problem)

    def state(self) -> Mapping[str, Sequence[Row]]:
        """All rows: REST resources as REST shows them, tables of the bulk data as `bulk/NAME`.

        `mailable` is no resource of the API: it says of each member what the rules make of the
        rows, so that tests of consent have something to compare with.
        """
        store = self.store
        shapes = {
            "petitions": petition_json,
            "events": event_json,
            "local_chapters": chapter_json,
            "partnerships": partnership_json,
        }
        shown: dict[str, Sequence[Row]] = {
            name: [shape(store, row) for row in store[name]] for name, shape in shapes.items()
        }
        for kind in (signing.SIGNATURE, signing.ATTENDEE, membership.CHAPTER_MEMBER):
            shown[kind.table] = [kind.shape(store, row) for row in kind.acts(store).rows()]
        shown["webhook_endpoints"] = store.hooks.shown()
        shown["mailable"] = [
            {"member_id": key, "mailable": mailable(store, key)} for key in store.members.ids()
        ]
        bulk = {f"bulk/{name}": self._bulk.rows(name) for name in NAMES}
        return {**shown, **bulk}

    def wording(self, fault: str, call: Call) -> Reply:
        """How ControlShift refuses. REST pages have numbers and no links: a foreign one redirects.

        The list of featured petitions does have links; they lead to another host.
        """
        if fault == "429":
            return too_many(_TOKENS_PER_MINUTE if call.path == "/oauth/token" else _PER_MINUTE, 17)
        if fault == "500":
            return answer({"error": "Internal Server Error"}, 500)
        if fault == "foreign-next":
            return self._foreign(call)
        return answer({"error": "The access token is invalid"}, 401)

    def _foreign(self, call: Call) -> Reply:
        reply = self.handle(call) if call.path.endswith("featured.json") else None
        if reply is None or reply.status != 200:
            target = f"{_FOREIGN}{call.path}?{call.query}".encode()
            return Reply(302, b"", ((b"location", target),))
        body = reply.body.replace(self.store.origin.encode(), _FOREIGN.encode())
        return Reply(200, body, reply.headers)

    def allowance(self, left: int) -> Headers:
        """Replies do not tell how many calls are left."""
        return ()

    def drift(self, random: Random | None) -> None:
        """Hide one petition, event and signature from lists, others each time."""
        store = self.store
        store.hidden.clear()
        if random is None:
            return
        for name in ("petitions", "events", "partnerships", "local_chapters"):
            keys = [row["id"] for row in store[name]]
            store.hidden[name] = keys[int(random.random() * len(keys))]
        biggest = max((store.signatures.of(row["id"]) for row in store["petitions"]), key=len)
        if biggest:
            store.hidden["signatures"] = biggest[int(random.random() * len(biggest))]


def _shapes(parts: list[str]) -> list[tuple[str, tuple[str, ...]]]:
    """The ways to read a path as a route: literally first, then with keys in it."""
    parts[0] = parts[0].replace("-", "_")  # the docs write local-chapters, too
    if len(parts) > 4 and parts[2] == "labelings":
        parts[3:] = ["/".join(parts[3:])]  # a label may have a slash in its name
    shapes: list[tuple[str, tuple[str, ...]]] = [("/".join(parts), ())]
    for places in ((1,), (1, 3)):
        if places[-1] < len(parts):
            named = ["*" if place in places else part for place, part in enumerate(parts)]
            shapes.append(("/".join(named), tuple(parts[place] for place in places)))
    return shapes
