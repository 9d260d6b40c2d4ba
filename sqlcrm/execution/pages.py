"""Fetches what an Access describes, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any, Protocol

from sqlcrm.errors import ShapeChanged
from sqlcrm.execution.ahead import WIDTH, Ahead, in_order
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


def fetch(
    access: Access, columns: Sequence[Column], door: Door, where: str, *, ahead: bool = True
) -> Iterator[Page]:
    """Yield the pages of an access in order; a `by` read goes through its keys in batches.

    The first page is asked for alone; behind it, pages and batches that are known in advance are
    asked for before they are needed, unless `ahead` is false: then no call is made in vain.
    Raises: ShapeChanged where a reply does not prove that it answers the question.
    """
    read = access.read
    if read.fetch is not None:
        rows = door.drive(read.fetch(access.keys, access.query))
        yield Page(rows, {read.at: rows}, None, last=True, keys=access.keys)
        return
    if not read.by:
        listed = _List(read, door, where, ahead=ahead)
        yield from listed.pages(_request(access, columns, ()), partial(_understood, access, where))
        return
    batches = [access.keys[i : i + read.batch] for i in range(0, len(access.keys), read.batch)]
    by = next((c for c in columns if c.name == read.by), None)

    def batch(keys: Sequence[Any], *, ahead: bool) -> Iterator[Page]:
        last = keys is batches[-1]
        check = _checker(read, by, keys, where)
        listed = _List(read, door, where, ahead=ahead)
        for page in listed.pages(_request(access, columns, keys), check):
            yield Page(page.rows, page.body, page.left, page.last and last, keys)

    if not ahead or len(batches) < 2:
        for keys in batches:
            yield from batch(keys, ahead=ahead)
        return
    yield from batch(batches[0], ahead=False)
    for pages in in_order(partial(_whole, partial(batch, keys)) for keys in batches[1:]):
        yield from pages


def _understood(access: Access, where: str, page: Page) -> None:
    """Refuse a reply that says that the API understood a parameter otherwise than it was meant."""
    for path, meant in access.echoes:
        told = dig(page.body, path)
        if told is not None and str(told) != meant:
            raise ShapeChanged(f"{where}: the API read {meant!r} as {told!r} ({path})")


def _whole(batch: Callable[..., Iterator[Page]]) -> list[Page]:
    """Return all pages of a batch; the batches themselves are what is done at once."""
    return list(batch(ahead=False))


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


class _List:
    """One list, page by page. The engine, not the paging, makes sure that it ends."""

    def __init__(self, read: Read, door: Door, where: str, *, ahead: bool) -> None:
        self._read = read
        self._door = door
        self._where = where
        self._ahead = ahead

    def pages(self, first: Request, check: Callable[[Page], None]) -> Iterator[Page]:
        """Yield the pages; what `check` raises ends them."""
        paging, seen, empty = self._read.pages, set[str](), 0
        ask: Request | None = paging.first(first)
        with Ahead(self._door.send) as answers:
            while ask is not None:
                answer = answers.get(ask)
                if answer.verdict is Verdict.MISSING and self._read.by:
                    yield Page((), {}, 0, last=True)
                    return
                if answer.verdict is not Verdict.OK:
                    raise ShapeChanged(
                        f"{self._where}: the API refused to list it: {answer.reason}"
                    )
                got = answer.response
                rows = _rows(self._read, got, self._where)
                following = paging.after(ask, got, rows)
                page = Page(rows, got.body, paging.total(got), following is None)
                check(page)
                coming = self._coming(ask, got, rows, following)
                if seen:  # the first page may turn out to be enough
                    answers.expect(coming)
                yield page
                empty = empty + 1 if not rows else 0
                mark = repr(following)
                if following is not None and (mark in seen or empty >= MOST_EMPTY):
                    raise ShapeChanged(
                        f"{self._where}: the API's pages go round in a circle, "
                        "so the list is unsure"
                    )
                if not seen:
                    answers.expect(coming)
                seen.add(mark)
                ask = following

    def _coming(
        self, sent: Request, got: Response, rows: Sequence[Any], following: Request | None
    ) -> list[Request]:
        """Return the pages known in advance, the next one first."""
        if following is None or not self._ahead:
            return []
        known = chain([following], self._read.pages.ahead(sent, got, rows))
        return list(islice(known, WIDTH))


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
    return text.strip().lower() if column.nocase else text.strip()
