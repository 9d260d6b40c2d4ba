"""shillelagh with an adapter as its documentation has one write it: pages become SQLite rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests
from shillelagh.adapters.base import Adapter
from shillelagh.adapters.registry import registry
from shillelagh.backends.apsw.db import connect
from shillelagh.fields import ISODateTime, String, StringInteger

from benchmarks.peers.worker import FIVE, work

SQL = 'SELECT id, email, "firstName", "lastName", cdate FROM "{url}/api/3/contacts"'


class Contacts(Adapter):
    """Contacts of ActiveCampaign, five columns of them."""

    safe = True
    supports_requested_columns = True
    id = StringInteger()
    email = String()
    firstName = String()  # noqa: N815 - the API's name
    lastName = String()  # noqa: N815 - the API's name
    cdate = ISODateTime()

    def __init__(self, uri: str) -> None:
        super().__init__()
        self.uri = uri

    @staticmethod
    def supports(uri: str, fast: bool = True, **_: Any) -> bool | None:
        """Whether this adapter reads an address."""
        return uri.endswith("/contacts") if fast else None

    @staticmethod
    def parse_uri(uri: str) -> tuple[str]:
        """Return the arguments of the adapter."""
        return (uri,)

    def get_data(self, bounds: Any, order: Any, **_: Any) -> Iterator[dict[str, Any]]:
        """Yield the rows, page by page."""
        last = "0"
        with requests.Session() as session:
            while True:
                query = {"limit": "100", "orders[id]": "ASC", "id_greater": last}
                answer = session.get(self.uri, params=query, headers={"Api-Token": "sandbox-key"})
                page = answer.json()
                for row in page["contacts"]:
                    last = row["id"]
                    yield {"rowid": int(last), **{name: row[name] for name in FIVE}}
                if len(page["contacts"]) >= int(page["meta"]["total"]):
                    return


def five(url: str) -> list[Any]:
    """Return five columns of every contact."""
    cursor = connect(":memory:", adapters=["contacts"]).cursor()
    return list(cursor.execute(SQL.format(url=url)).fetchall())


if __name__ == "__main__":
    registry.add("contacts", Contacts)
    work({"five": five})
