"""A secret is nowhere to be found, and what holds people's data is for its owner only."""

import base64
import contextlib
import gc
import json
import logging
import os
import sqlite3
import stat
import subprocess
import sys
import traceback
from pathlib import Path
from urllib.parse import quote

import pytest
from fakes.ledger import Fault

from sqlcrm.errors import Error
from sqlcrm.state.schema import APPLICATION

TESTS = Path(__file__).parents[1]


def _forms(secret):
    """Return how a secret might be spelled."""
    plain = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        json.dumps(secret)[1:-1],
        secret.replace("/", "\\/"),
        base64.b64encode(plain).decode().rstrip("="),
        base64.urlsafe_b64encode(plain).decode().rstrip("="),
    }


def _found(text, secret):
    places = [text.find(form) for form in _forms(secret)]
    return [text[max(0, at - 150) : at + 60] for at in places if at >= 0]


def _clean_files(folder, secret):
    """Check every file below a folder."""
    names = []
    for path in folder.rglob("*"):
        if path.is_file():
            names.append(path.name)
            text = path.read_bytes().decode("latin-1")
            assert not _found(text, secret), path
    return names


def _leaking(crm, secret):
    """Let the CRM repeat the key that it was given, in each way that errors do."""
    words = f"the key {secret} ({quote(secret, safe='')}) may not do this; Bearer {secret}"
    body = {"message": words, "key": secret, "errors": [{"detail": words}]}
    return {
        3: Fault(status=422, body=body, headers={"X-Request-Id": secret}),
        5: Fault(status=500, body=body, headers={"X-Request-Id": secret}),
        7: Fault("cut"),
        9: Fault(status=429, body=body),
        11: Fault(status=409, body=body),
    }


def _everything(db, *more):
    """Return the repr and str of a session, of all that hangs on it, and of more."""
    seen, queue, texts = set(), [db, *more], []
    while queue:
        one = queue.pop()
        if id(one) in seen or len(seen) > 20000:
            continue
        seen.add(id(one))
        module = type(one).__module__
        if module.startswith(("sqlcrm", "fakes", "httpx", "httpcore")):
            texts.append(f"{one!r} {one}")
            queue += [found for found in gc.get_referents(one) if not isinstance(found, type)]
        elif isinstance(one, dict | list | tuple | set):
            queue += gc.get_referents(one)
    return "\n".join(texts)


@pytest.fixture
def logged():
    """Everything that any library logs, at DEBUG."""
    texts = []

    class Keep(logging.Handler):
        def emit(self, record):
            texts.append(self.format(record))

    keep, root = Keep(), logging.getLogger()
    before = root.level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    yield texts
    root.setLevel(before)
    root.removeHandler(keep)


def test_no_write_path_shows_a_secret(bench, names, canary, logged, capfd):
    """E7: insert, plan, apply, undo and resume, with an API that repeats the key in its errors."""
    plan = bench.state.parent / "the.plan"
    kept = []
    for kind in ("items", "upserts", "uniques", "notes", "laggy"):
        bench.warm()
        bench.crm.faults = _leaking(bench.crm, canary)
        kept.append(bench.insert(kind, names(12)))
    db = bench.db
    bench.crm.clear()
    kept.append(bench.insert("items", names(5)))
    made = db.plan("update items@crm set note = 'new' where true")
    made.save(plan)
    bench.crm.faults = _leaking(bench.crm, canary)
    kept += [made, db.load_plan(plan)]
    for act in (kept[-1].apply, lambda: db.undo(db.session.last_run).apply(), db.resume):
        try:
            kept.append(act())
        except Error as error:
            kept.append(error)
    shown = [*map(str, kept), *made.lines()]
    for sql in ("runs", "operations", "requests", "rejected", "unmatched", "statements"):
        try:
            shown.append(str(db.execute(f"select * from {sql}@sqlcrm").fetchall()))
        except Error as error:
            shown.append(str(error))
    assert any("422" in text or "items" in text for text in logged), "logs were captured"
    assert not _found("\n".join(logged), canary)
    assert not _found(_everything(db, *kept), canary)
    out, err = capfd.readouterr()
    text = "\n".join([*shown, out, err])
    assert "***" in text, "the API's words are there, without the secret"
    assert not _found(text, canary)
    assert {"journal.sqlite3", "the.plan"} <= set(_clean_files(bench.state.parent, canary))


