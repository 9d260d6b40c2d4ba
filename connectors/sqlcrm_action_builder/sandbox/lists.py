"""Lists as pages: 25 rows at most, `total_pages` and no total of rows, a link to the next page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from sqlcrm.sandbox import Call, Reply
from sqlcrm_action_builder.sandbox.network import Network, curies
from sqlcrm_action_builder.sandbox.wire import Query, Row, raw, text, window

Item = TypeVar("Item")


def page(
    network: Network, call: Call, key: str, rows: Sequence[Item], shown: Callable[[Item], str]
) -> Reply:
    """One page of a list; `key` is what its rows are embedded under."""
    query = Query(call.query)
    number, size = query.page()
    hidden = _hidden(network, len(rows))
    pages = -(-(len(rows) - (hidden is not None)) // size)
    found = window(rows, (number - 1) * size, number * size, hidden)
    embedded = ",".join([shown(row) for row in found])
    body = f'{{"page":{number},"per_page":{size},"total_pages":{pages}'
    if pages or network.switches.empty_embedded:
        body += f',"_embedded":{{"{key}":[{embedded}]}}'
    links = _links(network, call, query, number + 1 if number < pages else 0)
    return raw(f'{body},"_links":{text(links)}}}'.encode())


def encoded(make: Callable[[Item], Row]) -> Callable[[Item], str]:
    """The rows of a list as JSON, one by one."""
    return lambda item: text(make(item))


def _hidden(network: Network, count: int) -> int | None:
    """The place of the row that is out of sight at the moment (fault `drift`)."""
    if network.hidden is None or count < 2:
        return None
    return int(network.hidden.random() * count)


def _links(network: Network, call: Call, query: Query, following: int) -> Row:
    own = f"{network.origin}{call.path}"
    links: Row = {"self": {"href": f"{own}?{call.query}" if call.query else own}}
    if following:
        origin = network.next_origin or network.origin
        values = urlencode({**query.values, "page": following})
        links["next"] = {"href": f"{origin}{call.path}?{values}"}
    links["curies"] = curies()
    return links
