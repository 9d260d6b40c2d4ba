"""How far scripts have read tables: where their next run goes on."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlcrm.state.database import Database
from sqlcrm.state.values import now, to_text

_SAVE = """
INSERT INTO watermarks (account_id, script, table_name, value, saved_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET value = excluded.value, saved_at = excluded.saved_at
"""


_BETWEEN = " "
"""Between a watermark and when a young change was last seen, in one value."""


def script_key(path: str, text: str, binds: Mapping[str, Any], accounts: Iterable[int] = ()) -> str:
    """Return what names a script: its file, its text, its parameters, the accounts it is about.

    A script that was edited may want rows that it did not want before, so it begins anew; and
    what was read for one account says nothing of what another has got.
    """
    given = sorted((key, repr(value)) for key, value in binds.items())
    told = json.dumps([path, text, given, sorted(accounts)]).encode(errors="surrogatepass")
    return hashlib.sha256(told).hexdigest()


class Watermarks:
    """By account, script and table, up to which moment of the CRM's clock all changes were read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(
        self, account: int, script: str, table: str
    ) -> tuple[dt.datetime | None, dt.datetime | None]:
        """Return a watermark, and when a young change was last seen; None for what is not known."""
        sql = "SELECT value FROM watermarks WHERE (account_id, script, table_name) = (?, ?, ?)"
        found = self._database.rows(sql, (account, script, table))
        at, _, young = str(found[0][0]).partition(_BETWEEN) if found else ("", "", "")
        return (
            dt.datetime.fromisoformat(at) if at else None,
            dt.datetime.fromisoformat(young) if young else None,
        )

    def save(
        self,
        script: str,
        marks: Iterable[tuple[int, str, dt.datetime, dt.datetime | None]],
    ) -> None:
        """Keep the watermark of each account and table, all or none."""
        rows = [
            (account, script, to_text(table), _text(at) + _BETWEEN + _text(young), now())
            for account, table, at, young in marks
        ]
        if rows:
            with self._database.writing("watermarks") as connection:
                connection.executemany(_SAVE, rows)


def _text(moment: dt.datetime | None) -> str:
    return "" if moment is None else moment.astimezone(dt.UTC).isoformat()
