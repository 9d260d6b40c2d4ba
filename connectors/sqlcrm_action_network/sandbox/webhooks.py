"""What Action Network posts to the webhook of the group (section 10 of the facts).

The webhook is set up on the web page: here with the settings `webhook`, `webhook_for` and
`webhook_delay`. Each message is an array; only outreaches share one. Nothing is signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from msgspec.json import encode

from sqlcrm.sandbox import Delivery, Message
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.wire import Row, objects

DELIVERY = Delivery(delays=(300.0, 900.0, 1800.0), accepted=range(200, 201), timeout=0.5)
_KEYS = {
    "signatures": "osdi:signature",
    "attendances": "osdi:attendance",
    "submissions": "osdi:submission",
    "donations": "osdi:donation",
    "outreaches": "osdi:outreach",
    "responses": "action_network:response",
    "people": "action_network:upload",
}
_NOT_ENTERED = frozenset({"add_tags", "remove_tags", "triggers", "_links"})


class Webhook:
    """Collects what happens until it is due."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pending: list[tuple[int, str, Row]] = []

    def note(self, path: str, body: Row, row: Row) -> None:
        """Somebody did something; `body` is what they entered."""
        switches = self._store.switches
        if not switches.webhook or path not in _KEYS or not self._wanted(path, row):
            return
        entered = {name: value for name, value in body.items() if name not in _NOT_ENTERED}
        person = dict(entered.get("person") or {})
        for name in ("email_addresses", "phone_numbers"):
            if objects(person.get(name)):
                person[name] = [{"primary": True, **one} for one in objects(person[name])]
        if person:
            entered["person"] = person
        value = {"created_date": row["created_date"], **entered, "_links": row["_links"]}
        told = {
            _KEYS[path]: value,
            "action_network:sponsor": {"title": self._store.title, "url": self._store.url},
            "idempotency_key": uuid4().hex,
        }
        self._pending.append((self._store.now() + switches.webhook_delay, path, told))

    def _wanted(self, path: str, row: Row) -> bool:
        """Whether the trigger is of this kind: all actions, uploads too, or one action alone."""
        trigger = self._store.switches.webhook_for
        if trigger in {"actions", "actions and uploads"}:
            return path != "people" or trigger == "actions and uploads"
        hrefs = [link["href"] for link in row["_links"].values() if isinstance(link, dict)]
        return path != "people" and any(href.endswith(f"/{trigger}") for href in hrefs)

    def outgoing(self) -> Sequence[Message]:
        """What is due by now."""
        now, url = self._store.now(), self._store.switches.webhook
        due = [(path, told) for at, path, told in self._pending if at <= now]
        if not due:
            return ()
        self._pending = [entry for entry in self._pending if entry[0] > now]
        batches = [(path, [told]) for path, told in due if path != "outreaches"]
        together = [told for path, told in due if path == "outreaches"]
        if together:
            batches.append(("outreaches", together))
        headers = {"content-type": "application/json"}
        return [
            Message(url, encode(bodies), headers, endpoint=url, label=_KEYS[path])
            for path, bodies in batches
        ]
