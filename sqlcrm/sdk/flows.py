"""Flows that connectors build their own from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from sqlcrm.errors import ShapeChanged
from sqlcrm.sdk.pages import Paging
from sqlcrm.sdk.paths import dig
from sqlcrm.sdk.values import Flow, Outcome, Request, Response, Row


def rows_at(body: Any, at: str, path: str = "") -> Sequence[Any]:
    """Return the rows of a reply at `at`; a single object there is one row.

    Raises: ShapeChanged where there is neither a list nor an object: that is no empty result.
    """
    found = dig(body, at)
    if isinstance(found, Sequence) and not isinstance(found, str):
        return found
    if isinstance(found, dict):
        return [found]
    raise ShapeChanged(f"{path or 'the reply'} has no rows at {at!r}")


def page_rows(got: Response, at: str, pages: Paging, path: str = "") -> Sequence[Any]:
    """Return the rows of a page; none where the reply itself counts none and leaves them out.

    Raises: ShapeChanged.
    """
    none = getattr(pages, "none", None)
    if none is not None and dig(got.body, at) is None and none(got):
        return []
    return rows_at(got.body, at, path)


def every_page(request: Request, at: str, pages: Paging) -> Flow[list[Any]]:
    """Fetch a whole list, page by page, as decoded JSON."""
    rows: list[Any] = []
    ask: Request | None = pages.first(request)
    while ask is not None:
        got = yield ask
        page = page_rows(got, at, pages, ask.path)
        rows += page
        ask = pages.after(ask, got, page)
    return rows


def matched(
    rows: Sequence[Row],
    results: Any,
    key: Callable[[Any], Hashable],
    told: Callable[[Any], Outcome],
) -> list[Outcome]:
    """Return what became of each row of a batch, by the result of the same key, never by its place.

    results: as the reply has them; one that is no result of a row is passed over.
    key: what names a row, and its result. told: the outcome that a result stands for.
    A row whose key not exactly one result has, or another row has too, is unknown.
    """
    by_key = _grouped(results if isinstance(results, list) else [results], key)
    keys = [key(row) for row in rows]
    times = Counter(keys)
    outcomes = []
    for one in keys:
        found = by_key.get(one, [])
        if times[one] > 1:
            outcomes.append(Outcome("unknown", "two rows of the batch have the same key"))
        elif len(found) != 1:
            words = f"mentions it {len(found)} times" if found else "does not mention it"
            outcomes.append(Outcome("unknown", f"the reply {words}"))
        else:
            outcomes.append(told(found[0]))
    return outcomes


def _grouped(results: Iterable[Any], key: Callable[[Any], Hashable]) -> dict[Hashable, list[Any]]:
    """Return results by their key, without those that have none."""
    found: dict[Hashable, list[Any]] = {}
    for result in results:
        with suppress(AttributeError, LookupError, TypeError, ValueError):
            found.setdefault(key(result), []).append(result)
    return found
