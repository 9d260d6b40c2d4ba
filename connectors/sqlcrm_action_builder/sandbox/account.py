"""The whole fake Action Builder: keys, routes, and the API's own words for refusals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from random import Random

from sqlcrm.sandbox import Call, Options, Reply
from sqlcrm.sandbox.model import Headers
from sqlcrm_action_builder.sandbox import linking, reading, signup, tags
from sqlcrm_action_builder.sandbox.network import Network, View, view
from sqlcrm_action_builder.sandbox.state import everything
from sqlcrm_action_builder.sandbox.wire import TOP, Refused, Row, answer, missing

KEY = "sandbox-key"
_PER_SECOND = 4  # calls a second for the whole network
_FOREIGN = "http://foreign.example.net"  # reserved: leads nowhere
_HOST = re.compile(r"[\w.-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?", re.ASCII)

Handler = Callable[[View], Reply]
ROUTES: Mapping[str, Handler] = {
    "GET ": reading.campaign,
    "GET entity_types": partial(reading.type_list, "entity_types"),
    "GET entity_types/*": partial(reading.one_type, "entity_types"),
    "GET connection_types": partial(reading.type_list, "connection_types"),
    "GET connection_types/*": partial(reading.one_type, "connection_types"),
    "GET people": reading.people,
    "POST people": signup.post,
    "GET people/*": reading.person,
    "PUT people/*": signup.put,
    "DELETE people/*": signup.delete,
    "GET people/*/taggings": tags.taggings_of_person,
    "POST people/*/taggings": tags.post_of_person,
    "DELETE people/*/taggings/*": tags.delete_of_person,
    "GET people/*/connections": linking.listing,
    "POST people/*/connections": linking.post,
    "GET people/*/connections/*": linking.one,
    "PUT people/*/connections/*": linking.put,
    "GET connections/*/taggings": tags.taggings_of_connection,
    "DELETE connections/*/taggings/*": tags.delete_of_connection,
    "GET tags": tags.listing,
    "POST tags": tags.post,
    "GET tags/*": tags.one,
    "PUT tags/*": tags.put,
    "DELETE tags/*": tags.delete,
    "GET tags/*/taggings": tags.taggings_of_tag,
    "GET tags/*/taggings/*": tags.one_of_tag,
    "DELETE tags/*/taggings/*": tags.delete_of_tag,
}
_SHAPES = {route.partition(" ")[2] for route in ROUTES}


class ActionBuilder:
    """One network of Action Builder, API v1."""

    def __init__(self, options: Options) -> None:
        self.rate: tuple[int, float] | None = (_PER_SECOND, 1.0)
        self.network = Network(options)
        self._locked_until = 0.0

    def limited(self, call: Call) -> bool:
        """Every call counts."""
        return True

    def handle(self, call: Call) -> Reply:
        """Answer one call."""
        if self._locked_until > self.network.clock.monotonic():
            return self._throttled()
        try:
            return self._dispatch(call)
        except Refused as refused:
            return refused.reply

    def _dispatch(self, call: Call) -> Reply:
        if call.header(b"osdi-api-token") != KEY:
            return self.wording("expired-token", call)
        self._answer_as(call)
        if not f"{call.path}/".startswith(f"{TOP}/"):
            raise missing("Page")
        parts = [part for part in call.path[len(TOP) :].split("/") if part]
        if not parts or parts == ["campaigns"]:
            if call.method != "GET":
                raise Refused(405, f"{call.method} is not allowed here")
            return reading.campaigns(self.network, call) if parts else reading.entry(self.network)
        if parts[0] != "campaigns":
            raise missing("Page")
        return self._in_campaign(call, parts[1:])

    def _in_campaign(self, call: Call, parts: list[str]) -> Reply:
        campaign = self.network.office.campaign(parts[0])
        if campaign is None:
            raise missing("Campaign")
        shape = "/".join("*" if place % 2 else part for place, part in enumerate(parts[1:]))
        handler = ROUTES.get(f"{call.method} {shape}")
        if handler is None:
            if shape in _SHAPES:
                raise Refused(405, f"{call.method} is not allowed here")
            raise missing("Page")
        return handler(view(self.network, campaign, call, parts[2::2]))

    def _answer_as(self, call: Call) -> None:
        """Links lead to where the call came in."""
        host = call.header(b"host")
        if _HOST.fullmatch(host):
            self.network.origin = f"http://{host}"

    @property
    def settings(self) -> Mapping[str, object]:
        """The switches; what they mean is said at `Switches`."""
        return asdict(self.network.switches)

    def set(self, name: str, value: object) -> None:
        """Set one switch. Raises: ValueError."""
        self.network.switches = replace(self.network.switches, **{name: value})  # type: ignore[arg-type]  # checked by the kit

    def state(self) -> Mapping[str, Sequence[Row]]:
        """All rows: of the configured campaign by resource, of the others by `ID/resource`."""
        return everything(self.network)

    def wording(self, fault: str, call: Call) -> Reply:
        """How Action Builder refuses; a foreign next link comes with the page asked for."""
        if fault == "429":
            self._locked_until = max(
                self._locked_until,
                self.network.clock.monotonic() + self.network.switches.lock_out,
            )
            return self._throttled()
        if fault == "500":
            return answer({"error": "Internal Server Error"}, 500)
        if fault == "foreign-next":
            return self._foreign(call)
        return answer({"error": "Invalid API key"}, self.network.switches.denied_status)

    def _foreign(self, call: Call) -> Reply:
        if call.method != "GET":
            return Reply(307, b"", ((b"location", f"{_FOREIGN}{call.path}".encode()),))
        self.network.next_origin = _FOREIGN
        try:
            return self.handle(call)
        finally:
            self.network.next_origin = ""

    def _throttled(self) -> Reply:
        left = self._locked_until - self.network.clock.monotonic()
        seconds = int(left) + 1 if left > 0 else self.network.switches.retry_after
        refused = answer({"error": "Too many requests"}, 429)
        retry = (b"retry-after", b"%d" % seconds)
        return Reply(refused.status, refused.body, (*refused.headers, retry), refused.type)

    def allowance(self, left: int) -> Headers:
        """Nothing tells how many calls are left."""
        return ()

    def drift(self, random: Random | None) -> None:
        """Leave another row out of each list from now on; None brings all back."""
        self.network.hidden = random
