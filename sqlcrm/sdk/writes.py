"""Declarations of how rows are written, and of what nobody may do to a person unasked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.sdk.values import Flow, Outcome, Row


@dataclass(frozen=True, slots=True)
class Need:
    """A value of another table's row that goes with a row: the address of a contact's id.

    name: what it is called in the row. by: our column, which holds that table's key.
    value: the column of `table` that is wanted. A row without one is not carried this way.
    """

    name: str
    by: str
    table: str
    value: str


@dataclass(frozen=True, slots=True)
class Write:
    """One way to change rows.

    verb: "insert", "update", "delete" or "upsert".
    wrap: the name of the body's only key, and of the row in the reply.
    reply: where the reply has the row, if not under `wrap`; "" where it is the reply itself.
    repeatable: the server ends up the same when it gets the call twice.
    unique: the API refuses a second row of the same natural key, so that sending it again can do
        no harm: a refusal then means that the first call had its effect.
    append: every call makes a new row (notes); the journal is the only memory.
    settles: seconds until a row just written can be found by its natural key.
    columns: what this write can carry; all that are not readonly, where empty.
    whole: columns that must be sent with every update, changed or not.
    together: columns of which the API takes none alone: with one that is written, those of its
        group go that have a value.
    follows: by column, another one: where that is written, this one goes with it, changed or not.
    shows: the reply has the row as it is then, so that a column which it shows as it was before,
        or without a value, was not written.
    defaults: values that the API gives a new row by itself, and that are not sent for one: should
        the row turn out to exist, they would change it.
    doubts: a pure function of a row as it was sent and the reply of a success, that says why it
        was none, "" where it was one: the row was there already, though it was not found.
    notice: words for a person about what else the write changes, by a column that is written.
    path: what it names of the row is not in the body.
    id_at: where the reply has the id of the row made; `wrap`.id where empty. It is read as the key
        column reads it, where that has the same path.
    undo: words for a person when the inverse is not simply the opposite verb.

    Of a write that takes many rows at once:
    send: a flow that is given up to `batch` rows, in wire form and with what they need, and
        returns an outcome for each. per: rows that share a value of this column count as one.
    calls: how many calls such a flow makes for a batch.
    least: fewest rows for which it is meant. needs: values of other tables that go with each row.
    takes: a pure function of a row's before-image (None for a new row) and its new values, by
        column name, that says whether this write means the same for it as the single one does.
        It is asked again once the needs are read, which are among the values then.
    finish: where the API does the work later, a flow that waits for the job an outcome's `ticket`
        names, and returns "done", or why it is not. Then the rows are read back: an accepted row
        that is not there is sent by the single write; but where the flow returned "unknown", since
        the job has not ended, it is unknown.
    differs: for people: what is otherwise than with single writes.
    """

    verb: str
    method: str = ""
    path: str = ""
    wrap: str = ""
    batch: int = 1
    repeatable: bool = False
    unique: bool = False
    append: bool = False
    settles: float = 0.0
    columns: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    always: Mapping[str, Any] = field(default_factory=dict)
    id_at: str = ""
    undo: str = ""
    send: Callable[[Sequence[Row]], Flow[Sequence[Outcome]]] | None = None
    per: str = ""
    least: int = 1
    needs: tuple[Need, ...] = ()
    takes: Callable[[Row | None, Row], bool] | None = None
    finish: Callable[[str], Flow[str]] | None = None
    differs: str = ""
    reply: str | None = None
    together: tuple[tuple[str, ...], ...] = ()
    follows: Mapping[str, str] = field(default_factory=dict)
    shows: bool = False
    calls: int = 1
    defaults: Mapping[str, Any] = field(default_factory=dict)
    doubts: Callable[[Row, Any], str] | None = None
    notice: Mapping[str, str] = field(default_factory=dict)

    @property
    def along(self) -> tuple[str, ...]:
        """The columns that may be sent though they do not change."""
        return (*self.whole, *(name for group in self.together for name in group), *self.follows)

    @property
    def row_at(self) -> str:
        """Where the reply has the row."""
        return self.wrap if self.reply is None else self.reply


@dataclass(frozen=True, slots=True)
class Consent:
    """Which column says whether a person is subscribed.

    subscribed: values under which the person gets messages.
    safe: what is sent for a new row that gives no value: it subscribes nobody.
    opted_in: extra body values that go with a deliberate re-subscription.
    person: what names the person for good, an address: of a column of the row, or of another
        table's row. A deleted person who comes back has another id, and the same address.
    scope: the column that says to what the person is subscribed, "" for everything.
    unseen: the API does not show who has opted out of everything, and a new row subscribes such a
        person again: so each that does needs WITH OPT IN.
    """

    column: str
    subscribed: tuple[Any, ...]
    safe: Any
    opted_in: Mapping[str, Any] = field(default_factory=dict)
    person: str | Need = ""
    scope: str = ""
    unseen: bool = False
