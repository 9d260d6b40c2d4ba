"""A server of canned contacts: the sandbox's own pages, rendered before they are asked for.

The sandbox builds each page when it is asked for, and a million people take it gigabytes. Where a
client's speed or memory is measured, this one stands in: the same addresses, parameters and shape
of reply, rows made of a thousand of the sandbox's people over and over, with ids 1 to N. It knows
lists of contacts by id, nothing else, and refuses any parameter that it does not know.

Run as a program it serves until it is ended, and prints its address when it is ready.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast
from urllib.parse import parse_qsl

from benchmarks.sandboxes import KEY, Served, started

PEOPLE = 1000  # of the sandbox, that all rows are made of
CACHED = 1500  # pages kept rendered; a longer list is rendered anew, at about 0.1 ms a page
HERE = "@@id@@"
KNOWN = {"limit", "offset", "id_greater", "id_less", "orders[id]", "include", "status"}
REFUSED = b'{"message":"the canned server does not know this"}'


@contextmanager
def canned(rows: int) -> Iterator[Served]:
    """Serve so many contacts from a process of its own."""
    with started("benchmarks.canned", f"--rows={rows}") as served:
        yield served


def _templates() -> list[list[bytes]]:
    """Return the sandbox's contacts, each cut where its id stands."""
    from sqlcrm.sandbox import Call, Options, available
    from sqlcrm_activecampaign.sandbox.wire import php

    crm = available()["activecampaign"].build(Options(PEOPLE, limits="off"))
    found = []
    for offset in range(0, PEOPLE, 100):
        query = f"limit=100&orders[id]=ASC&offset={offset}"
        call = Call("GET", "/api/3/contacts", query, [(b"api-token", KEY.encode())])
        found += json.loads(crm.handle(call).body)["contacts"]
    for row in found:
        local, _, domain = row["email"].partition("@")
        own = f"/contacts/{row['id']}/"
        links = {
            key: url.replace(own, f"/contacts/{HERE}/") for key, url in dict(row["links"]).items()
        }
        row |= {"id": HERE, "email": f"{local}.{HERE}@{domain}", "links": links}
    return [php(row).split(HERE.encode()) for row in found]


class Contacts:
    """The one list there is, and what was asked of it."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.calls = 0
        self.connections = set[int]()
        self.accepted = 0
        self._templates = _templates()
        self._page = lru_cache(CACHED)(self._rendered)

    def answer(self, path: str, query: dict[str, str], connection: int) -> tuple[int, bytes]:
        """Return the status and the body for a call; the counters begin anew when asked for."""
        if path == "/_sandbox/counters":
            counters = {"calls": self.calls, "connections": len(self.connections)}
            self.calls, self.connections = 0, set()
            return 200, json.dumps(counters).encode()
        self.calls += 1
        self.connections.add(connection)
        if path == "/api/3/users/me":
            links = {"notes": "https://canned.activehosted.com/api/3/users/1/notes"}
            return 200, json.dumps({"user": {"id": "1", "email": "", "links": links}}).encode()
        if path == "/api/3/fields":
            return 200, b'{"fieldOptions":[],"fieldRels":[],"fields":[],"meta":{"total":"0"}}'
        if path == "/api/3/contacts" and not query.keys() - KNOWN:
            return 200, self._list(query)
        return 400, REFUSED

    def _list(self, query: dict[str, str]) -> bytes:
        low = int(query.get("id_greater", 0)) + 1
        high = min(int(query.get("id_less", self.rows + 1)) - 1, self.rows)
        limit, offset = min(int(query.get("limit", 20)), 100), int(query.get("offset", 0))
        total = max(high - low + 1, 0)
        count = max(min(limit, total - offset), 0)
        if query.get("orders[id]") == "DESC":
            page = self._page(high - offset, -count)
        else:
            page = self._page(low + offset, count)
        return b'{"scoreValues":[],"contacts":[%s],"meta":%s}' % (page, _meta(total, limit, offset))

    def _rendered(self, first: int, count: int) -> bytes:
        """Render so many rows from an id on, downwards where the count is negative."""
        step = 1 if count >= 0 else -1
        size = len(self._templates)
        return b",".join(
            str(key).encode().join(self._templates[key % size])
            for key in range(first, first + count, step)
        )


def _meta(total: int, limit: int, offset: int) -> bytes:
    understood = {
        **dict.fromkeys(("segmentid", "formid", "listid", "tagid", "seriesid", "waitid"), 0),
        "limit": limit,
        "offset": offset,
        "search": None,
        "sort": None,
        "status": -1,
        "forceQuery": 0,
        "cacheid": "0" * 32,
    }
    meta = {"total": str(total), "sortable": True, "page_input": understood}
    return json.dumps(meta, separators=(",", ":")).encode()


class _Connection(asyncio.Protocol):
    """HTTP/1.1 of GETs that stay connected: as much of it as the clients here need."""

    def __init__(self, contacts: Contacts) -> None:
        self._contacts = contacts
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        raw: Any = transport.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._contacts.accepted += 1
        self._number = self._contacts.accepted

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            path, _, query = head.split(b" ", 2)[1].decode().partition("?")
            status, body = self._contacts.answer(path, dict(parse_qsl(query)), self._number)
            start = (
                b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            )
            self._transport.write(start % (status, len(body)) + body)


async def _serve(rows: int) -> None:
    contacts = Contacts(rows)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(contacts), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, required=True)
    asyncio.run(_serve(options.parse_args().rows))
