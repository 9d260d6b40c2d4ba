"""Bulk tags from a spreadsheet and from CSV: the statement people have used for years, as it is."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import xlsxwriter

TAG = "Newsletter"


def _addresses(crm, number):
    """Return every n-th contact's address, so that some have the tag and some have not."""
    people = crm.state()["contacts"]
    return [person["email"] for person in people][:: len(people) // number][:number]


def _write_csv(path: Path, addresses) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "tag"])
        writer.writerows((address, TAG) for address in addresses)


def _write_xlsx(path: Path, addresses) -> None:
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for number, row in enumerate([("email", "tag"), *((a, TAG) for a in addresses)]):
        sheet.write_row(number, 0, row)
    book.close()


def _script(crm, source: str) -> str:
    return f"""
        create or replace table contacttags_other_system@inmemorystorage
        as select email, tag from {source};
        {crm.a2}"""


@pytest.mark.parametrize("kind", ["xlsx", pytest.param("csv", marks=pytest.mark.slow)])
def test_a_thousand_of_ten_thousand_contacts_are_tagged_and_again_changes_nothing(
    large, opened, counts, tmp_path, kind
):
    large.reset()
    addresses = _addresses(large, 1_000)
    before = large.tagged(TAG)
    assert 0 < len(before & set(addresses)) < 1_000
    if kind == "xlsx":
        _write_xlsx(tmp_path / "people.xlsx", addresses)
        source = f"read_excel('{tmp_path}/people.xlsx')"
    else:
        _write_csv(tmp_path / "people.csv", addresses)
        source = f"read_csv('{tmp_path}/people.csv')"
    script = _script(large, source)
    new = len(set(addresses) - before)

    with opened(large) as db:
        assert counts(db.execute(script)) == {"done": new, "unchanged": 1_000 - new}
    assert large.tagged(TAG) == before | set(addresses)

    for state in ("state", "an empty state folder"):
        calls = large.count()
        with opened(large, state) as db:
            assert counts(db.execute(script)) == {"unchanged": 1_000}
        made = large.calls()[calls:]
        assert {call["method"] for call in made} == {"GET"}
        assert len(made) <= 200


def test_a_tag_removed_by_hand_is_put_back_by_exactly_one_write(large, opened, counts, tmp_path):
    addresses = _addresses(large, 1_000)
    _write_csv(tmp_path / "people.csv", addresses)
    script = _script(large, f"'{tmp_path}/people.csv'")
    with opened(large) as db:
        db.execute(script)
    state = large.state()
    tag = next(t["id"] for t in state["tags"] if t["tag"] == TAG)
    contact = next(c["id"] for c in state["contacts"] if c["email"] == addresses[17])
    relation = next(
        r["id"] for r in state["contactTags"] if (r["tag"], r["contact"]) == (tag, contact)
    )
    large.api("DELETE", f"contactTags/{relation}")
    calls = large.count()

    with opened(large) as db:
        assert counts(db.execute(script)) == {"done": 1, "unchanged": 999}

    writes = [c for c in large.calls()[calls:] if c["method"] != "GET"]
    assert [(c["method"], c["path"]) for c in writes] == [("POST", "/api/3/contactTags")]
    assert addresses[17] in large.tagged(TAG)


def test_three_addresses_cost_at_most_ten_calls_from_process_start_to_exit(large, tmp_path):
    large.reset()
    have = large.tagged(TAG)
    addresses = [a for a in _addresses(large, 1_000) if a not in have][:3]
    _write_xlsx(tmp_path / "people.xlsx", addresses)
    (tmp_path / "a2.sql").write_text(_script(large, "'people.xlsx'"))
    config = tmp_path / "connections.toml"
    config.write_text(
        f'[connections.ac]\nconnector = "activecampaign"\nurl = "{large.url}"\n'
        'api_key = { env = "AC_KEY" }\nrate_limit = "off"\n'
    )
    environment = {**os.environ, "AC_KEY": "sandbox-key"}
    command = [sys.executable, "-m", "sqlcrm", "--config", str(config), "run", "a2.sql"]
    calls = large.count()

    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert "3 done" in done.stderr
    assert large.count() - calls <= 10
    assert large.tagged(TAG) == have | set(addresses)


def test_letters_case_of_an_address_does_not_matter(crm, opened, counts):
    address = crm.state()["contacts"][5]["email"]
    with opened(crm) as db:
        db.execute(
            "create table contacttags_other_system@inmemorystorage as select ? email, ? tag",
            [address.upper(), TAG.upper()],
        )
        cursor = db.execute(crm.a2)
        assert sum(counts(cursor).values()) == 1
        assert cursor.report.unmatched == ()


def test_what_the_crm_does_not_have_is_counted_and_listed(crm, opened):
    with opened(crm) as db:
        db.execute(
            "create table contacttags_other_system@inmemorystorage as from (values "
            "(?, ?), ('nobody@example.invalid', ?), (?, 'No such tag')) t(email, tag)",
            [crm.state()["contacts"][0]["email"], TAG, TAG, crm.state()["contacts"][1]["email"]],
        )
        report = db.execute(crm.a2).report
        found = db.execute("select source, target_column, value from unmatched@sqlcrm").fetchall()
    assert sum(report.counts.values()) == 1
    assert sorted(found) == [
        ("contacttags_other_system.email", "email", "nobody@example.invalid"),
        ("contacttags_other_system.tag", "tag", "No such tag"),
    ]
