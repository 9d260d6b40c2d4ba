"""What most routes share: finding things, pages of them, saving what was sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlcrm.sandbox import Call, Reply
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.wire import (
    Row,
    encode,
    links,
    listing,
    missing,
    page_number,
    pages,
)

Handler = Callable[[Store, Call, tuple[str, ...]], Reply]
Routes = dict[str, Handler]


def find(store: Store, table: str, slug: str) -> Row:
    """The row with a slug. Raises: Refused (404)."""
    row = store[table].named(slug)
    if row is None:
        raise missing()
    return row


def page_of(
    store: Store,
    call: Call,
    name: str,
    items: Sequence[int],
    render: Callable[[int], bytes],
    parent: Row | None = None,
) -> Reply:
    """One page of a list; only the rows on it are made. `items` are ids."""
    hidden = store.hidden.get(name)
    if hidden is not None:
        items = [key for key in items if key != hidden]
    size = store.switches.page_size
    page, last = page_number(call), pages(len(items), size)
    shown = items[(page - 1) * size : page * size]
    return listing(name, [render(key) for key in shown], links(page, last), parent)


def rows_page(
    store: Store,
    call: Call,
    name: str,
    found: Sequence[Row],
    shape: Callable[[Store, Row], Row],
    parent: Row | None = None,
) -> Reply:
    """One page of rows of a small collection."""
    by_id = {row["id"]: row for row in found}
    return page_of(
        store, call, name, list(by_id), lambda key: encode(shape(store, by_id[key])), parent
    )


def save(row: Row, sent: Row, names: Sequence[str]) -> None:
    """Take over what was sent of these fields; others are ignored, as unknown ones are."""
    row.update({name: sent[name] for name in names if name in sent})
