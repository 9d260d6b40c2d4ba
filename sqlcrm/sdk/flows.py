"""Flows that connectors build their own from."""

from __future__ import annotations

from typing import Any

from sqlcrm.errors import ShapeChanged
from sqlcrm.sdk.pages import Paging, dig
from sqlcrm.sdk.values import Flow, Request


def rows_at(body: Any, at: str, path: str = "") -> list[Any]:
    """Return the rows of a reply at `at`; a single object there is one row.

    Raises: ShapeChanged where there is neither a list nor an object: that is no empty result.
    """
    found = dig(body, at)
    if isinstance(found, list):
        return found
    if isinstance(found, dict):
        return [found]
    raise ShapeChanged(f"{path or 'the reply'} has no rows at {at!r}")


def every_page(request: Request, at: str, pages: Paging) -> Flow[list[Any]]:
    """Fetch a whole list, page by page, as decoded JSON."""
    rows: list[Any] = []
    ask: Request | None = pages.first(request)
    while ask is not None:
        got = yield ask
        page = rows_at(got.body, at, ask.path)
        rows += page
        ask = pages.after(ask, got, page)
    return rows
