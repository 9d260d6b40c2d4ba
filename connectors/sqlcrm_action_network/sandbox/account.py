"""The whole fake Action Network: keys, groups, routes, the API's own words for refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from random import Random

from sqlcrm.sandbox import Call, Message, Options, Reply
from sqlcrm.sandbox.model import Headers
from sqlcrm_action_network.sandbox import browser, messages, rendering
from sqlcrm_action_network.sandbox.kinds import KINDS, RECORDS
from sqlcrm_action_network.sandbox.population import OTHER_ORG, Population
from sqlcrm_action_network.sandbox.routes import BLIND, Handler, Keys, build
from sqlcrm_action_network.sandbox.seeding import fill, makes
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.switches import Switches
from sqlcrm_action_network.sandbox.webhooks import DELIVERY, Webhook
from sqlcrm_action_network.sandbox.wire import BASE, HOME, Ask, Refused, Row, answer

KEY = "sandbox-key"
OTHER_KEY = "sandbox-other-key"  # of another group of the network, with a few of our people
_RATE = (4, 1.0)  # calls a second (docs: rate limits)
_FOREIGN = "http://foreign.example.net"  # reserved: leads nowhere
_NO_KEY = "API Key invalid or not present"
_DEFERRED = frozenset(  # what can be asked for in the background
    [
        "POST people",
        "PUT people/*",
        "POST tags/*/taggings",
        "DELETE tags/*/taggings/*",
        *(
            f"{method} {way}"
            for path, kind in RECORDS.items()
            if path not in {"taggings", "items"}
            for method, way in (
                ("POST", f"{kind.parent}/*/{path}"),
                ("PUT", f"{kind.parent}/*/{path}/*"),
            )
        ),
        "POST event_campaigns/*/events/*/attendances",
        "PUT event_campaigns/*/events/*/attendances/*",
    ]
)


class ActionNetwork:
    """One group of Action Network, API v2, with a glimpse of a second one."""

    def __init__(self, options: Options, switches: Switches | None = None) -> None:
        self.rate: tuple[int, float] | None = _RATE
        self.switches = replace(switches or Switches())  # its own: they can be set
        self.store = self._group(options, options.people, 0)
        self._other: Store | None = None
        self._options = options
        self._routes = build()
        self.origin = HOME
        self.delivery = DELIVERY
        self._webhook = Webhook(self.store)
        self.store.done = self._webhook.note
        self._jobs: list[tuple[int, Callable[[], object]]] = []

    def _group(self, options: Options, people: int, view: int) -> Store:
        made = Population(people, options.seed, view)
        store = Store(options, self.switches, makes(made, options.seed), made)
        fill(store)
        return store

    def _of_key(self, key: str) -> Store | None:
        if key != OTHER_KEY:
            return self.store if key == KEY else None
        if self._other is None:
            self._other = self._group(self._options, min(OTHER_ORG, self._options.people), 1)
        return self._other

    def limited(self, call: Call) -> bool:
        """Every call counts."""
        return True

    def handle(self, call: Call) -> Reply:
        """Answer one call."""
        return self._handle(call, "")

    def _handle(self, call: Call, next_base: str) -> Reply:
        try:
            return self._dispatch(call, next_base)
        except Refused as refused:
            return refused.reply

    def _dispatch(self, call: Call, next_base: str) -> Reply:
        if not f"{call.path}/".startswith(f"{BASE}/"):
            return answer({"error": "Not found"}, 404)
        key = call.header(b"osdi-api-token")
        store = self._of_key(key)
        ask = Ask(call, store is not None, f"{self.origin}{BASE}")
        ask.next_base = next_base
        route, keys = _route(call)
        if store is None and (route not in BLIND or (key and route != "GET ")):
            return self._no_key(key)
        handler = self._handler(call, route)
        group = store or self.store
        self._settle(group)
        if call.method != "GET":
            group.version += 1
        if ask.background and route in _DEFERRED:
            return self._later(handler, group, ask, keys)
        return handler(group, ask, keys)

    def _handler(self, call: Call, route: str) -> Handler:
        handler = self._routes.get(route)
        if handler is None:
            way = route.partition(" ")[2]
            known = any(f"{one} {way}" in self._routes for one in ("GET", "POST", "PUT", "DELETE"))
            if known:
                raise Refused(405, "Method not allowed")
            raise Refused(404, f"No route matches {call.method} {call.path}")
        return handler

    def _later(self, handler: Handler, store: Store, ask: Ask, keys: Keys) -> Reply:
        """Accept at once; nobody hears what becomes of it."""

        def job() -> None:
            with suppress(Refused):
                handler(store, ask, keys)

        self._jobs.append((store.now() + self.switches.background_lag, job))
        self._settle(store)
        return answer({})

    def _settle(self, store: Store) -> None:
        """Carry out what has come to its time."""
        messages.settle(store)
        due = [job for at, job in self._jobs if at <= store.now()]
        if due:
            self._jobs = [(at, job) for at, job in self._jobs if at > store.now()]
            store.version += 1
            for job in due:
                job()

    def _no_key(self, key: str) -> Reply:
        echo = f": {key}" if self.switches.echo_key and key else ""
        return answer({"error": f"{_NO_KEY}{echo}"}, 403)

    def state(self) -> Mapping[str, Sequence[Row]]:
        """All rows of all resources, as they read on the wire."""
        store, base = self.store, f"{self.origin}{BASE}"
        rows: dict[str, Sequence[Row]] = {
            "people": [rendering.person(store, one, base) for one in store.people.numbers()],
            "custom_fields": store.custom_fields,
        }
        for path in KINDS:
            every = range(len(store.tables[path].rows))
            rows[path] = [
                rendering.row_of(store, path, one, base, rendering.way(store, path, one))
                for one in every
            ]
        for path in RECORDS:
            rows[path] = [
                rendering.record(store, path, one, base) for one in store.records[path].numbers()
            ]
        return rows

    def wording(self, fault: str, call: Call) -> Reply:
        """How Action Network refuses; a foreign next link is one in an ordinary page."""
        if fault == "429":
            return answer({"error": "Too many requests"}, 429)
        if fault == "500":
            return answer({"error": "Internal server error"}, 500)
        if fault == "foreign-next":
            if call.method == "GET":
                return self._handle(call, f"{_FOREIGN}{BASE}")
            target = f"{_FOREIGN}{call.path}".encode()
            return Reply(302, b"", ((b"location", target),))
        return self._no_key(call.header(b"osdi-api-token"))

    def allowance(self, left: int) -> Headers:
        """No headers tell how many calls are left."""
        return ()

    def drift(self, random: Random | None) -> None:
        """Hide one row of each list, another one each time."""
        self.store.drift = None if random is None else random.random()

    @property
    def settings(self) -> Mapping[str, object]:
        """The switches."""
        return asdict(self.switches)

    def set(self, name: str, value: object) -> None:
        """Set one switch."""
        setattr(self.switches, name, value)

    @property
    def actions(self) -> Mapping[str, str]:
        """What people do on web pages."""
        return browser.ACTIONS

    def act(self, action: str, values: Mapping[str, object]) -> Mapping[str, object]:
        """Do it."""
        return browser.act(self.store, self.handle, action, values)

    def outgoing(self) -> Sequence[Message]:
        """The webhooks that are due."""
        return self._webhook.outgoing()

    def wanted(self, message: Message) -> bool:
        """Nothing is sent any more once the webhook was set up otherwise."""
        return message.url == self.switches.webhook

    def delivered(self, message: Message) -> None:
        """Nobody keeps count."""

    def failed(self, message: Message, problem: str) -> None:
        """It is dropped."""


def _route(call: Call) -> tuple[str, Keys]:
    """A call as a route and the ids in its address: every second part is one."""
    path = call.path[len(BASE) :].strip("/")
    if path == "metadata/custom_fields":
        return f"{call.method} {path}", ()
    parts = path.split("/")
    way = ["*" if place % 2 else part for place, part in enumerate(parts)]
    return f"{call.method} {'/'.join(way)}", tuple(parts[1::2])
