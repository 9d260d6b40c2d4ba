"""Webhook endpoints and what is sent to them.

Only addresses of this machine are taken: a sandbox never calls the outside.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping

from sqlcrm.sandbox import Clock, Delivery, Message
from sqlcrm.sandbox.outbox import loopback
from sqlcrm_controlshift.sandbox.switches import Switches
from sqlcrm_controlshift.sandbox.wire import Row, encode, invalid, iso

# Documented: nine retries, exponential, after 15, 30 and 90 s. The others are our guess.
DELIVERY = Delivery((15, 30, 90, 270, 810, 2430, 7290, 21_870, 65_610))
Data = Mapping[str, object] | Callable[[Row], Mapping[str, object]]


def signature(secret: str, body: bytes) -> str:
    """The value of `x-controlshift-webhook-signature`."""
    return "sha256:" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Hooks:
    """The endpoints, and the messages that wait to be handed to the kit."""

    def __init__(self, clock: Clock, switches: Switches, organisation_id: int) -> None:
        self._clock = clock
        self._switches = switches
        self._organisation_id = organisation_id
        self._messages: list[Message] = []
        self._held: list[Message] | None = None
        self.endpoints: dict[int, Row] = {}

    def add(self, sent: Row) -> Row:
        """POST /webhook_endpoints. Raises: Refused."""
        url = sent.get("url")
        if not isinstance(url, str) or not loopback(url):
            raise invalid("url", "is not an http address of this machine, as a sandbox needs")
        now = int(self._clock.now().timestamp())
        key = len(self.endpoints) + 1
        names = ("basic_auth_username", "basic_auth_password", "aws_account_id")
        self.endpoints[key] = {
            "id": key,
            "url": url,
            "created_at": now,
            "updated_at": now,
            "disabled_at": None,
            "last_failure": None,
            "secret": secrets.token_hex(32),
            **{name: sent.get(name) for name in names},
        }
        return self.endpoints[key]

    def shown(self) -> list[Row]:
        """GET /webhook_endpoints."""
        return [
            {
                "id": row["id"],
                "organisation_id": self._organisation_id,
                "url": row["url"],
                "created_at": iso(row["created_at"]),
                "updated_at": iso(row["updated_at"]),
                "disabled_at": iso(row["disabled_at"]),
                "last_failure": row["last_failure"],
            }
            for row in self.endpoints.values()
        ]

    def emit(self, kind: str, data: Data) -> None:
        """Tell every endpoint that is not disabled; each event has one `jid` for all of them."""
        active = [row for row in self.endpoints.values() if row["disabled_at"] is None]
        if not active:
            return
        jid = secrets.token_hex(12)
        for row in active:
            told = data(row) if callable(data) else data
            body = encode({"type": kind, "data": told, "jid": jid})
            message = Message(row["url"], body, _headers(row, body), str(row["id"]), kind)
            copies = 2 if self._switches.duplicate_messages else 1
            queue = self._messages if self._held is None else self._held
            queue.extend([message] * copies)

    def hold(self) -> None:
        """Keep what is emitted from now on until `overtake`."""
        self._held = []

    def overtake(self) -> list[Message]:
        """End the holding and give what was held, to be sent by the caller later."""
        held, self._held = self._held or [], None
        return held

    def send(self, messages: list[Message]) -> None:
        """Send messages that were made before."""
        self._messages += messages

    def outgoing(self) -> list[Message]:
        """Messages since the last time."""
        new, self._messages = self._messages, []
        return new

    def wanted(self, message: Message) -> bool:
        """A disabled endpoint gets nothing, not even what was made before."""
        row = self.endpoints.get(int(message.endpoint))
        return row is not None and row["disabled_at"] is None

    def failed(self, message: Message, problem: str) -> None:
        """One message was never accepted: the whole endpoint is disabled."""
        row = self.endpoints[int(message.endpoint)]
        now = int(self._clock.now().timestamp())
        row.update(disabled_at=now, updated_at=now, last_failure=problem)

    def enable(self, key: int) -> Row:
        """Somebody switches an endpoint on again, by hand."""
        row = self.endpoints[key]
        row.update(disabled_at=None, updated_at=int(self._clock.now().timestamp()))
        return row


def _headers(endpoint: Row, body: bytes) -> dict[str, str]:
    headers = {
        "content-type": "application/json",
        "x-controlshift-webhook-signature": signature(endpoint["secret"], body),
    }
    if endpoint["basic_auth_username"]:
        pair = f"{endpoint['basic_auth_username']}:{endpoint['basic_auth_password'] or ''}"
        headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return headers
