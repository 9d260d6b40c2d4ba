"""Checks of a declaration at load: every mistake found, in one error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlcrm.errors import DeclarationError
from sqlcrm.sdk.connectors import Connector
from sqlcrm.sdk.tables import Read, Table
from sqlcrm.sdk.values import Type
from sqlcrm.sdk.webhooks import EVENT_COLUMNS, EventTable, Signature, Webhooks
from sqlcrm.sdk.writes import Need, Write

OPERATORS = {"=", "<", "<=", ">", ">=", "contains", "prefix"}
VERBS = {"insert", "update", "delete", "upsert"}
CHECKS = {"", "email"}
ALGORITHMS = {"sha256", "sha512"}
ENCODINGS = {"hex", "base64"}
SORTABLE = {Type.INTEGER, Type.FLOAT, Type.DATE, Type.TIMESTAMP}


def validate(connector: Connector) -> None:
    """Refuse a connector that declares something impossible.

    Raises: DeclarationError, with every mistake on a line of its own.
    """
    mistakes = list(_connector(connector))
    if mistakes:
        lines = "\n".join(f"  - {mistake}" for mistake in mistakes)
        raise DeclarationError(f"connector {connector.name!r} is declared wrongly:\n{lines}")


def _connector(connector: Connector) -> Iterator[str]:
    if not connector.limits:
        yield "no rate limit is declared"
    names = {setting.name for setting in connector.settings}
    for wanted in re.findall(r"{(\w+)}", connector.base_url):
        if wanted not in names:
            yield f"base_url names the setting {wanted!r}, which is not declared"
    seen: set[str] = set()
    for table in connector.tables:
        if table.name in seen:
            yield f"table {table.name} is declared twice"
        seen.add(table.name)
        yield from (f"{table.name}: {mistake}" for mistake in _table(table))
    for table in connector.tables:
        for name in table.touches or ():
            if name not in seen:
                yield f"{table.name}: touches {name!r}, which is no table"
        yield from _parts(connector, table)
        yield from _includes(connector, table)
        yield from (f"{table.name}: {mistake}" for mistake in _paths(connector, table))
        yield from (f"{table.name}: {mistake}" for mistake in _needs(connector, table))
    if connector.webhooks is not None:
        yield from (f"webhooks: {mistake}" for mistake in _webhooks(connector, connector.webhooks))


def _parts(connector: Connector, table: Table) -> Iterator[str]:
    for name, column in table.parts.items():
        other = next((one for one in connector.tables if one.name == name), None)
        if other is None or other.consent is None or not other.consent.person:
            yield f"{table.name}: part {name!r} is no table with a Consent that names the person"
        elif other.column(column) is None:
            yield f"{table.name}: part {name} has no column {column!r}"
        elif len(table.key) != 1:
            yield f"{table.name}: it has parts, and no key of one column"


def _webhooks(connector: Connector, webhooks: Webhooks) -> Iterator[str]:
    setting = next((one for one in connector.settings if one.name == webhooks.secret), None)
    if setting is None or not setting.secret or setting.required:
        yield f"secret={webhooks.secret!r} is not a setting that is secret and optional"
    if webhooks.signature is not None:
        yield from _signature(webhooks.signature)
    if not webhooks.tables:
        yield "no table"
    for what in ("name", "type"):
        given = [getattr(table, what).casefold() for table in webhooks.tables]
        for value in sorted({one for one in given if given.count(one) > 1}):
            yield f"the {what} {value!r} occurs twice"
    for table in webhooks.tables:
        yield from (f"{table.name}: {mistake}" for mistake in _event_table(table))


def _signature(signature: Signature) -> Iterator[str]:
    if not signature.header:
        yield "the signature has no header"
    if signature.algorithm not in ALGORITHMS:
        yield f"unknown algorithm {signature.algorithm!r}"
    if signature.encoding not in ENCODINGS:
        yield f"unknown encoding {signature.encoding!r}"
    if signature.window <= 0:
        yield "the window is not above 0"


def _event_table(table: EventTable) -> Iterator[str]:
    if not table.doc:
        yield "has no doc"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", table.name):
        yield "its name is not of small letters, digits and _"
    names = [s.casefold() for c in table.columns for s in (c.name, *c.aliases)]
    names += [column.name for column in EVENT_COLUMNS]
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield f"column name {name!r} occurs twice"
    for column in table.columns:
        if column.sideload is not None:
            yield f"column {column.name}: an event has no sideload"


def _includes(connector: Connector, table: Table) -> Iterator[str]:
    tables = {one.name: one for one in connector.tables}
    for include in (one for read in table.reads for one in read.includes):
        other = tables.get(include.table)
        if other is None or other.column(include.by) is None:
            yield f"{table.name}: includes {include.table}.{include.by}, which is no column"


def _paths(connector: Connector, table: Table) -> Iterator[str]:
    """Yield what is wrong with the places of paths, and with the tables that reads go over."""
    plain = {setting.name for setting in connector.settings if not setting.secret}
    for read in table.reads:
        for name in re.findall(r"{(\w+)}", read.path):
            if name not in {*plain, read.by, read.within}:
                yield f"read {read.path}: the path names {name!r}: no setting, and no `by`"
        parents = [one for one in connector.tables if read.over and one.name == read.over[0]]
        if read.over and not (parents and parents[0].column(read.over[1])):
            yield f"read {read.path}: it goes over {'.'.join(read.over)}, which is no column"
    for write in table.writes:
        for name in re.findall(r"{(\w+)}", write.path):
            if name not in plain and table.column(name) is None:
                yield f"write {write.verb}: the path names {name!r}, which is no column"


def _table(table: Table) -> Iterator[str]:
    if not table.doc:
        yield "has no doc"
    if not table.reads:
        yield "has no read"
    names = [column.name for column in table.columns]
    spellings = [s.casefold() for c in table.columns for s in (c.name, *c.aliases)]
    for name in sorted({s for s in spellings if spellings.count(s) > 1}):
        yield f"column name {name!r} occurs twice"
    yield from _keys(table, names)
    yield from (
        f"column {column.name}: unknown check {column.check!r}"
        for column in table.columns
        if column.check not in CHECKS
    )
    yield from _modified(table)
    yield from _consent(table)
    for read in table.reads:
        yield from _read(table, read)
    for write in table.writes:
        yield from _write(table, write)
    for verb in sorted({write.verb for write in table.writes}):
        alone = [write for write in table.writes if write.verb == verb and write.send is None]
        if len(alone) > 1:
            yield f"write {verb}: {len(alone)} writes without a flow; nothing chooses between them"


def _modified(table: Table) -> Iterator[str]:
    modified = table.modified
    column = table.column(modified.column) if modified is not None else None
    if modified is not None and (column is None or column.type is not Type.TIMESTAMP):
        yield f"modified={modified.column!r} is no column of times"


def _keys(table: Table, names: Sequence[str]) -> Iterator[str]:
    for name in (*table.key, *table.natural_key):
        if name not in names:
            yield f"key column {name!r} is not declared"
    for name in table.optional:
        if name not in table.natural_key[1:]:
            yield f"optional {name!r} is not among the further columns of the natural key"


def _consent(table: Table) -> Iterator[str]:
    consent = table.consent
    if consent is None:
        return
    columns = {"column": consent.column, "scope": consent.scope}
    if isinstance(consent.person, str):
        columns["person"] = consent.person
    for what, name in columns.items():
        if (name or what == "column") and table.column(name) is None:
            yield f"consent {what} {name!r} is not declared"


def _needs(connector: Connector, table: Table) -> Iterator[str]:
    """Yield what is wrong with the values of other tables that are to go with rows."""
    person = table.consent.person if table.consent else ""
    if isinstance(person, Need):
        yield from _need(connector, table, "consent person", person)
    for write in table.writes:
        where = f"write {write.verb}"
        for need in write.needs:
            yield from _need(connector, table, f"{where}: need {need.name!r}", need)
        names = [need.name for need in write.needs]
        taken = {column.path for column in table.columns}
        for name in sorted({n for n in names if names.count(n) > 1 or n in taken}):
            yield f"{where}: need {name!r} has the name of another value of the row"


def _need(connector: Connector, table: Table, where: str, need: Need) -> Iterator[str]:
    if table.column(need.by) is None:
        yield f"{where}: by={need.by!r} is no column"
    other = next((one for one in connector.tables if one.name == need.table), None)
    if other is None:
        yield f"{where}: there is no table {need.table!r}"
    elif other.column(need.value) is None:
        yield f"{where}: {need.table} has no column {need.value!r}"
    elif len(other.key) != 1:
        yield f"{where}: {need.table} has no key of one column"


def _read(table: Table, read: Read) -> Iterator[str]:
    where = f"read {read.path}"
    if read.by and table.column(read.by) is None:
        yield f"{where}: by={read.by!r} is no column"
    if read.by and not read.fetch and not read.param and f"{{{read.by}}}" not in read.path:
        yield f"{where}: by={read.by!r} has neither a parameter nor a place in the path"
    if read.over is not None and not read.by:
        yield f"{where}: it goes over {read.over[0]}, but reads by no column"
    if read.within and (not read.by or f"{{{read.within}}}" not in read.path):
        yield f"{where}: within={read.within!r} needs a place in the path, and a `by`"
    if read.within and table.column(read.within) is None:
        yield f"{where}: within={read.within!r} is no column"
    if read.batch > 1 and not read.param and not read.fetch:
        yield f"{where}: a batch needs a parameter that may repeat"
    yield from (f"{where}: {mistake}" for mistake in _columns(table, read))


def _columns(table: Table, read: Read) -> Iterator[str]:
    for name in read.columns:
        if table.column(name) is None:
            yield f"column {name!r} is not declared"
    for condition in read.filters:
        if table.column(condition.column) is None:
            yield f"filter on {condition.column!r}, which is no column"
        if condition.op not in OPERATORS:
            yield f"unknown operator {condition.op!r}"
    for include in read.includes:
        if include.of and table.column(include.of) is None:
            yield f"include of {include.of!r}, which is no column"
    for sort in read.sorts:
        column = table.column(sort.column)
        if column is None or column.type not in SORTABLE:
            yield f"sort by {sort.column!r}, which is no column of numbers or times"


def _write(table: Table, write: Write) -> Iterator[str]:
    where = f"write {write.verb}"
    if write.verb not in VERBS:
        yield f"{where}: unknown verb"
    if not write.send and not (write.method and write.path):
        yield f"{where}: neither a call nor a flow"
    yield from (f"{where}: {mistake}" for mistake in _many(table, write))
    for name in (*write.columns, *write.along):
        if table.column(name) is None:
            yield f"{where}: column {name!r} is not declared"
    yield from (f"{where}: {mistake}" for mistake in _doubling(table, write))


def _doubling(table: Table, write: Write) -> Iterator[str]:
    """Yield what might let a write make a row twice."""
    if write.unique and not table.natural_key:
        yield "unique, but the table has no natural key"
    if write.verb not in {"insert", "upsert"} or write.repeatable or write.append:
        return
    if not table.natural_key:
        yield "neither repeatable, nor append, nor a natural key to look the row up by"
    elif not any(read.by in ("", table.natural_key[0]) for read in table.reads):
        yield f"no read can look a row up by {table.natural_key[0]!r}"


def _many(table: Table, write: Write) -> Iterator[str]:
    """Yield what is wrong with what only a write of many rows at once can have."""
    flow = write.send is not None
    if min(write.batch, write.least, write.calls) < 1:
        yield "batch, least and calls are 1 or more"
    if write.least > write.batch and not write.per:
        yield f"least={write.least} is more than a batch of {write.batch}"
    given = {
        "batch": write.batch > 1,
        "finish": write.finish is not None,
        "per": bool(write.per),
        "least": write.least > 1,
        "calls": write.calls > 1,
        "takes": write.takes is not None,
        "needs": bool(write.needs),
    }
    for name in (name for name, has in given.items() if has and not flow):
        yield f"{name} without a flow (send)"
    if write.per and table.column(write.per) is None:
        yield f"per={write.per!r} is no column"
