"""Declaration of webhooks: how a call is known to be the CRM's, and which events it brings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.sdk.tables import Column
from sqlcrm.sdk.values import Row, Type

EVENT_COLUMNS = (
    Column("event_id", doc="what the CRM calls this event; a repeat has the same"),
    Column(
        "event_position",
        Type.INTEGER,
        doc="events came in this order; gaps are no loss",
    ),
    Column("received_at", Type.TIMESTAMP, doc="when it came here"),
)
"""What each event table has before its own columns; the receiver fills them."""


@dataclass(frozen=True, slots=True)
class Signature:
    """An HMAC over the raw body, in a header.

    prefix: what stands before it in the header ("sha256:", "sha256=").
    algorithm: "sha256" or "sha512". encoding: "hex" or "base64".
    timestamp: the header with the seconds since 1970 at which the call was signed, for an API that
    signs `<timestamp><join><body>`; calls further than `window` seconds from now are refused.
    """

    header: str
    prefix: str = ""
    algorithm: str = "sha256"
    encoding: str = "hex"
    timestamp: str = ""
    join: str = "."
    window: float = 300.0


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a call.

    type: as the CRM names it; it decides the table.
    id: the same each time that the CRM sends this event, and of no other; where the API gives
    none, leave it empty: then an equal row is taken for a repeat.
    person: whom it is about (an email address or an id, always written in the same way); events
    of one person are run in the order in which they came. Empty where it is about nobody.
    row: what the table's columns are read from, as in a reply.
    """

    type: str
    id: str
    person: str = field(repr=False)
    row: Row = field(repr=False)


@dataclass(frozen=True, slots=True)
class EventTable:
    """A table of the events of one type.

    columns: read from `Event.row` as those of a table are from a reply's row.
    `EVENT_COLUMNS` stand before them.
    """

    name: str
    type: str
    columns: tuple[Column, ...]
    doc: str = ""

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns that a statement sees."""
        return (*EVENT_COLUMNS, *self.columns)


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What a CRM sends by itself, to `/hooks/<alias>` of `sqlcrm listen`.

    events: pure function from a call's decoded JSON body to the events in it, of every type that
    the CRM sends, in order. Raises: ShapeChanged where it cannot tell; the call is then kept as a
    dead letter.
    tables: for the types that can be read; events of other types are acknowledged and dropped.
    signature: None where the API signs nothing: then the last part of the address,
    `/hooks/<alias>/<secret>`, is what only the CRM knows.
    secret: an optional secret setting with the key of the signature, or that part of the address.
    Of several, with spaces or commas between them, each is good, so that they can be changed.
    """

    events: Callable[[Any], Sequence[Event]]
    tables: tuple[EventTable, ...]
    signature: Signature | None = None
    secret: str = "webhook_secret"  # noqa: S105 - the name of a setting

    def table(self, name: str) -> EventTable | None:
        """Return the table called `name`, without regard to case."""
        wanted = name.casefold()
        return next((one for one in self.tables if one.name.casefold() == wanted), None)
