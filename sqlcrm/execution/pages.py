"""Fetches what an Access describes, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlcrm.errors import ShapeChanged
from sqlcrm.planner.access import Access, wire
from sqlcrm.sdk import Column, Cursor, NextLink, Read, Request, Response, dig, rows_at
from sqlcrm.sdk.values import Flow, Verdict

MOST_EMPTY = 3
"""Empty pages in a row before a list that still promises more is taken for broken."""


class AnswerLike(Protocol):
    """What came of one Request (transport.Answer)."""

    @property
    def response(self) -> Response:
        """The answer itself."""

    @property
    def verdict(self) -> Verdict:
        """What it means."""

    @property
    def reason(self) -> str:
        """The API's words."""


class Door(Protocol):
    """The connection's way out (transport.Client)."""

    def send(self, request: Request) -> AnswerLike:
        """Send one request, retried and limited as its connection asks."""

    def drive(self, flow: Flow[Any]) -> Any:
        """Run a flow to its end."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the rows, the whole reply for what lies beside them, and the total if told.

    left: rows of this list from this page on, as the reply says; None where it does not.
    last: whether the list ends here. keys: those that were asked for.
    """

    rows: Sequence[Any]
    body: Any
    left: int | None
    last: bool
    keys: Sequence[Any] = ()


def fetch(access: Access, columns: Sequence[Column], door: Door, where: str) -> Iterator[Page]:
    """Yield the pages of an access, lazily; a `by` read goes through its keys in batches.

    Raises: ShapeChanged where a reply does not prove that it answers the question.
    """
    read = access.read
    if read.fetch is not None:
        rows = door.drive(read.fetch(access.keys, access.query))
        yield Page(rows, {read.at: rows}, None, last=True, keys=access.keys)
        return
    if not read.by:
        yield from _list(read, _request(access, columns, ()), door, where, lambda _: None)
        return
    batches = [access.keys[i : i + read.batch] for i in range(0, len(access.keys), read.batch)]
    by = next((c for c in columns if c.name == read.by), None)
    for number, keys in enumerate(batches):
        request = _request(access, columns, keys)
        last = number == len(batches) - 1
        for page in _list(read, request, door, where, _checker(read, by, keys, where)):
            yield Page(page.rows, page.body, page.left, page.last and last, keys)


def _request(access: Access, columns: Sequence[Column], keys: Sequence[Any]) -> Request:
    read = access.read
    asked = dict.fromkeys(c.sideload.ask for c in columns if c.sideload is not None)
    query = _merged((*read.always, *asked)) + access.query
    if not keys:
        return Request("GET", read.path, query)
    if f"{{{read.by}}}" in read.path:
        return Request("GET", read.path, query, fill={read.by: wire(keys[0])})
    return Request("GET", read.path, (*query, *((read.param, wire(key)) for key in keys)))


def _merged(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Join values of one parameter by commas: `include` may be asked for by several columns."""
    merged: dict[str, str] = {}
    for name, value in pairs:
        merged[name] = f"{merged[name]},{value}" if name in merged else value
    return tuple(merged.items())


def _list(
    read: Read,
    first: Request,
    door: Door,
    where: str,
    check: Callable[[Page], None],
) -> Iterator[Page]:
    """Yield one list's pages. The engine, not the paging, makes sure that it ends."""
    ask: Request | None = read.pages.first(first)
    seen: set[str] = set()
    empty = 0
    while ask is not None:
        answer = door.send(ask)
        if answer.verdict is Verdict.MISSING and read.by:
            yield Page((), {}, 0, last=True)
            return
        if answer.verdict is not Verdict.OK:
            raise ShapeChanged(f"{where}: the API refused to list it: {answer.reason}")
        got = answer.response
        rows = _rows(read, got, where)
        following = read.pages.after(ask, got, rows)
        page = Page(rows, got.body, read.pages.total(got), following is None)
        check(page)
        yield page
        empty = empty + 1 if not rows else 0
        mark = repr(following)
        if following is not None and (mark in seen or empty >= MOST_EMPTY):
            raise ShapeChanged(
                f"{where}: the API's pages go round in a circle, so the list is unsure"
            )
        seen.add(mark)
        ask = following


def _rows(read: Read, got: Response, where: str) -> Sequence[Any]:
    from sqlcrm.execution.decode import check_expected

    check_expected(got.body, read.expects, where)
    parents = _paged(read)
    if parents != read.at and dig(got.body, read.at) is None and dig(got.body, parents) == []:
        return ()  # no parents, so nothing beside them
    return rows_at(got.body, read.at, where)


def _paged(read: Read) -> str:
    """Return where the rows sit by which a list is paged; they may be parents of the rows."""
    if isinstance(read.pages, Cursor | NextLink):
        return read.at
    return str(getattr(read.pages, "at", read.at))


def _checker(
    read: Read, by: Column | None, keys: Sequence[Any], where: str
) -> Callable[[Page], None]:
    """Return a check that a key lookup was understood: an ignored filter returns everybody."""
    direct = _paged(read) == read.at or read.batch > 1
    if by is None or not read.param or not direct or by.sideload is not None:
        return lambda _: None
    asked = {_folded(wire(key), by) for key in keys}

    def check(page: Page) -> None:
        values = [dig(row, by.path) for row in page.rows if isinstance(row, dict)]
        told = {_folded(str(value), by) for value in values if value is not None}
        # A single stranger may be the API's wider idea of equality; DuckDB compares again.
        if told and not told & asked:
            raise ShapeChanged(
                f"{where}: asked for {len(asked)} values of {by.name}, the API sent only others: "
                "it seems to have ignored the filter"
            )

    return check


def _folded(text: str, column: Column) -> str:
    return text.strip().casefold() if column.nocase else text.strip()