@pytest.mark.parametrize("kind", ["batched", "strict", "named", "jobs", "locked"])
def test_what_a_flow_says_of_its_rows_shows_no_secret(bench, names, canary, kind):
    """E7: a flow reads the API's answer itself, and hands on the words that it finds there."""
    bench.warm()
    words = f"the key {canary} may not do this"
    bench.crm.faults[1] = Fault(status=422, body={"message": words}, times=99, only="POST")
    told = bench.insert(kind, names(12))
    assert told.counts == {"rejected": 12}
    assert "may not do this" in str(told.reasons)
    assert not _found(repr(told), canary)
    _clean_files(bench.state, canary)


@pytest.mark.parametrize("status", [401, 403, 422, 500, 429])
@pytest.mark.parametrize("kind", ["items", "upserts", "batched", "jobs"])
def test_no_traceback_of_a_write_shows_a_secret(bench, names, canary, kind, status):
    """E7: in its words, though the API repeats it; and in the frames that crash reports collect."""
    for echoed in (canary, ""):
        bench.again()
        _stopped(bench, names, canary, kind, status, echoed)


def _stopped(bench, names, canary, kind, status, echoed):
    """Let a write fail; search its traceback, with the values of its frames if nothing is echoed.

    What an API answers is a value in those frames: such reports hold people's data anyway.
    """
    bench.warm()
    body = {"message": f"wrong key {echoed}"}
    headers = {"Retry-After": "99999", "X-Request-Id": echoed or "1"}
    method = "PUT" if kind == "upserts" else "POST"
    bench.crm.faults[0] = Fault(status=status, times=999, body=body, headers=headers, only=method)
    told = bench.insert(kind, names(8))
    if told.error is None:
        assert status in {422, 500}
        assert told.counts == {"rejected": 8}
    else:
        whole = traceback.TracebackException.from_exception(told.error, capture_locals=not echoed)
        text = "".join(whole.format()) + repr(told.error) + repr(vars(told.error))
        assert "/errand.py" in text
        assert "connection 'crm'" in text
        assert not _found(text, canary)


def _command(folder, url, canary, *args, **env):
    """Run the command in a process of its own that finds the fake CRM installed."""
    site = folder / "site"
    if not site.exists():
        info = site / "ledger_fake-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ledger-fake\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(
            "[sqlcrm.connectors]\nledger = fakes.ledger:connector\n"
        )
        (folder / "c.toml").write_text(
            f'[connections.crm]\nconnector = "ledger"\nurl = "{url}"\n'
            'token = {env = "THE_TOKEN"}\nrate_limit = "off"\n'
        )
    return subprocess.run(
        [sys.executable, "-m", "sqlcrm", *args, "--config", str(folder / "c.toml")],
        env={**os.environ, "PYTHONPATH": f"{site}:{TESTS}", "THE_TOKEN": canary,
             "SQLCRM_STATE": str(folder / "state"), "SQLCRM_DEBUG": "1", "NO_COLOR": "1", **env},
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_command_shows_no_secret_and_leaves_only_files_of_its_owner(crm, canary, tmp_path):
    """E7, E9: plan, apply, run, undo and resume as a user runs them, under a umask that is wide."""
    script = tmp_path / "s.sql"
    script.write_text("insert into items@crm (name) values ('a'), ('b'), ('c'), ('d');\n")
    steps = [
        ("plan", str(script), "-o", str(tmp_path / "the.plan")),
        ("apply", str(tmp_path / "the.plan"), "--yes"),
        ("undo", "2", "--yes"),
        ("run", str(script), "--yes", "--report", str(tmp_path / "r.html")),
        ("resume",),
        ("runs",),
    ]
    before = os.umask(0)
    try:
        told = [_command(tmp_path, crm.url, canary, *step) for step in steps]
        crm.faults = {len(crm.seen) + i: f for i, f in enumerate(_leaking(crm, canary).values())}
        script.write_text("insert into items@crm (name) values ('e'), ('f'), ('g'), ('h');\n")
        told.append(_command(tmp_path, crm.url, canary, "run", str(script), "--yes"))
    finally:
        os.umask(before)
    codes = [one.returncode for one in told[:-1]]
    assert codes == [0] * len(codes), told[codes.index(max(codes))].stderr
    assert crm.counts("items")["a"] == 1
    assert all(one.authorization == f"Bearer {canary}" for one in crm.seen)
    assert not _found("".join(one.stdout + one.stderr for one in told), canary)
    assert {"journal.sqlite3", "the.plan", "r.html"} <= set(_clean_files(tmp_path, canary))
    _private(tmp_path / "state")
    assert stat.S_IMODE((tmp_path / "the.plan").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "r.html").stat().st_mode) == 0o600


