"""Lists as they are paged: the envelope, its links and its totals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from msgspec import Raw

from sqlcrm.sandbox import Reply
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.wire import CURIES, PAGE, Ask, Row, answer

Shown: TypeAlias = "tuple[str, Row | Raw]"  # the address of a row, the row


def shown(row: Row) -> Shown:
    """A row with its own address."""
    return row["_links"]["self"]["href"], row


@dataclass(frozen=True, slots=True)
class Listing:
    """One list to page through: where it is, what is in it, how a row of it reads.

    `counted` lists have totals, and no `next` link on the last page. The others have a `next` link
    on every page with rows on it, so that their last page is an empty one.
    """

    path: str
    rel: str
    numbers: Sequence[int]
    render: Callable[[int], Shown]
    counted: bool = True
    link_rel: str = ""


def page(store: Store, ask: Ask, listing: Listing) -> Reply:
    """The page that was asked for; past the end it is empty, and still a page."""
    per_page = min(ask.number("per_page", PAGE), PAGE)
    number = ask.number("page", 1)
    total, picked = _pick(store, listing.numbers, (number - 1) * per_page, per_page)
    picks = [listing.render(one) for one in picked]
    rows = [row for _, row in picks]
    here = f"{ask.base}{listing.path}"
    links: Row = {"self": {"href": here}}
    pages = -(-total // per_page)
    if rows and (number < pages or not listing.counted):
        links["next"] = {"href": _next(store, ask, listing, number)}
    links[listing.link_rel or listing.rel] = [{"href": href} for href, _ in picks]
    links["curies"] = CURIES
    body: Row = {"page": number, "per_page": per_page}
    if listing.counted:
        body |= {"total_pages": pages, "total_records": total}
    return answer({**body, "_links": links, "_embedded": {listing.rel: rows}})


def _pick(
    store: Store, numbers: Sequence[int], start: int, per_page: int
) -> tuple[int, Sequence[int]]:
    """(how many there are, those of one page), without the row that is hidden at the moment."""
    total = len(numbers)
    if store.drift is None or total < 2:
        return total, numbers[start : start + per_page]
    hole = int(store.drift * total)
    places = range(start, min(start + per_page, total - 1))
    return total - 1, [numbers[place + (place >= hole)] for place in places]


def _next(store: Store, ask: Ask, listing: Listing, number: int) -> str:
    if not (store.switches.loop_next and listing.path == "/people"):
        number += 1
    href = f"{ask.next_base or ask.base}{listing.path}?page={number}"
    if "per_page" in ask.params:
        href += f"&per_page={quote(ask.params['per_page'])}"
    if "filter" in ask.params and store.switches.next_filter:
        href += f"&filter={quote(ask.params['filter'])}"
    return href
