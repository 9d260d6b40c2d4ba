"""Fetches what an Access describes, page by page."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, product
from typing import Any, Protocol, TypeAlias

from sqlcrm.errors import ShapeChanged
from sqlcrm.execution.ahead import at_once, chains, one_by_one, width
from sqlcrm.execution.listing import Ask, Listing, Page, paged_at
from sqlcrm.planner.access import Access, key_text, wire
from sqlcrm.sdk import Column, Read, Request, Response, dig
from sqlcrm.sdk.values import Flow, Verdict

PIECE = 50_000
"""Rows of a file that are decoded at once."""

Pages: TypeAlias = Generator[Page, None, None]
"""Pages as they come; closed, it asks for no more."""


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

    def rate(self, path: str) -> float | None:
        """Return how many calls a second the limits allow for `path`, None without a limit."""

    @property
    def latency(self) -> float:
        """Seconds that an answer takes, smoothed over the last ones; 0.0 before the first."""


def fetch(
    access: Access,
    columns: Sequence[Column],
    door: Door,
    where: str,
    *,
    ahead: bool = True,
    alone: bool = False,
    split: bool = True,
) -> Pages:
    """Yield the pages of an access; a `by` read goes through its keys in batches.

    ahead: whether pages are asked for before they are needed, as many at once as the rate limit
    needs; without it, no call is made in vain. alone: nothing follows the first page before it
    was taken: it may turn out to be enough. split: whether a list may be read in parts.
    Raises: ShapeChanged where a reply does not prove that it answers the question.
    """
    read = access.read
    if read.fetch is not None:
        rows = door.drive(read.fetch(access.keys, access.query))
        yield Page(rows, {read.at: rows}, None, last=True, keys=access.keys)
        return

    def wide() -> int:
        return width(door.rate(read.path), door.latency)

    def send(ask: Ask) -> AnswerLike:
        return door.send(ask.request)

    def settle(ask: Ask, answer: AnswerLike, free: int) -> tuple[Page, Iterable[Ask]]:
        if answer.verdict is Verdict.MISSING and read.by:
            return ask.of.missing()
        if answer.verdict is not Verdict.OK:
            raise ShapeChanged(f"{where}: the API refused to list it: {answer.reason}")
        return ask.of.settle(ask, answer.response, free)

    def parts(pages: int, most: int) -> int:
        return chains(pages, door.rate(read.path), door.latency, most) if split else 1

    asks = (one.begin() for one in _lists(access, columns, where, parts, ahead=ahead))
    if read.csv or not ahead:
        yield from _pieces(one_by_one(asks, send, settle))
        return
    if alone and (first := next(asks, None)) is not None:
        page, more = settle(first, send(first), 0 if len(access.keys) > read.batch else wide())
        yield page
        yield from at_once(chain(more, asks), send, settle, wide)
        return
    yield from at_once(asks, send, settle, wide)


def _pieces(pages: Iterator[Page]) -> Pages:
    """Yield pages as they are, but files in pieces."""
    for page in pages:
        if isinstance(page.rows, list | tuple):
            yield page
            continue
        for start in range(0, max(1, len(page.rows)), PIECE):
            rows = page.rows[start : start + PIECE]
            last = page.last and start + PIECE >= len(page.rows)
            yield replace(page, rows=rows, body={}, last=last, size=0 if start else page.size)


def _lists(
    access: Access,
    columns: Sequence[Column],
    where: str,
    parts: Callable[[int, int], int],
    *,
    ahead: bool,
) -> Iterator[Listing]:
    """Yield the lists that an access is made of: one, or one for each batch of keys."""
    read = access.read
    if not read.by:
        understood = partial(_understood, access, where)
        first = _request(access, columns, ())
        yield Listing(read, first, understood, where, ahead=ahead, chains=parts)
        return
    by = next((c for c in columns if c.name == read.by), None)
    wanted = [key for key in access.keys if _has_place(read, key)]
    starts = range(0, len(wanted), read.batch)
    every = list(product(access.inside if read.within else (None,), starts))
    for number, (place, start) in enumerate(every, 1):
        keys = wanted[start : start + read.batch]
        yield Listing(
            read,
            _request(access, columns, keys, place),
            _checker(read, by, keys, where),
            where,
            keys=keys,
            final=number == len(every),
            ahead=ahead,
            chains=parts,
        )


def _has_place(read: Read, key: Any) -> bool:
    """Whether a key can stand in a path at all: nothing can have an address without a name."""
    return f"{{{read.by}}}" not in read.path or wire(key) not in {"", ".", ".."}


def _understood(access: Access, where: str, page: Page) -> None:
    """Refuse a reply that says that the API understood a parameter otherwise than it was meant."""
    for path, meant in access.echoes:
        told = dig(page.body, path)
        if told is not None and str(told) != meant:
            raise ShapeChanged(f"{where}: the API read {meant!r} as {told!r} ({path})")


def _request(
    access: Access, columns: Sequence[Column], keys: Sequence[Any], place: Any = None
) -> Request:
    """Return the first request of a list. place: the value of `read.within`."""
    read = access.read
    fill = {read.within: wire(place)} if read.within else {}
    asked = dict.fromkeys(c.sideload.ask for c in columns if c.sideload is not None)
    chosen = {name for name, _ in access.query}  # a pushed condition says more than `always`
    always = [pair for pair in read.always if pair[0] not in chosen]
    query = _merged((*always, *asked)) + access.query
    if not keys:
        return Request("GET", read.path, query, csv=read.csv)
    if read.path == f"{{{read.by}}}":
        return Request("GET", wire(keys[0]), query, csv=read.csv)
    if f"{{{read.by}}}" in read.path:
        fill[read.by] = wire(keys[0])
    else:
        query = (*query, *((read.param, key_text(read, key)) for key in keys))
    return Request("GET", read.path, query, fill=fill, csv=read.csv)


def _merged(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Join values of one parameter by commas: `include` may be asked for by several columns."""
    merged: dict[str, str] = {}
    for name, value in pairs:
        merged[name] = f"{merged[name]},{value}" if name in merged else value
    return tuple(merged.items())


def _checker(
    read: Read, by: Column | None, keys: Sequence[Any], where: str
) -> Callable[[Page], None]:
    """Return a check that a key lookup was understood: an ignored filter returns everybody."""
    direct = paged_at(read) == read.at or read.batch > 1
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