def _private(folder):
    """Check that a folder and all below is for its owner only; return the names of the files."""
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = set()
    for path in folder.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))
        names.add(path.name)
    return names


def test_every_file_is_its_owners_and_every_folder_too(bench, names):
    """E9: journal, plan, locks, the key of opt-outs and the copy of a journal of schema 1."""
    v1 = bench.state / "journal.sqlite3"
    before = os.umask(0)
    seen = set()
    try:
        _old_journal(v1)
        db = bench.db
        bench.crm.add("people", "Ana")
        bench.crm.tables["people"][0]["status"] = "out"
        db.execute("select * from people@crm").fetchall()
        apply = bench.crm._apply

        def looking(asked):
            seen.update(_private(bench.state))  # while a write is under way
            return apply(asked)

        bench.crm._apply = looking
        db.execute("insert into people@crm (name) values ('Ben')")
        db.execute("delete from people@crm where name = 'Ana'")
        plan = bench.state / "the.plan"
        db.plan("insert into items@crm (name) values ('a')").save(plan)
        db.load_plan(plan).apply()
    finally:
        os.umask(before)
    seen |= _private(bench.state)
    assert {"journal.sqlite3", "journal.sqlite3.v1", "the.plan", "opt-outs.key"} <= seen
    assert any(name.endswith(".lock") for name in seen)
    assert any(name.endswith(".holder") for name in seen)


def _old_journal(path):
    """Put a journal of schema 1 there, readable for all, as a careless copy would be."""
    path.parent.mkdir(mode=0o700)
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.executescript((TESTS / "state" / "journal_v1.sql").read_text(encoding="utf-8"))
        made.execute(f"PRAGMA application_id = {APPLICATION}")
        made.execute("PRAGMA user_version = 1")
    path.chmod(0o644)


def test_a_file_that_others_may_read_gives_no_secret(crm, canary, tmp_path):
    """E8: a key in a file that is readable for all is refused, and nothing is asked of the API."""
    script = tmp_path / "s.sql"
    script.write_text("insert into items@crm (name) values ('a');\n")
    _command(tmp_path, crm.url, canary, "runs")
    (tmp_path / "key").write_text(canary)
    (tmp_path / "key").chmod(0o644)
    config = tmp_path / "c.toml"
    text = config.read_text()
    for told in ('{file = "key"}', f'"{canary}"'):
        config.write_text(text.replace('{env = "THE_TOKEN"}', told))
        config.chmod(0o644)
        done = _command(tmp_path, crm.url, canary, "run", str(script), "--yes")
        assert done.returncode == 2, done.stderr
        assert not _found(done.stdout + done.stderr, canary)
    assert not crm.seen
