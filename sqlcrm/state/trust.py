"""Which configuration files the user trusts: they can run commands and send secrets."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlcrm.errors import ConfigurationError
from sqlcrm.state.journal import Journal
from sqlcrm.state.values import now, to_text


class Trust:
    """Remembered trust in files, by place and content: a file that changed is a new one."""

    def __init__(self, journal: Journal) -> None:
        self._database = journal.database

    def is_trusted(self, path: Path) -> bool:
        """Whether this file, with what it holds now, was trusted."""
        sql = "SELECT 1 FROM trusted WHERE path = ? AND sha256 = ?"
        return bool(self._database.rows(sql, _seal(path)))

    def trust(self, path: Path) -> None:
        """Remember the file as it is now."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO trusted VALUES (?, ?, ?) "
                "ON CONFLICT (path, sha256) DO UPDATE SET at = excluded.at",
                (*_seal(path), now()),
            )


def _seal(path: Path) -> tuple[str, str]:
    """Return the file's real path and the hash of its content."""
    try:
        real = path.resolve(strict=True)
        return to_text(str(real)), hashlib.sha256(real.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror}).") from error
