"""The tables of the state file. Times are UTC, ISO 8601 with `+00:00`; JSON has sorted keys."""

from __future__ import annotations

APPLICATION = 0x53514C43
"""SQLite's application_id: says that a file is ours ("SQLC")."""

VERSION = 3
"""SQLite's user_version: which schema a file has."""

SCHEMA = f"""
BEGIN;

CREATE TABLE accounts (
    account_id INTEGER PRIMARY KEY,
    connector  TEXT NOT NULL,
    origin     TEXT NOT NULL,
    own_id     TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    UNIQUE (connector, origin, own_id)
);

CREATE TABLE runs (
    run_id      INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN
                ('query', 'script', 'shell', 'python', 'resume', 'undo', 'apply', 'listen')),
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

CREATE TABLE statements (
    run_id      INTEGER NOT NULL REFERENCES runs,
    number      INTEGER NOT NULL,
    text        TEXT NOT NULL,
    verb        TEXT NOT NULL,
    account_id  INTEGER REFERENCES accounts,
    alias       TEXT NOT NULL,
    connector   TEXT NOT NULL,
    table_name  TEXT NOT NULL,
    state       TEXT NOT NULL
                CHECK (state IN ('planned', 'running', 'done', 'failed', 'skipped')),
    started_at  TEXT,
    ended_at    TEXT,
    source_rows INTEGER,
    calls       INTEGER NOT NULL DEFAULT 0,
    error       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, number)
) WITHOUT ROWID;

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
    after        TEXT,
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
    undone_by    INTEGER,
    UNIQUE (run_id, statement, number),
    FOREIGN KEY (run_id, statement) REFERENCES statements (run_id, number)
);
CREATE INDEX operations_by_state ON operations (run_id, statement, state);
CREATE INDEX operations_by_natural_key ON operations (account_id, table_name, natural_key);
CREATE INDEX operations_open ON operations (run_id, statement) WHERE state IN ('planned', 'sent');
CREATE INDEX operations_stored_otherwise ON operations (account_id, table_name)
    WHERE after IS NOT NULL;

CREATE TABLE requests (
    request_id INTEGER PRIMARY KEY,
    run_id     INTEGER NOT NULL REFERENCES runs,
    statement  INTEGER NOT NULL,
    account_id INTEGER REFERENCES accounts,
    connection TEXT NOT NULL,
    at         TEXT NOT NULL,
    method     TEXT NOT NULL,
    path       TEXT NOT NULL,
    query      TEXT NOT NULL,
    status     INTEGER,
    attempt    INTEGER NOT NULL,
    waited_ms  REAL NOT NULL,
    ms         REAL NOT NULL,
    bytes      INTEGER NOT NULL,
    error      TEXT NOT NULL
);
CREATE INDEX requests_by_statement ON requests (run_id, statement);

CREATE TABLE unmatched (
    run_id        INTEGER NOT NULL,
    statement     INTEGER NOT NULL,
    source        TEXT NOT NULL,
    target_table  TEXT NOT NULL,
    target_column TEXT NOT NULL,
    value         TEXT,
    rows          INTEGER NOT NULL,
    FOREIGN KEY (run_id, statement) REFERENCES statements (run_id, number)
);
CREATE INDEX unmatched_by_statement ON unmatched (run_id, statement);

CREATE TABLE opt_outs (
    account_id  INTEGER NOT NULL REFERENCES accounts,
    person_hash TEXT NOT NULL,
    scope       TEXT NOT NULL,
    seen_at     TEXT NOT NULL,
    status      TEXT NOT NULL,
    PRIMARY KEY (account_id, person_hash, scope)
) WITHOUT ROWID;

CREATE TABLE hash_keys (
    name        TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE watermarks (
    account_id INTEGER NOT NULL REFERENCES accounts,
    script     TEXT NOT NULL,
    table_name TEXT NOT NULL,
    value      TEXT NOT NULL,
    saved_at   TEXT NOT NULL,
    PRIMARY KEY (account_id, script, table_name)
) WITHOUT ROWID;

CREATE TABLE trusted (
    path   TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    at     TEXT NOT NULL,
    PRIMARY KEY (path, sha256)
) WITHOUT ROWID;

CREATE TABLE source_sizes (
    account_id     INTEGER NOT NULL REFERENCES accounts,
    table_name     TEXT NOT NULL,
    statement_hash TEXT NOT NULL,
    rows           INTEGER NOT NULL,
    at             TEXT NOT NULL,
    PRIMARY KEY (account_id, table_name, statement_hash)
) WITHOUT ROWID;

CREATE TABLE events (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    alias       TEXT NOT NULL,
    connector   TEXT NOT NULL,
    origin      TEXT NOT NULL,
    own_id      TEXT NOT NULL,
    type        TEXT NOT NULL,
    person      TEXT NOT NULL,
    data        TEXT NOT NULL,
    checksum    INTEGER NOT NULL,
    received_at TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'done', 'dead', 'dropped')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    error       TEXT NOT NULL DEFAULT '',
    retry_at    TEXT,
    ended_at    TEXT,
    run_id      INTEGER,
    UNIQUE (alias, connector, origin, own_id)
);
CREATE INDEX events_pending ON events (position) WHERE state = 'pending';
CREATE INDEX events_of_person ON events (person, position) WHERE state = 'pending';

CREATE TABLE events_pruned (
    digest BLOB PRIMARY KEY
) WITHOUT ROWID;

PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
COMMIT;
"""


def created(schema: str) -> dict[str, str]:
    """Return the CREATE statements of a schema by the name of what they create."""
    found = [part.strip() for part in schema.split(";")]
    return {sql.split()[2]: sql for sql in found if sql.startswith("CREATE ")}
