"""Declarations of a table: its columns, how it is read, how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.sdk.pages import Paging, Single
from sqlcrm.sdk.values import Flow, Query, Row, Type
from sqlcrm.sdk.writes import Consent, Write


@dataclass(frozen=True, slots=True)
class Sideload:
    """Related rows that a reply carries beside the rows asked for, one per custom field.

    The reply has them as a list at `name`; each has `parent` (the id of its row), `by` (which
    field) and `value`. Written, they are a list of `{by: …, value: …}` under `name` in the row.
    `ask` is the query parameter that brings them.
    """

    name: str
    ask: tuple[str, str]
    parent: str
    by: str = "field"
    value: str = "value"


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    at: path in the reply and in a write's body (`sdk/paths.py`); the name itself where empty. With
        a `sideload`, the id of the custom field. into: its path in a write's body, where that is
        another one.
    readonly: the API sets it; a statement that writes it is refused.
    write_only: the API takes it and never shows it, so nothing can be compared with it.
    nocase: the API compares it without case, so joins and IN do as well.
    nulls: wire values that mean NULL; zero-dates always do.
    aliases: other spellings that people know.
    check: "email": values are checked before they are sent.
    choices: the only values that may be written, where the API has such a list.
    default: the value an INSERT gets when it gives none.
    from_wire, to_wire: pure functions for values whose wire form is the API's own.
    normal: a pure function that brings a value to the form in which the API keeps it, so that
        other spellings of it count as equal. Raises: ValueError where it has none.
    instead: for people: what writes it to a row that exists, where an INSERT leaves that alone.
    """

    name: str
    type: Type = Type.TEXT
    at: str = ""
    readonly: bool = False
    write_only: bool = False
    nocase: bool = False
    required: bool = False
    nulls: tuple[str, ...] = ("",)
    aliases: tuple[str, ...] = ()
    check: str = ""
    choices: tuple[Any, ...] = ()
    default: Any = None
    sideload: Sideload | None = None
    from_wire: Callable[[Any], Any] | None = None
    to_wire: Callable[[Any], Any] | None = None
    doc: str = ""
    normal: Callable[[Any], Any] | None = None
    into: str = ""
    instead: str = ""

    @property
    def path(self) -> str:
        """Where the value sits in a reply's row."""
        return self.at or self.name


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that the API can apply itself.

    Promise: the API returns a superset of the rows that fulfil it; the engine checks again.
    op: "=", "<", "<=", ">", ">=", "contains" or "prefix".
    exact: the API returns just those rows, so that its total counts them.
    slack: seconds added to a timestamp before it is sent, so that a border is never missed.
    wire: a pure function from the SQL value to the parameter's text, None for "do not push".
    """

    column: str
    op: str
    param: str
    exact: bool = False
    slack: float = 0.0
    wire: Callable[[Any], str | None] | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """An order in which the API can list the rows, by a column that is a number or a time.

    Promise: the rows come as ORDER BY sorts them. The engine checks it, and reads all if not.
    query: what asks for it; it takes the place of parameters of these names in `Read.always`.
    pages: how the list is paged then, where that differs.
    """

    column: str
    descending: bool = False
    query: Query = ()
    pages: Paging | None = None


@dataclass(frozen=True, slots=True)
class Param:
    """An argument of the API that is no column: `contacts@ac(list_id => 3)`.

    Nothing can check its effect afterwards, so what an API might ignore is refused before: a
    value of another type, one below `least`, one that is not in `choices`.
    echo: where each reply says how the API understood it; another value there is an error.
    """

    name: str
    param: str
    type: Type = Type.TEXT
    required: bool = False
    least: int | None = None
    choices: tuple[Any, ...] = ()
    echo: str = ""
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Include:
    """Rows of another table that each reply of a read carries beside its own.

    Promise: a reply carries every row of `table` whose column `by` has one of the values that the
    read's own rows in it have in their column `of`. Without `of` the rows carried stand for
    themselves: each is what `by` names.
    at: where they sit in the reply. query: what asks for them, none where they come anyway.
    expects: paths that prove that they were asked for, as in Read.
    """

    table: str
    at: str
    by: str
    of: str = ""
    query: Query = ()
    expects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """One way to fetch rows of a table.

    at: where the rows sit in the reply; a single object there is one row.
    by: a column whose values this read needs: in `{name}` of the path, or as query parameter
        `param`, `batch` of them a call.
    wire: a pure function from such a value to the text of `param`, where that is more than it.
    within: a second column whose values this read needs, in `{name}` of the path: each value of
        `by` is asked for with each of these.
    over: table and column of this connector that have every value of `by`, or of `within` where
        there is one: where a statement gives none, all of them are asked for.
    csv: the reply is CSV and not JSON. A path that is nothing but `{by}` is an address in full,
        on the connector's own origin or one of its `origins`.
    always: query parameters that go with every call.
    expects: paths in each reply that prove that it was understood, `a[].b` for each of a list.
    columns: the columns this read knows; all, where empty.
    includes: tables whose rows come beside; what depends on another of them stands behind it.
    """

    path: str
    at: str
    pages: Paging = field(default_factory=Single)
    by: str = ""
    param: str = ""
    batch: int = 1
    always: Query = ()
    filters: tuple[Filter, ...] = ()
    sorts: tuple[Sort, ...] = ()
    params: tuple[Param, ...] = ()
    expects: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    includes: tuple[Include, ...] = ()
    fetch: Callable[..., Flow[Sequence[Row]]] | None = None
    wire: Callable[[Any], str] | None = None
    over: tuple[str, str] | None = None
    within: str = ""
    csv: bool = False


@dataclass(frozen=True, slots=True)
class Modified:
    """The column that moves whenever a row changes, by the API's own clock.

    lag: seconds, at the most, until the API's filter on it finds a row that has changed.
    """

    column: str
    lag: float = 0.0


@dataclass(frozen=True, slots=True)
class Table:
    """A virtual table: key columns, ways to read, ways to write.

    key: what names a row in the API's own calls. natural_key: what names it for people, by which
    an INSERT finds rows that exist. link: a row is nothing but a relation between two others.
    few: the whole list mostly fits a page or two, so that it is read rather than rows one by one.
    touches: other tables in which the API changes, makes or drops rows when this one is written;
    None where that may be any.
    modified: what tells rows that changed since an earlier run.
    optional: columns of natural_key, not its first, that a row may lack: NULL is a value there.
    each: a pure function from one object of a reply to the rows of this table that it holds,
    where that is not just itself: what lies within it, or only some of a list.
    parts: tables with a Consent whose rows go when a row of this one is deleted, and their column
    that has its key: who opted out there is remembered before.
    """

    name: str
    doc: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    reads: tuple[Read, ...]
    writes: tuple[Write, ...] = ()
    natural_key: tuple[str, ...] = ()
    more_columns: Callable[[], Flow[Sequence[Column]]] | None = None
    consent: Consent | None = None
    link: bool = False
    few: bool = False
    touches: tuple[str, ...] | None = None
    modified: Modified | None = None
    example: str = ""
    optional: tuple[str, ...] = ()
    each: Callable[[Any], Sequence[Row]] | None = None
    parts: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> Column | None:
        """Return the column called `name`, or by an alias of it, without regard to case."""
        wanted = name.casefold()
        for column in self.columns:
            if column.name.casefold() == wanted:
                return column
        for column in self.columns:
            if wanted in (alias.casefold() for alias in column.aliases):
                return column
        return None

    def within(self, objects: Sequence[Any]) -> Sequence[Any]:
        """Return the rows of this table that objects of a reply hold."""
        if self.each is None:
            return objects
        return [row for one in objects if isinstance(one, dict) for row in self.each(one)]

    def write(self, verb: str) -> Write | None:
        """Return the first declared write of this verb."""
        return next((write for write in self.writes if write.verb == verb), None)

    def carrier(self, verb: str) -> Write | None:
        """Return the write that carries single rows of a verb; an upsert serves the others too."""
        verbs = (verb,) if verb == "delete" else (verb, "upsert")
        found = (write for v in verbs for write in self.writes if write.verb == v)
        return min(found, key=lambda write: write.send is not None, default=None)
