-- A journal as schema 1 had it, dumped from a file that its code wrote.
BEGIN TRANSACTION;
CREATE TABLE accounts (
    account_id INTEGER PRIMARY KEY,
    connector  TEXT NOT NULL,
    origin     TEXT NOT NULL,
    own_id     TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    UNIQUE (connector, origin, own_id)
);
INSERT INTO "accounts" VALUES(1,'fake','https://acme.example','7','2026-11-22T00:01:38.433110+00:00');
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
INSERT INTO "operations" VALUES(1,1,1,1,1,'contacts','create','{}','{"email":"a1@x.org"}','{"email":"a1@x.org","first_name":"Ána"}',NULL,3082590176,'done','',NULL,'11','made',1,NULL,'2026-11-22T00:01:38.438708+00:00','2026-11-22T00:01:38.440099+00:00',NULL);
INSERT INTO "operations" VALUES(2,1,1,2,1,'contacts','create','{}','{"email":"a2@x.org"}','{"email":"a2@x.org","first_name":"Ána"}',NULL,2091900174,'unknown','cut',NULL,'','',1,NULL,'2026-11-22T00:01:38.438708+00:00','2026-11-22T00:01:38.440099+00:00',NULL);
INSERT INTO "operations" VALUES(3,1,1,3,1,'contacts','create','{}','{"email":"a3@x.org"}','{"email":"a3@x.org","first_name":"Ána"}',NULL,2358122859,'unchanged','as it is',NULL,'','',0,NULL,NULL,'2026-11-22T00:01:38.437120+00:00',NULL);
INSERT INTO "operations" VALUES(4,1,1,4,1,'contacts','create','{}','{"email":"a4@x.org"}','{"email":"a4@x.org","first_name":"Ána"}',NULL,838356627,'planned','',NULL,'','',0,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES(5,1,1,5,1,'contacts','update','{"id":"5"}','{"email":"a5@x.org"}','{"email":"a5@x.org","first_name":"Ána"}','{"first_name":"Bo"}',1833795369,'done','',NULL,'','',1,NULL,'2026-11-22T00:01:38.438708+00:00','2026-11-22T00:01:38.440099+00:00',NULL);
INSERT INTO "operations" VALUES(6,2,1,1,1,'notes','create','{}','{}','{"email":"a1@x.org","first_name":"Ána"}',NULL,788887701,'sent','',NULL,'','',1,NULL,'2026-11-22T00:01:38.449844+00:00',NULL,NULL);
CREATE TABLE opt_outs (
    account_id  INTEGER NOT NULL REFERENCES accounts,
    person_hash TEXT NOT NULL,
    seen_at     TEXT NOT NULL,
    status      TEXT NOT NULL,
    PRIMARY KEY (account_id, person_hash)
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
INSERT INTO "requests" VALUES(1,1,1,1,'','2026-11-22T00:01:38.440144+00:00','POST','/contacts','',201,1,0.0,0.0,0,'');
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
INSERT INTO "runs" VALUES(1,'script','job.sql','INSERT …','2026-11-22T00:01:38.434434+00:00','2026-11-22T00:01:38.444262+00:00','interrupted',130,16931,'old-machine','boot:1','0.1');
INSERT INTO "runs" VALUES(2,'query','','INSERT','2026-11-22T00:01:38.445518+00:00',NULL,'running',NULL,16931,'old-machine','boot:1','0.1');
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
INSERT INTO "statements" VALUES(1,1,'INSERT …','insert',1,'crm','fake','contacts','failed','2026-11-22T00:01:38.435815+00:00','2026-11-22T00:01:38.442927+00:00',5,3,'cut');
INSERT INTO "statements" VALUES(2,1,'INSERT','insert',1,'','','','running','2026-11-22T00:01:38.447087+00:00',NULL,1,0,'');
CREATE TABLE trusted (
    path   TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    at     TEXT NOT NULL,
    PRIMARY KEY (path, sha256)
) WITHOUT ROWID;
INSERT INTO "trusted" VALUES('/home/ana/t.toml','2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881','2026-11-22T00:01:38.451465+00:00');
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
INSERT INTO "unmatched" VALUES(1,1,'p.csv','contacts','email','x@x.org',1);
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
CREATE INDEX requests_by_statement ON requests (run_id, statement);
CREATE INDEX unmatched_by_statement ON unmatched (run_id, statement);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('runs',2);
COMMIT;
