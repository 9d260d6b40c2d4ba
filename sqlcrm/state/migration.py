"""Brings a file of an older schema up to date, in one transaction, after a copy of it was kept."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlcrm.state.folder import new_private_file
from sqlcrm.state.schema import SCHEMA, VERSION, created

_V1 = """
CREATE TABLE runs (
    run_id      INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('query', 'script', 'shell', 'python')),
    script      TEXT NOT NULL,
    script_text TEXT NOT NULL,
    started_at  TEXT NOT NULL,
    ended_at    TEXT,
    state       TEXT NOT NULL
                CHECK (state IN ('running', 'done', 'failed', 'interrupted', 'crashed')),
    exit_code   INTEGER,
    pid         INTEGER NOT NULL,
    host        TEXT NOT NULL,
    process     TEXT NOT NULL,
    version     TEXT NOT NULL
);
CREATE TABLE operations (
    operation_id INTEGER PRIMARY KEY,
    run_id       INTEGER NOT NULL,
    statement    INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    account_id   INTEGER NOT NULL REFERENCES accounts,
    table_name   TEXT NOT NULL,
    verb         TEXT NOT NULL
                 CHECK (verb IN ('create', 'update', 'delete', 'link', 'unlink', 'none')),
    key          TEXT NOT NULL,
    natural_key  TEXT NOT NULL,
    new_values   TEXT NOT NULL,
    before       TEXT,
    checksum     INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN
                 ('planned', 'sent', 'done', 'rejected', 'unknown', 'skipped', 'unchanged')),
    reason       TEXT NOT NULL DEFAULT '',
    same_as      INTEGER,
    remote_id    TEXT NOT NULL DEFAULT '',
    answer       TEXT NOT NULL DEFAULT '',
    attempts     INTEGER NOT NULL DEFAULT 0,
    batch        INTEGER,
    sent_at      TEXT,
    ended_at     TEXT,
    undone_by    INTEGER REFERENCES runs,
    UNIQUE (run_id, statement, number),
    FOREIGN KEY (run_id, statement) REFERENCES statements (run_id, number)
);
CREATE TABLE opt_outs (
    account_id  INTEGER NOT NULL REFERENCES accounts,
    person_hash TEXT NOT NULL,
    seen_at     TEXT NOT NULL,
    status      TEXT NOT NULL,
    PRIMARY KEY (account_id, person_hash)
) WITHOUT ROWID;
"""
"""What schema 1 had otherwise. Nothing ever wrote its opt_outs."""

_V2 = """
CREATE TABLE runs (
    run_id      INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN
                ('query', 'script', 'shell', 'python', 'resume', 'undo', 'apply')),
    script      TEXT NOT NULL,
    script_text TEXT NOT NULL,
    started_at  TEXT NOT NULL,
    ended_at    TEXT,
    state       TEXT NOT NULL
                CHECK (state IN ('running', 'done', 'failed', 'interrupted', 'crashed')),
    exit_code   INTEGER,
    error       TEXT NOT NULL DEFAULT '',
    pid         INTEGER NOT NULL,
    host        TEXT NOT NULL,
    process     TEXT NOT NULL,
    version     TEXT NOT NULL,
    of_run      INTEGER,
    statements_total INTEGER
);
"""
"""What schema 2 had otherwise."""

_NEW_IN_2 = {"operations_open", "operations_stored_otherwise", "hash_keys"}
_NEW_IN_3 = {"events", "events_pending", "events_of_person", "events_pruned"}
_EMPTY = {(1, "opt_outs")}


def known(version: int) -> dict[str, str]:
    """Return what a sound file of a schema holds: SQL by name; nothing where it never was."""
    now = created(SCHEMA)
    if version == VERSION:
        return now
    two = {name: sql for name, sql in now.items() if name not in _NEW_IN_3} | created(_V2)
    if version == 2:
        return two
    if version != 1:
        return {}
    return {name: sql for name, sql in two.items() if name not in _NEW_IN_2} | created(_V1)


def copy_of(path: Path, version: int) -> Path:
    """Return where a file of an older schema is kept."""
    return path.with_name(f"{path.name}.v{version}")


def older_copies(path: Path) -> list[Path]:
    """Return the files of older schemas that were kept."""
    return [copy for version in range(1, VERSION) if (copy := copy_of(path, version)).exists()]


def migrate(
    connection: sqlite3.Connection, path: Path, connect: Callable[[Path], sqlite3.Connection]
) -> None:
    """Make the file one of this schema, wholly or not at all.

    connect: opens a file. Raises: sqlite3.Error, OSError.
    """
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA legacy_alter_table = ON")  # else renaming changes what refers to it
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if version != VERSION:  # else another process was first
                _keep(path, version, connect)
                _rebuild(connection, version)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    finally:
        connection.execute("PRAGMA legacy_alter_table = OFF")
        connection.execute("PRAGMA foreign_keys = ON")


def _keep(path: Path, version: int, connect: Callable[[Path], sqlite3.Connection]) -> None:
    """Copy the file by SQLite: to open and close it ourselves would drop the process's locks."""
    new = new_private_file(path)
    try:
        source, target = connect(path), connect(new)
        try:
            source.backup(target)
        finally:
            source.close()
            target.close()
        new.replace(copy_of(path, version))
    finally:
        new.unlink(missing_ok=True)
        new.with_name(f"{new.name}-journal").unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _rebuild(connection: sqlite3.Connection, version: int) -> None:
    """Make anew what differs, and fill it with the old rows."""
    old, new = known(version), created(SCHEMA)
    for name in [name for name, sql in old.items() if sql != new.get(name)]:
        connection.execute(f"ALTER TABLE {name} RENAME TO old_{name}")
        connection.execute(new[name])
        if (version, name) not in _EMPTY:
            table = connection.execute(f"PRAGMA table_info(old_{name})").fetchall()
            columns = ", ".join(str(column[1]) for column in table)
            connection.execute(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM old_{name}")
        # Numbers that were given out and pruned since are not given out again.
        connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
        connection.execute(
            "UPDATE sqlite_sequence SET name = ? WHERE name = ?", (name, f"old_{name}")
        )
        connection.execute(f"DROP TABLE old_{name}")
    found = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    for name, sql in new.items():
        if name not in found:
            connection.execute(sql)
    connection.execute(f"PRAGMA user_version = {VERSION}")
