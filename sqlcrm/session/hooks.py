"""What becomes of a webhook's call before anything runs: is it the CRM's, and what is in it?"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlcrm.catalog.config import resolve
from sqlcrm.errors import ConfigurationError, Error, ProgrammingError
from sqlcrm.sdk import Event, Signature, Webhooks
from sqlcrm.session.events import SUFFIX, are_events, event_table, source
from sqlcrm.state.events import Arrival, Source
from sqlcrm.state.values import to_json

if TYPE_CHECKING:
    from sqlcrm.dialect import Statement
    from sqlcrm.session.connections import Opened
    from sqlcrm.session.state import Session

LONG = 200
"""Characters of an event's id, or of its type; of a longer id its digest serves."""

_TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_HALF = re.compile("[\ud800-\udfff]")

Headers = Callable[[str], Sequence[str]]
"""Gives all values of a header, which may come several times."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a call brought. ignored: how many of its events the script does not use."""

    arrivals: Sequence[Arrival] = ()
    ignored: int = 0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one connection's calls come in. types: those whose tables the script names."""

    source: Source
    title: str
    webhooks: Webhooks = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    types: frozenset[str]

    @property
    def path(self) -> str:
        """The address to give the CRM, without what is secret in it."""
        rest = "" if self.webhooks.signature is not None else "/SECRET"
        return f"/hooks/{self.source.alias}{rest}"

    @property
    def kinds(self) -> frozenset[str]:
        """What names the events that the script uses in the journal."""
        return frozenset(self.source.kind(one) for one in self.types)

    def refusal(self, headers: Headers, body: bytes, token: str, at: float) -> str:
        """Return why a call is not the CRM's, "" where it is.

        token: what stands behind the alias in the address. at: seconds since 1970.
        """
        signature = self.webhooks.signature
        if signature is not None:
            return "the address is wrong" if token else _unsigned(
                signature, self.secrets, headers, body, at
            )  # fmt: skip
        return "" if _is_one_of(token, self.secrets) else "the secret in the address is wrong"

    def read(self, body: bytes) -> Delivery:
        """Return what a call that is the CRM's brought; what cannot be read is a dead letter."""
        try:
            found = _whole(json.loads(body, parse_constant=_refused))
            events = list(self.webhooks.events(found))
            used = [self._arrival(event) for event in events if event.type in self.types]
        except Exception as error:  # noqa: BLE001 - a connector's code, given anything at all
            return Delivery([self._unreadable(body, error)])
        return Delivery(used, len(events) - len(used))

    def _arrival(self, event: Event) -> Arrival:
        if not all(isinstance(one, str) for one in (event.type, event.id, event.person)):
            raise TypeError("type, id and person of an event are texts")
        data = to_json(event.row)
        own_id = event.id or f"sha256:{_digest(event.type, data)}"
        if len(own_id) > LONG:
            own_id = f"sha256:{_digest(own_id)}"
        return Arrival(self.source, own_id, event.type, event.person, data)

    def _unreadable(self, body: bytes, error: Exception) -> Arrival:
        words = str(error) if isinstance(error, Error) else f"{type(error).__name__}: {error}"
        text = json.dumps(body.decode(errors="backslashreplace"), ensure_ascii=False)
        own_id = f"sha256:{hashlib.sha256(body).hexdigest()}"
        return Arrival(self.source, own_id, "", "", text, f"it cannot be read: {words[:LONG]}")


def _unsigned(
    signature: Signature, secrets: Sequence[str], headers: Headers, body: bytes, at: float
) -> str:
    """Return what is wrong with a call's signature, "" for nothing."""
    given = headers(signature.header)
    if len(given) != 1:
        return f"it has {len(given) or 'no'} {signature.header}"
    signed = body
    if signature.timestamp:
        times = headers(signature.timestamp)
        if len(times) != 1 or not _SECONDS.fullmatch(times[0]):
            return f"{signature.timestamp} is no time"
        if abs(at - int(times[0])) > signature.window:
            return f"{signature.timestamp} is more than {signature.window:g} s from now"
        signed = f"{times[0]}{signature.join}".encode() + body
    wanted = [f"{signature.prefix}{_signed(signature, one, signed)}" for one in secrets]
    return "" if _is_one_of(given[0], wanted) else "the signature is wrong"


def _signed(signature: Signature, secret: str, body: bytes) -> str:
    found = hmac.new(secret.encode(), body, signature.algorithm).digest()
    return found.hex() if signature.encoding == "hex" else base64.b64encode(found).decode()


def _is_one_of(given: str, wanted: Sequence[str]) -> bool:
    """Compare with each of them, in a time that tells nothing."""
    ours = given.encode(errors="surrogateescape")
    same = [hmac.compare_digest(ours, one.encode()) for one in wanted]
    return any(same)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\x1f".join(texts).encode(errors="backslashreplace")).hexdigest()


def _whole(value: Any) -> Any:
    """Return what JSON held with each half of a surrogate pair, which no text can have, as U+FFFD.

    An emoji that was cut in two is no reason to lose an event.
    """
    if isinstance(value, str):
        return _HALF.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(one) for key, one in value.items()}
    return value


def _refused(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def endpoints(session: Session, statements: Sequence[Statement]) -> Mapping[str, Endpoint]:
    """Return, by alias, where events come in that a script's statements name. Makes no call.

    Raises: ProgrammingError where they name none; SqlError for a name that is no such table;
    ConfigurationError for a connection without a secret.
    """
    found: dict[str, tuple[Opened, set[str]]] = {}
    for statement in statements:
        for ref in statement.lexed.refs:
            if are_events(ref, session.connections.configs):
                opened, table = event_table(session, ref, statement.text)
                alias = source(opened).alias
                found.setdefault(alias, (opened, set()))[1].add(table.type)
    if not found:
        raise ProgrammingError(
            f"the script names no table of events, such as signatures@NAME{SUFFIX}: "
            "docs/listen.md shows one"
        )
    return {alias: _endpoint(opened, types) for alias, (opened, types) in found.items()}


def _endpoint(opened: Opened, types: set[str]) -> Endpoint:
    webhooks = opened.connector.webhooks
    assert webhooks is not None  # noqa: S101 - it has a table
    where = source(opened)
    name = webhooks.secret
    given = resolve(opened.config, opened.connector)[name]
    secrets = tuple(one for one in re.split(r"[\s,]+", given) if one)
    if not secrets:
        raise ConfigurationError(
            f'Connection {opened.config} lacks {name}: add {name} = {{ env = "…" }}; without it '
            "nothing tells its calls from anybody's"
        )
    if webhooks.signature is None and not all(_TOKEN.fullmatch(one) for one in secrets):
        raise ConfigurationError(
            f"Connection {opened.config}: {name} becomes a part of an address: take 16 or more "
            "letters and digits that nobody can guess"
        )
    return Endpoint(where, opened.connector.title, webhooks, secrets, frozenset(types))
