"""Who has opted out: remembered by a keyed hash, so that the file names nobody."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from sqlcrm.state.database import Database
from sqlcrm.state.secret import HashKey
from sqlcrm.state.values import now

_AMONG = """
SELECT person_hash, status FROM opt_outs
WHERE account_id = ? AND person_hash IN (SELECT value FROM json_each(?))
"""
_REMEMBER = """
INSERT INTO opt_outs (account_id, person_hash, scope, seen_at, status) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at, status = excluded.status
"""

Person = tuple[str, str]
"""What names a person for good (an address, "contact_id 17"), and to what they subscribed."""


class OptOuts:
    """The memory of those who do not want to be written to, by account."""

    def __init__(self, database: Database, key: HashKey) -> None:
        self._database = database
        self._key = key

    def remember(self, account: int, seen: Iterable[tuple[str, str, str]]) -> None:
        """Keep person, scope and status. What is known already costs no write."""
        named = {self._hash(account, person, scope): (scope, s) for person, scope, s in seen}
        known = self._known(account, list(named))
        at = now()
        rows = [
            (account, hashed, scope, at, status)
            for hashed, (scope, status) in named.items()
            if known.get(hashed) != status
        ]
        if rows:
            with self._database.writing("opt_outs") as connection:
                connection.executemany(_REMEMBER, rows)

    def among(self, account: int, people: Iterable[Person]) -> dict[Person, str]:
        """Return the status of those who have opted out, by person and scope as they were given."""
        if not self.any(account):
            return {}
        named = {person: self._hash(account, *person) for person in people}
        known = self._known(account, list(named.values()))
        return {person: known[hashed] for person, hashed in named.items() if hashed in known}

    def any(self, account: int) -> bool:
        """Whether anybody of this account is known to have opted out."""
        sql = "SELECT 1 FROM opt_outs WHERE account_id = ? LIMIT 1"
        return bool(self._database.rows(sql, (account,)))

    def forget(self, account: int, people: Iterable[Person]) -> None:
        """Drop these, after each has deliberately opted in again; unknown ones cost no write."""
        if not self.any(account):
            return
        named = {self._hash(account, *person): person[1] for person in people}
        rows = [(account, hashed, named[hashed]) for hashed in self._known(account, list(named))]
        if not rows:
            return
        with self._database.writing("opt_outs") as connection:
            connection.executemany(
                "DELETE FROM opt_outs WHERE account_id = ? AND person_hash = ? AND scope = ?", rows
            )

    def _hash(self, account: int, person: str, scope: str) -> str:
        return self._key.hash(account, scope, person.strip().casefold())

    def _known(self, account: int, hashes: Sequence[str]) -> dict[str, str]:
        return dict(self._database.rows(_AMONG, (account, json.dumps(hashes))))
