-- A journal as schema 2 had it, dumped from a file that its code wrote. Run 3 was pruned.
BEGIN TRANSACTION;
CREATE TABLE accounts (
    account_id INTEGER PRIMARY KEY,
    connector  TEXT NOT NULL,
    origin     TEXT NOT NULL,
    own_id     TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    UNIQUE (connector, origin, own_id)
);
INSERT INTO "accounts" VALUES(1,'activecampaign','https://acme.example','7','2026-11-22T03:12:30.034937+00:00');
CREATE TABLE hash_keys (
    name        TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL
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
INSERT INTO "operations" VALUES(1,1,1,1,1,'contacts','create','{}','{"email":"person1@example.org"}','{"email":"person1@example.org","first_name":"Ana"}',NULL,NULL,763380550,'done','',NULL,'1','',1,NULL,'2026-11-22T03:12:30.039808+00:00','2026-11-22T03:12:30.040761+00:00',NULL);
INSERT INTO "operations" VALUES(2,1,1,2,1,'contacts','create','{}','{"email":"person2@example.org"}','{"email":"person2@example.org","first_name":"Ana"}',NULL,NULL,4280489665,'unknown','',NULL,'','',1,NULL,'2026-11-22T03:12:30.039808+00:00','2026-11-22T03:12:30.040761+00:00',NULL);
INSERT INTO "operations" VALUES(3,1,1,3,1,'contacts','create','{}','{"email":"person3@example.org"}','{"email":"person3@example.org","first_name":"Ana"}',NULL,NULL,2973902268,'planned','',NULL,'','',0,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES(4,1,1,4,1,'contacts','create','{}','{"email":"person4@example.org"}','{"email":"person4@example.org","first_name":"Ana"}',NULL,NULL,2165619598,'unchanged','',NULL,'','',0,NULL,NULL,'2026-11-22T03:12:30.038673+00:00',NULL);
CREATE TABLE opt_outs (
    account_id  INTEGER NOT NULL REFERENCES accounts,
    person_hash TEXT NOT NULL,
    scope       TEXT NOT NULL,
    seen_at     TEXT NOT NULL,
    status      TEXT NOT NULL,
    PRIMARY KEY (account_id, person_hash, scope)
) WITHOUT ROWID;
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
INSERT INTO "requests" VALUES(1,1,1,NULL,'ac','2026-11-21T09:00:01.000000+00:00','GET','/api/3/contacts','',200,1,0.0,120.0,2000,'');
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
INSERT INTO "runs" VALUES(1,'script','import.sql','INSERT INTO contacts@ac SELECT * FROM people','2026-11-21T09:00:00.000000+00:00','2026-11-22T03:12:30.042755+00:00','interrupted',130,'',10985,'vm','7cfb4f76-87ba-4972-9119-b9d9dbb31a1c:3476428','',NULL,NULL);
INSERT INTO "runs" VALUES(2,'query','','','2026-11-22T03:12:30.043773+00:00','2026-11-22T03:12:30.044983+00:00','done',0,'',10985,'vm','7cfb4f76-87ba-4972-9119-b9d9dbb31a1c:3476428','',NULL,NULL);
CREATE TABLE source_sizes (
    account_id     INTEGER NOT NULL REFERENCES accounts,
    table_name     TEXT NOT NULL,
    statement_hash TEXT NOT NULL,
    rows           INTEGER NOT NULL,
    at             TEXT NOT NULL,
    PRIMARY KEY (account_id, table_name, statement_hash)
) WITHOUT ROWID;
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
INSERT INTO "statements" VALUES(1,1,'INSERT INTO contacts@ac SELECT * FROM people','insert',1,'ac','activecampaign','contacts','running','2026-11-22T03:12:30.037532+00:00',NULL,4,0,'');
CREATE TABLE trusted (
    path   TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    at     TEXT NOT NULL,
    PRIMARY KEY (path, sha256)
) WITHOUT ROWID;
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
CREATE TABLE watermarks (
    account_id INTEGER NOT NULL REFERENCES accounts,
    script     TEXT NOT NULL,
    table_name TEXT NOT NULL,
    value      TEXT NOT NULL,
    saved_at   TEXT NOT NULL,
    PRIMARY KEY (account_id, script, table_name)
) WITHOUT ROWID;
CREATE INDEX operations_by_state ON operations (run_id, statement, state);
CREATE INDEX operations_by_natural_key ON operations (account_id, table_name, natural_key);
CREATE INDEX operations_open ON operations (run_id, statement) WHERE state IN ('planned', 'sent');
CREATE INDEX operations_stored_otherwise ON operations (account_id, table_name)
    WHERE after IS NOT NULL;
CREATE INDEX requests_by_statement ON requests (run_id, statement);
CREATE INDEX unmatched_by_statement ON unmatched (run_id, statement);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('runs',3);
COMMIT;
