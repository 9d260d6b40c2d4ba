"""The connections of a session: configured, opened when first used, each with its account."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlcrm.catalog.config import ConnectionConfig, resolve
from sqlcrm.catalog.connectors import load
from sqlcrm.errors import JournalProblem, SqlError, did_you_mean
from sqlcrm.sdk import Column, Connector, Flow, Identity, RateLimit, Table

if TYPE_CHECKING:
    from sqlcrm.transport import Call, Client


STAMP = "x-sqlcrm-sandbox"
"""The header by which a sandbox tells one life of its from the next."""


def _unbounded(_client: Client, _config: ConnectionConfig) -> None:
    """Set no bounds."""


class Opened:
    """One connection in use. bound: tells its client what the session allows, before each use."""

    def __init__(
        self,
        config: ConnectionConfig,
        cancel: threading.Event,
        record: Callable[[Call], None],
        bound: Callable[[Client, ConnectionConfig], None] = _unbounded,
        state: Path | None = None,
    ) -> None:
        self._bound = bound
        self._state = state
        self.config = config
        self.connector: Connector = load(config.connector)
        self._record = record
        self._cancel = cancel
        self._client: Client | None = None
        self._identity: Identity | None = None
        self._credentials = self._all = ""
        self._columns: dict[str, tuple[Column, ...]] = {}

    @property
    def client(self) -> Client:
        """The way out; the first use reads the settings."""
        if self._client is None:
            from sqlcrm.transport import Client, Clock, limiter_for

            settings = resolve(self.config, self.connector)
            clock = Clock()
            key = f"{self.config.connector} {sorted(settings.items())!r}"
            self._credentials = _hashed(settings, self.connector)
            self._all = hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()
            folder = _shared_folder(self._state)
            limiter = limiter_for(key, _limits(self.config, self.connector), clock, folder)
            self._client = Client(
                connection=self.config.alias,
                connector=self.connector,
                settings=settings,
                limiter=limiter,
                clock=clock,
                record=self._record,
                cancel=self._cancel,
                max_requests=self.config.max_requests,
            )
        self._bound(self._client, self.config)
        return self._client

    @property
    def account_key(self) -> str:
        """What names the account to the cache: two connections that say the same share it.

        The origin is not enough: at some CRMs all accounts live at one.
        """
        return f"{self.connector.name} {self.client.origin} {self._all}"

    @property
    def accounts(self) -> str:
        """How every `account_key` begins that may be the same account, other credentials or not."""
        return f"{self.connector.name} {self.client.origin} "

    @property
    def identity(self) -> Identity:
        """Who this connection is; read once.

        An account that the API does not name is named by the connection's setting `account`, else
        by its credentials; one of a sandbox also by what that calls itself at each start.
        """
        if self._identity is None:
            client, seen = self.client, set[str]()
            who = client.drive(_stamped(self.connector.who(), seen))
            account = who.account or self.config.account or f"credentials {self._credentials}"
            stamps = "".join(f" sandbox {stamp}" for stamp in sorted(seen))
            people = who.people or account
            self._identity = replace(who, account=f"{account}{stamps}", people=f"{people}{stamps}")
        return self._identity

    def complete(self, table: Table) -> Table:
        """Return a table with the account's own columns; read once a session."""
        if table.more_columns is None:
            return table
        if table.name not in self._columns:
            found = self.client.drive(table.more_columns())
            self._columns[table.name] = tuple(_without_clashes(table, found))
        known = {column.name for column in table.columns}
        more = [column for column in self._columns[table.name] if column.name not in known]
        return replace(table, columns=(*table.columns, *more))

    def known(self, table: Table) -> tuple[Table, bool]:
        """Return a table as far as it is known without a call, and whether that is all."""
        if table.more_columns is None or table.name in self._columns:
            return self.complete(table), True
        return table, False

    def redacted(self, text: str) -> str:
        """Return a text without its secrets; one that was never used has shown none."""
        return text if self._client is None else self._client.redacted(text)

    def close(self) -> None:
        """Close its sockets."""
        if self._client is not None:
            self._client.close()


def _stamped(flow: Flow[Identity], seen: set[str]) -> Flow[Identity]:
    """Run a flow, and note what sandboxes call themselves in their replies."""
    try:
        request = next(flow)
        while True:
            reply = yield request
            if stamp := reply.headers.get(STAMP):
                seen.add(stamp)
            request = flow.send(reply)
    except StopIteration as end:
        return cast("Identity", end.value)


def _hashed(settings: Mapping[str, str], connector: Connector) -> str:
    """Return what tells credentials apart, and does not tell them.

    Secrets that may be missing, such as that of webhooks, are no credentials: an account stays
    the same when one is added or changed.
    """
    secret = sorted(
        (s.name, settings.get(s.name, "")) for s in connector.settings if s.secret and s.required
    )
    return hashlib.sha256(repr(secret).encode(errors="surrogatepass")).hexdigest()[:16]


def _without_clashes(table: Table, found: Any) -> list[Column]:
    """Give a custom column whose name is taken the next free `_2`; standard names win."""
    taken = {c.name.casefold() for c in table.columns}
    taken |= {alias.casefold() for c in table.columns for alias in c.aliases}
    columns = []
    for column in found:
        name, number = column.name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{column.name}_{number}"
        taken.add(name.casefold())
        columns.append(replace(column, name=name))
    return columns


def _shared_folder(state: Path | None) -> Path | None:
    """Return where all processes of this user meet; None where there can be no such place.

    state: the session's own folder, instead of the user's.
    """
    from sqlcrm.state.folder import state_folder

    try:
        return state or state_folder()
    except JournalProblem:
        return None


def _limits(config: ConnectionConfig, connector: Connector) -> tuple[RateLimit, ...]:
    if config.rate_limit == "off":
        return ()
    if config.rate_limit is None:
        return connector.limits
    rate = Fraction(config.rate_limit).limit_denominator(100)
    # 2.5 a second as 5 in 2: within its span a call that left late holds up none behind it.
    wide = RateLimit(max(1, rate.numerator), float(rate.denominator) if rate else 100.0)
    return (wide, *(limit for limit in connector.limits if limit.paths))


class Connections:
    """All connections of a session, by alias. `calls`: every call made so far, in order."""

    def __init__(
        self,
        configs: Mapping[str, ConnectionConfig],
        cancel: threading.Event,
        bound: Callable[[Client, ConnectionConfig], None] = _unbounded,
        state: Path | None = None,
    ) -> None:
        self.configs = dict(configs)
        self._bound = bound
        self._state = state
        self._cancel = cancel
        self._opened: dict[str, Opened] = {}
        self.calls: list[Call] = []

    def get(self, alias: str) -> Opened:
        """Return a connection by its alias.

        Raises: SqlError with the nearest aliases; the caller knows the place.
        """
        if alias not in self.configs:
            hint = did_you_mean(alias, self.configs)
            if not self.configs:
                hint = (
                    "No connection is configured: `sqlcrm sandbox` and docs/tutorial.md show how."
                )
            raise SqlError(f"there is no connection @{alias}. {hint}")
        if alias not in self._opened:
            self._opened[alias] = Opened(
                self.configs[alias], self._cancel, self.calls.append, self._bound, self._state
            )
        return self._opened[alias]

    def redacted(self, text: str) -> str:
        """Return a text without the secrets of the connections that are open."""
        for opened in self._opened.values():
            text = opened.redacted(text)
        return text

    def close(self) -> None:
        """Close them all."""
        for opened in self._opened.values():
            opened.close()
