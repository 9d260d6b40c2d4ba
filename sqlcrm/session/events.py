"""Tables of events: `signature_created@cs_events` are the events of that type that @cs sent."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sqlcrm.dialect import Ref
from sqlcrm.errors import ProgrammingError, SqlError, did_you_mean
from sqlcrm.sdk import EventTable
from sqlcrm.sdk.webhooks import EVENT_COLUMNS
from sqlcrm.state.events import Events, Source, StoredEvent

if TYPE_CHECKING:
    from sqlcrm.session.connections import Opened
    from sqlcrm.session.state import Session

SUFFIX = "_events"


def are_events(ref: Ref, aliases: Collection[str]) -> bool:
    """Whether a name is of a table of events."""
    return bool(sender(ref.alias, aliases))


def sender(alias: str, aliases: Collection[str]) -> str:
    """Return the connection whose events are behind an alias, "" where that means another thing.

    A connection that is itself called so comes first.
    """
    name = alias.removesuffix(SUFFIX)
    return name if name != alias and alias not in aliases and name in aliases else ""


def source(opened: Opened) -> Source:
    """Return what the events of a connection are stored under; makes no call."""
    return Source(opened.config.alias.casefold(), opened.connector.name, opened.client.origin)


def declared(session: Session, name: str, alias: str) -> tuple[Opened, EventTable]:
    """Return the connection and the table that `name@alias` means; makes no call.

    Raises: SqlError that offers the nearest names; the caller knows the place.
    """
    opened = session.connections.get(sender(alias, session.connections.configs))
    webhooks = opened.connector.webhooks
    if webhooks is None:
        title = opened.connector.title
        raise SqlError(f"@{alias}: {title} sends no events that this connector knows")
    table = webhooks.table(name)
    if table is None:
        hint = did_you_mean(name, [one.name for one in webhooks.tables])
        raise SqlError(f"@{alias} has no events {name!r}. {hint}")
    return opened, table


def event_table(session: Session, ref: Ref, text: str) -> tuple[Opened, EventTable]:
    """Return the connection and the table that a name in a statement means; makes no call.

    Raises: SqlError that points at the name.
    """
    try:
        found = declared(session, ref.name, ref.alias)
    except SqlError as error:
        raise SqlError(error.message, text, ref.start, ref.end) from None
    if any(ref.qualifiers) or ref.arguments:
        message = f"write {ref.name}@{ref.alias}: it has no schemas and takes no arguments"
        raise SqlError(message, text, ref.start, ref.end)
    return found


def stage_events(session: Session, ref: Ref, text: str) -> str:
    """Stage the events of a type, those of the batch where one is under way; return the table.

    Raises: SqlError; ShapeChanged for an event that is not as declared.
    """
    from sqlcrm.execution.decode import Decoder

    opened, table = event_table(session, ref, text)
    stage = session.engine.stage(ref.name, table.all_columns)
    where = f"{table.name}@{ref.alias}"
    decoder = Decoder(table.columns, where, opened.connector.zone)
    kind = source(opened).kind(table.type)
    for page in Events(session.journal.database).of_kind(kind, session.event_positions):
        names = [column.name for column in table.all_columns]
        session.engine.insert(stage, _arrow(decoder, page), names)
    return stage


def _arrow(decoder: Any, page: list[StoredEvent]) -> Any:
    """Return a page of events as Arrow: what each table of events has, then its own columns."""
    import pyarrow as pa

    from sqlcrm.execution.decode import ARROW

    own = decoder.batch([json.loads(one.data) for one in page], None)
    values = (
        [one.own_id for one in page],
        [one.position for one in page],
        [one.received_at for one in page],
    )
    first = [
        pa.array(held, ARROW[column.type])
        for column, held in zip(EVENT_COLUMNS, values, strict=True)
    ]
    names = [*(column.name for column in EVENT_COLUMNS), *own.schema.names]
    return pa.table([*first, *own.columns], names=names)


def retry(session: Session, positions: Collection[int] | None) -> int:
    """Let dead events be run again, all or these; return how many.

    Raises: ProgrammingError where one of these is not dead.
    """
    return _each(Events(session.journal.database).revive(positions), positions, "dead")


def drop(session: Session, positions: Collection[int]) -> int:
    """Give up events that are dead or pending; return how many.

    Raises: ProgrammingError where one of these is neither.
    """
    changed = Events(session.journal.database).drop(positions)
    return _each(changed, positions, "dead or pending")


def _each(changed: int, positions: Collection[int] | None, what: str) -> int:
    if positions is not None and changed < len(set(positions)):
        left = len(set(positions)) - changed
        raise ProgrammingError(
            f"{left} of these events are not {what}, or cannot be read: events@sqlcrm has them all"
        )
    return changed
