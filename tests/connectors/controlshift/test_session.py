"""Statements of SQL on the sandbox: how many calls they take, and what comes of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sqlcrm
from sqlcrm.conformance.ways import ask
from sqlcrm.errors import Error
from sqlcrm.sandbox import Options, Running, serve
from sqlcrm.transport import testing
from sqlcrm_controlshift.sandbox import sandbox

NEW = "INSERT INTO signatures@cs (petition_slug, first_name, last_name, email, "
NEW += "email_opt_in_type_external_id, join_organisation) "


@pytest.fixture(scope="module")
def served() -> Iterator[Running]:
    with serve([sandbox], Options(people=300, limits="off")) as running:
        yield running[0]


@pytest.fixture
def crm(served: Running) -> Running:
    ask(served, "reset", {})
    return served


@pytest.fixture
def db(crm: Running, tmp_path: Path) -> Iterator[sqlcrm.Connection]:
    settings = {**crm.settings, "rate_limit": "off"}
    with testing(), sqlcrm.connect(cs=settings, state=tmp_path, yes=True) as connection:
        yield connection


@pytest.fixture
def made(crm: Running) -> Callable[[], list[str]]:
    """Return the calls of the API since this was asked last, but for who we are."""
    seen = 0

    def since() -> list[str]:
        nonlocal seen
        calls = [f"{c['method']} {c['path']}" for c in ask(crm, "calls")]
        calls, seen = calls[seen:], len(calls)
        return [call for call in calls if not call.endswith("/organisation")]

    return since


def counts(db: sqlcrm.Connection, sql: str, *binds: Any) -> dict[str, int]:
    report = db.execute(sql, list(binds)).report
    assert report is not None
    return dict(report.counts)


def mailable(crm: Running, *, reverse: bool = False) -> set[str]:
    """Return who may be written to, as the sandbox has worked it out itself; or who may not be."""
    state = ask(crm, "state")
    wanted = {m["member_id"] for m in state["mailable"] if m["mailable"] is not reverse}
    acts = (*state["signatures"], *state["attendees"])
    return {a["email"].lower() for a in acts if a["email"] and a["member"]["id"] in wanted}


def exported(crm: Running, table: str) -> str:
    """Return where an export lies that was just made."""
    told = ask(crm, "actions", {"action": "export_full", "table": table})
    url: str = told["files"][0]["url"]
    return url


def test_one_signature_is_looked_up_by_petition_and_address(
    db: sqlcrm.Connection, made: Callable[[], list[str]]
) -> None:
    """T10: lists have no filter, only a lookup by address has."""
    (slug, email), *_ = db.execute("SELECT petition_slug, email FROM signatures@cs").fetchall()
    made()
    sql = "SELECT email FROM signatures@cs WHERE petition_slug = ? AND email = ?"
    assert db.execute(sql, [slug, email.upper()]).fetchall() == [(email,)]
    assert made() == [f"GET /api/v1/petitions/{slug}/signatures/lookup"]
    assert db.execute(sql, [slug, "nobody@example.org"]).fetchall() == []


def test_where_a_person_signed_is_asked_of_each_petition_and_no_list_is_read(
    db: sqlcrm.Connection, made: Callable[[], list[str]]
) -> None:
    (email, wanted), *_ = db.execute(
        "SELECT email, list(id ORDER BY id) FROM signatures@cs WHERE email IS NOT NULL "
        "GROUP BY 1 HAVING count(*) > 1"
    ).fetchall()
    made()
    sql = "SELECT id FROM signatures@cs WHERE email = ? ORDER BY 1"
    assert [row[0] for row in db.execute(sql, [email]).fetchall()] == wanted
    calls = made()
    assert not [call for call in calls if call.endswith("/signatures")]
    (petitions,) = db.execute("SELECT count(*) FROM petitions@cs").fetchone() or (0,)
    assert sum(call.endswith("/lookup") for call in calls) == petitions


def test_many_people_of_one_petition_are_read_by_its_pages(
    db: sqlcrm.Connection, made: Callable[[], list[str]]
) -> None:
    """The first page counts pages: the rest of them costs less than a lookup for each."""
    slug, number, named = db.execute(
        "SELECT petition_slug, count(*), count(email) FROM signatures@cs GROUP BY 1 ORDER BY 2 "
        "DESC LIMIT 1"
    ).fetchone() or ("", 0, 0)
    db.execute(
        "CREATE TABLE people AS SELECT email FROM signatures@cs WHERE petition_slug = ?", [slug]
    )
    made()
    rows = db.execute(
        "SELECT s.id FROM people p JOIN signatures@cs s ON s.email = p.email "
        "WHERE s.petition_slug = ?",
        [slug],
    ).fetchall()
    assert len(rows) == named > 25
    assert len(made()) == -(-number // 25)


def test_a_signature_without_an_answer_subscribes_nobody(
    db: sqlcrm.Connection, crm: Running
) -> None:
    """C4: `join_organisation` is required, and is no where the row gives none."""
    before = mailable(crm)
    row = "SELECT 'save-the-park', 'Ana', 'Lee', 'ana@example.org', 'paper-2026', "
    assert counts(db, NEW + row + "NULL") == {"done": 1}
    again = NEW.replace(", join_organisation", "") + row.removesuffix(", ")
    assert counts(db, again) == {"unchanged": 1}
    sql = "SELECT join_organisation, country, country_or_default FROM signatures@cs "
    sql += "WHERE petition_slug = 'save-the-park' AND email = 'ana@example.org'"
    assert db.execute(sql).fetchall()[0][0] is False
    assert mailable(crm) == before


@pytest.mark.parametrize("path", ["signatures", "attendees"])
def test_nobody_is_subscribed_without_an_opt_in_that_is_said_to_be_one(
    db: sqlcrm.Connection, crm: Running, path: str
) -> None:
    """T7: an opt-in subscribes again who has left everything, which no call tells of."""
    more = ", attending_status, notification_level" if path == "attendees" else ""
    values = ", 'attending', 'none'" if more else ""
    parent = "event_slug" if more else "petition_slug"
    (slug,) = db.execute(f"SELECT max(slug) FROM {'events' if more else 'petitions'}@cs").fetchone()  # type: ignore[misc]
    person = sorted(one for one in mailable(crm, reverse=True) if one.isascii())[0]
    sql = f"INSERT INTO {path}@cs ({parent}, first_name, last_name, email, "
    sql += f"email_opt_in_type_external_id, join_organisation{more}) "
    row = f"SELECT ?, 'A', 'B', ?, 'paper-2026', true{values}"
    before = mailable(crm)
    assert counts(db, sql + row, slug, person) == {"done": 1}
    (reason,) = db.execute("SELECT reason FROM operations@sqlcrm ORDER BY run_id DESC").fetchone()  # type: ignore[misc]
    assert "join_organisation is False" in reason
    assert mailable(crm) == before
    (other,) = db.execute(
        f"SELECT min(slug) FROM {'events' if more else 'petitions'}@cs"
    ).fetchone()  # type: ignore[misc]
    confirmed = f"{sql}{row} WITH OPT IN"
    assert counts(db, confirmed, other, person) == {"done": 1}
    state = ask(crm, "state")[path]
    assert [one["join_organisation"] for one in state if (one["email"] or "").lower() == person][
        -1
    ] is True


def test_an_opt_in_that_is_not_asked_is_neither_a_yes_nor_a_no(db: sqlcrm.Connection) -> None:
    """T8: three values, and NULL is one of them."""
    sql = "SELECT DISTINCT join_organisation FROM signatures@cs ORDER BY 1 NULLS LAST"
    assert db.execute(sql).fetchall() == [(False,), (True,), (None,)]


def test_a_signer_leaves_a_petitions_mails_once(db: sqlcrm.Connection, crm: Running) -> None:
    """C5: and is not asked to leave again."""
    sql = "UPDATE signatures@cs SET unsubscribed = true WHERE id = "
    sql += "(SELECT min(id) FROM signatures@cs WHERE unsubscribed IS NULL)"
    (number,) = db.execute(
        "SELECT min(id) FROM signatures@cs WHERE unsubscribed IS NULL"
    ).fetchone() or (0,)
    assert counts(db, sql) == {"done": 1}
    (row,) = [one for one in ask(crm, "state")["signatures"] if one["id"] == number]
    assert row["unsubscribe_at"]
    text = f"UPDATE signatures@cs SET unsubscribed = true WHERE id = {number}"
    assert counts(db, text) == {"unchanged": 1}


def test_a_member_leaves_everything(db: sqlcrm.Connection, crm: Running) -> None:
    person = sorted(mailable(crm))[0]
    sql = "UPDATE members@cs SET unsubscribed = true WHERE email = ?"
    assert counts(db, sql, person) == {"done": 1}
    assert person not in mailable(crm)


def test_an_opt_in_is_not_made_mailable_behind_a_persons_back(
    db: sqlcrm.Connection, crm: Running
) -> None:
    sql = NEW + "SELECT 'save-the-park', 'Ana', 'Lee', 'ana@example.org', 'no-mail-2026', true "
    assert counts(db, sql + "WITH OPT IN") == {"done": 1}
    before = mailable(crm)
    where = "WHERE petition_slug = 'save-the-park' AND email = 'ana@example.org'"
    change = f"UPDATE signatures@cs SET email_opt_in_type_external_id = 'paper-2026' {where}"
    assert counts(db, change) == {"rejected": 1}
    assert mailable(crm) == before


def test_a_petition_is_made_changed_labelled_and_deleted(
    db: sqlcrm.Connection, crm: Running
) -> None:
    """C3, C6, T12: unknown labels are made with it; its deletion is waited for."""
    made = "INSERT INTO petitions@cs (title, what, who, why, labels, creator_email) "
    made += "SELECT 'Save the well', '<b>Do</b>', 'The town', 'Water', ['wells'], 'a@example.org'"
    assert counts(db, made) == {"done": 1}
    assert counts(db, made) == {"unchanged": 1}
    (slug,) = db.execute("SELECT remote_id FROM operations@sqlcrm").fetchone() or ("",)
    assert slug == "save-the-well"
    where = "WHERE slug = 'save-the-well'"
    change = f"UPDATE petitions@cs SET signature_count_add_amount = 5, title_locked = true {where}"
    assert counts(db, change) == {"done": 1}
    assert counts(db, change) == {"unchanged": 1}
    sql = f"SELECT labels, signature_count_add_amount, creator_email FROM petitions@cs {where}"
    assert db.execute(sql).fetchall() == [(["wells"], 5, "a@example.org")]
    named = "petition_slug = 'save-the-well' AND name = 'wells'"
    assert counts(db, f"DELETE FROM petition_labelings@cs WHERE {named}") == {"done": 1}
    ask(crm, "settings", {"deletion_seconds": 0})
    assert counts(db, f"DELETE FROM petitions@cs {where}") == {"done": 1}
    assert db.execute(f"SELECT slug FROM petitions@cs {where}").fetchall() == []


def test_an_event_is_made_in_its_own_zone_and_gets_a_mentor(db: sqlcrm.Connection) -> None:
    made = "INSERT INTO events@cs (title, description, start_at, time_zone, host_email, virtual) "
    made += "SELECT 'A call', 'We talk.', TIMESTAMPTZ '2027-06-01 15:00:00-05', 'America/Chicago', "
    assert counts(db, made + "'h@example.org', true") == {"done": 1}
    sql = "SELECT start_at, host_email, virtual FROM events@cs WHERE title = 'A call'"
    moment = dt.datetime(2027, 6, 1, 20, tzinfo=dt.UTC)
    assert db.execute(sql).fetchall() == [(moment, "h@example.org", True)]


@pytest.mark.parametrize("packed", ["none", "bzip2"])
@pytest.mark.parametrize("flags", ["t/f", "true/false"])
def test_an_export_reads_as_what_it_was_made_of(
    db: sqlcrm.Connection, crm: Running, packed: str, flags: str
) -> None:
    """C10, T15, T16: plain or in bzip2, by the names of its header."""
    ask(crm, "settings", {"compression": packed, "csv_booleans": flags})
    url = exported(crm, "signatures")
    rows = db.execute(
        "SELECT id, email, join_organisation, created_at FROM exported_signatures@cs "
        "WHERE export_url = ? ORDER BY id",
        [url],
    ).fetchall()
    listed = db.execute(
        "SELECT id, email, join_organisation, created_at FROM signatures@cs ORDER BY id"
    ).fetchall()
    assert rows == listed
    (count,) = db.execute(
        "SELECT count(DISTINCT export_url) FROM exported_signatures@cs(export_url => ?)", [url]
    ).fetchone() or (0,)
    assert count == 1


def test_every_export_reads_into_its_columns(db: sqlcrm.Connection, crm: Running) -> None:
    names = [t.name for t in _tables() if t.name.startswith("exported_")]
    assert len(names) == 15
    for name in names:
        url = exported(crm, name.removeprefix("exported_"))
        assert db.execute(f"SELECT * FROM {name}@cs WHERE export_url = ?", [url]).description


def _tables() -> Any:
    from sqlcrm_controlshift import connector

    return connector.tables


def test_an_export_that_is_gone_says_so_and_is_no_refused_key(
    db: sqlcrm.Connection, crm: Running
) -> None:
    """T3: 403 after 6 hours; a row fewer would be a row lost."""
    url = exported(crm, "categories")
    with pytest.raises(Error, match="expires 6 hours after") as caught:
        db.execute("SELECT * FROM exported_categories@cs WHERE export_url = ?", [url + "x"])
    assert "api_key" not in str(caught.value)


def test_no_export_is_fetched_from_anywhere_else(db: sqlcrm.Connection) -> None:
    """E1: an address from elsewhere gets no call."""
    url = "https://example.org/full/categories.csv"
    with pytest.raises(Error, match="refused"):
        db.execute("SELECT * FROM exported_categories@cs WHERE export_url = ?", [url])
