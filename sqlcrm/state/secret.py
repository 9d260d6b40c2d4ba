"""The key of hashes that stand for people: 32 random bytes beside the journal, made once."""

from __future__ import annotations

import hmac
import json
import os
import secrets
from pathlib import Path

from sqlcrm.errors import JournalProblem
from sqlcrm.state.database import Database
from sqlcrm.state.folder import make_private_folder, new_private_file, publish

_NAME = "opt-outs.key"
_SIZE = 32


class HashKey:
    """Turns what names a person into a hash that only this key can make again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._path = database.path.with_name(_NAME)
        self._key: bytes | None = None

    def exists(self) -> bool:
        """Whether anything was ever hashed; the key itself may be lost."""
        return bool(self._database.rows("SELECT 1 FROM hash_keys WHERE name = ?", (_NAME,)))

    def hash(self, *parts: str | int) -> str:
        """Return the keyed hash (HMAC-SHA256) of the parts.

        Raises: JournalProblem where the key is lost, or is not the one that was used before.
        """
        if self._key is None:
            self._key = self._load()
        return _hash(self._key, *parts)

    def _load(self) -> bytes:
        """Return the key, made where nothing was ever hashed."""
        known = self._database.rows("SELECT fingerprint FROM hash_keys WHERE name = ?", (_NAME,))
        try:
            if not known and not self._path.exists():
                _make(self._path)
            key = self._path.read_bytes()
        except FileNotFoundError as error:
            raise self._problem("is missing") from error
        except OSError as error:
            raise self._problem(f"cannot be used ({error.strerror or error})") from error
        if len(key) != _SIZE:
            raise self._problem("is damaged")
        fingerprint = _hash(key, "fingerprint")
        if not known:
            with self._database.writing("hash_key") as connection:
                sql = "INSERT INTO hash_keys VALUES (?, ?) ON CONFLICT DO NOTHING"
                connection.execute(sql, (_NAME, fingerprint))
            sql = "SELECT fingerprint FROM hash_keys WHERE name = ?"
            known = self._database.rows(sql, (_NAME,))
        if known[0][0] != fingerprint:
            raise self._problem("is not the one that the journal was made with")
        return key

    def _problem(self, what: str) -> JournalProblem:
        return JournalProblem(
            f"The key {self._path} {what}: without it nobody can tell who has opted out, so "
            "nothing is written. Restore it from a backup."
        )


def _hash(key: bytes, *parts: str | int) -> str:
    return hmac.digest(key, json.dumps(parts).encode(), "sha256").hex()


def _make(path: Path) -> None:
    """Make the key, whole or not at all; of two processes, the first one's stays."""
    make_private_folder(path.parent)
    new = new_private_file(path)
    try:
        with new.open("r+b") as file:
            file.write(secrets.token_bytes(_SIZE))
            file.flush()
            os.fsync(file.fileno())
        publish(new, path)
    finally:
        new.unlink(missing_ok=True)
