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


def script_key(name: str, text: str, binds: Mapping[str, Any]) -> str:
    """Return what names a script: its file's name, its text and its parameters.

    A script that was edited may want rows that it did not want before, so it begins anew.
    """
    given = sorted((key, repr(value)) for key, value in binds.items())
    told = json.dumps([name, text, given]).encode(errors="surrogatepass")
    return hashlib.sha256(told).hexdigest()


class Watermarks:
    """By account, script and table, up to which moment of the CRM's clock all changes were read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, account: int, script: str, table: str) -> dt.datetime | None:
        """Return a watermark, None where the script has not run to its end yet."""
        sql = "SELECT value FROM watermarks WHERE (account_id, script, table_name) = (?, ?, ?)"
        found = self._database.rows(sql, (account, script, table))
        return dt.datetime.fromisoformat(str(found[0][0])) if found else None

    def save(self, script: str, marks: Iterable[tuple[int, str, dt.datetime]]) -> None:
        """Keep the watermark of each account and table, all or none."""
        rows = [
            (account, script, to_text(table), at.astimezone(dt.UTC).isoformat(), now())
            for account, table, at in marks
        ]
        if rows:
            with self._database.writing("watermarks") as connection:
                connection.executemany(_SAVE, rows)
