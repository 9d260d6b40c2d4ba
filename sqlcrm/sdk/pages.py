"""Paging as pure values: what to ask first, and what to ask after each answer.

`Paging.after` returns None only on the API's own end mark, and raises ShapeChanged where an API
stops without one: a scan that merely ran dry is never taken for a complete one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlcrm.errors import ShapeChanged
from sqlcrm.sdk.paths import dig
from sqlcrm.sdk.values import Request, Response


class Paging(Protocol):
    """How a list is cut into pages."""

    @property
    def size(self) -> int:
        """Rows a page, at most; 0 where everything comes at once."""

    def first(self, request: Request) -> Request:
        """Return the request for the first page."""

    def after(self, sent: Request, got: Response, rows: Sequence[Any]) -> Request | None:
        """Return the request for the next page, None after the last one."""

    def ahead(self, sent: Request, got: Response, rows: Sequence[Any]) -> Iterable[Request]:
        """Return requests for pages after the next one, as far as they are known already."""

    def total(self, got: Response) -> int | None:
        """Return how many rows there are from this page on, where the reply tells it."""


def whole(value: Any) -> int | None:
    """Read a total or an id, which APIs send as a number or as a string of digits."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdigit() else None


@dataclass(frozen=True, slots=True)
class Single:
    """Everything in one reply."""

    size: int = 0

    def first(self, request: Request) -> Request:
        """Return the request itself."""
        return request

    def after(self, sent: Request, got: Response, rows: Sequence[Any]) -> Request | None:
        """Return None: there is no second page."""
        return None

    def ahead(self, sent: Request, got: Response, rows: Sequence[Any]) -> Iterable[Request]:
        """Return none: only a page tells where the next one is."""
        return ()

    def total(self, got: Response) -> int | None:
        """Return None: no total is needed."""
        return None


@dataclass(frozen=True, slots=True)
class Offset:
    """`limit` and `offset`, advanced by the rows received, since a limit may be lowered silently.

    `total_at` is where the reply says how many rows there are in all. Without it, a page with
    fewer rows than `size` is the end mark. Where it is not known whether the API tells a total,
    `sure` is false: then a reply without one goes on until an empty page.
    """

    size: int
    total_at: str = ""
    sure: bool = True
    limit: str = "limit"
    offset: str = "offset"

    def first(self, request: Request) -> Request:
        """Ask for the first `size` rows."""
        return request.with_query(**{self.limit: str(self.size), self.offset: "0"})

    def after(self, sent: Request, got: Response, rows: Sequence[Any]) -> Request | None:
        """Ask from where the rows received end."""
        seen = int(dict(sent.query)[self.offset]) + len(rows)
        if self.total_at:
            total = self.total(got)
            if total is None and self.sure:
                raise ShapeChanged(f"{sent.path}: the reply has no number at {self.total_at}")
            if total is None:
                return sent.with_query(**{self.offset: str(seen)}) if rows else None
            if seen >= total:
                return None
            if not rows:
                raise ShapeChanged(f"{sent.path}: the list ended after {seen} of {total} rows")
        elif len(rows) < self.size:
            return None
        return sent.with_query(**{self.offset: str(seen)})

    def ahead(self, sent: Request, got: Response, rows: Sequence[Any]) -> Iterator[Request]:
        """Yield the pages after the next one, where the total tells how many there are."""
        total, step = self.total(got), len(rows)
        start = int(dict(sent.query)[self.offset]) + 2 * step
        for offset in range(start, total or 0, step or 1):
            yield sent.with_query(**{self.offset: str(offset)})

    def total(self, got: Response) -> int | None:
        """Return the number at `total_at`."""
        return whole(dig(got.body, self.total_at)) if self.total_at else None


@dataclass(frozen=True, slots=True)
class PageNumber:
    """`page` and `per_page`, counted from `start`; `pages_at` or `total_at` is the end mark.

    next_at: for lists that tell neither: where a reply has the next page's address. A page
    without one, or without rows, is the last; the address itself is not followed.
    per_page: "" where the API alone decides on the size.
    """

    size: int
    pages_at: str = ""
    total_at: str = ""
    page: str = "page"
    per_page: str = "per_page"
    start: int = 1
    next_at: str = ""

    def first(self, request: Request) -> Request:
        """Ask for page `start`."""
        size = {self.per_page: str(self.size)} if self.per_page else {}
        return request.with_query(**size, **{self.page: str(self.start)})

    def after(self, sent: Request, got: Response, rows: Sequence[Any]) -> Request | None:
        """Ask for the next number, unless the reply itself says that this was the last."""
        number = int(dict(sent.query)[self.page])
        following = sent.with_query(**{self.page: str(number + 1)})
        if self.next_at:
            return following if rows and dig(got.body, self.next_at) else None
        done = number - self.start + 1
        pages = self.pages(got)
        if pages is None:
            if self.pages_at or self.total_at:
                raise ShapeChanged(f"{sent.path}: the reply does not say how many pages there are")
            pages = done if len(rows) < self.size else done + 1
        if done >= pages:
            return None
        if not rows:
            raise ShapeChanged(f"{sent.path}: page {number} of {pages} is empty")
        return following

    def none(self, got: Response) -> bool:
        """Whether the reply says that the list is empty, and so may lack it."""
        return self.pages(got) == 0

    def pages(self, got: Response) -> int | None:
        """Return how many pages there are, where the reply tells it."""
        pages = whole(dig(got.body, self.pages_at)) if self.pages_at else None
        total = self.total(got)
        return -(-total // self.size) if pages is None and total is not None else pages

    def ahead(self, sent: Request, got: Response, rows: Sequence[Any]) -> Iterator[Request]:
        """Yield the pages after the next one, where the reply tells how many there are."""
        number = int(dict(sent.query)[self.page])
        for page in range(number + 2, self.start + (self.pages(got) or 0)):
            yield sent.with_query(**{self.page: str(page)})

    def total(self, got: Response) -> int | None:
        """Return the number at `total_at`."""
        return whole(dig(got.body, self.total_at)) if self.total_at else None


@dataclass(frozen=True, slots=True)
class Cursor:
    """An opaque cursor at `at` in each reply; none, or an empty one, is the end mark."""

    size: int
    at: str
    param: str
    limit: str = "limit"

    def first(self, request: Request) -> Request:
        """Ask without a cursor."""
        return request.with_query(**{self.limit: str(self.size)})

    def after(self, sent: Request, got: Response, rows: Sequence[Any]) -> Request | None:
        """Ask with the cursor of this reply."""
        cursor = dig(got.body, self.at)
        return None if cursor in (None, "") else sent.with_query(**{self.param: str(cursor)})

    def ahead(self, sent: Request, got: Response, rows: Sequence[Any]) -> Iterable[Request]:
        """Return none: only a page tells where the next one is."""
        return ()

    def total(self, got: Response) -> int | None:
        """Return None: a cursor tells no total."""
        return None


@dataclass(frozen=True, slots=True)
class NextLink:
    """The next page's address at `at`; the transport refuses one on another origin."""

    size: int
    at: str
    limit: str = ""

    def first(self, request: Request) -> Request:
        """Ask for the list itself."""
        return request.with_query(**{self.limit: str(self.size)}) if self.limit else request

    def after(self, sent: Request, got: Response, rows: Sequence[Any]) -> Request | None:
        """Follow the reply's own address."""
        link = dig(got.body, self.at)
        return Request("GET", str(link)) if link else None

    def ahead(self, sent: Request, got: Response, rows: Sequence[Any]) -> Iterable[Request]:
        """Return none: only a page tells where the next one is."""
        return ()

    def total(self, got: Response) -> int | None:
        """Return None: a link tells no total."""
        return None
