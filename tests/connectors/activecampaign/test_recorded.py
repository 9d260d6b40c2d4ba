"""SQL against the sandbox as it once was: recordings by scripts/record-cassettes.

They hold calls and rows still while sandbox, planner and transport change. A recording's SQL lies
beside it, and every test also proves that its calls are made again, once each and in its order;
see conftest.py. After a change that is meant, record again and read the difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from vcr.serializers import yamlserializer

CASSETTES = Path(__file__).parent / "cassettes"
EVERY = sorted(CASSETTES.rglob("*.yaml"))
SANDBOX = {"connector": "activecampaign", "url": "http://127.0.0.1:8000", "api_key": "k"}

Replay = Callable[[str], tuple[list[tuple[Any, ...]], list[dict[str, int]]]]


@pytest.fixture
def replay(session: Callable[..., AbstractContextManager[Any]]) -> Replay:
    """Run a recording's SQL on its answers; return the last rows, and each write's counts."""

    def run(name: str) -> tuple[list[tuple[Any, ...]], list[dict[str, int]]]:
        script = (CASSETTES / "recorded" / f"{name}.sql").read_text(encoding="utf-8")
        with session("recorded", name, SANDBOX) as here:
            cursor = here.db.execute(script)
            return cursor.fetchall(), [dict(report.counts) for report in cursor.reports]

    return run


def test_contacts_are_found_by_their_addresses(replay: Replay) -> None:
    """Each address is one look-up; custom fields lie beside the contact, escaped as PHP does it."""
    rows, _ = replay("contacts_by_email")
    assert rows == [
        (4, "ava.abdullah@mail.example.com", "Ava", "AU", ["Health/care", "Éducation"]),
        (8, "siobhan.mcdonald@example.net", "Siobhán", "AU", None),
    ]


def test_contacts_are_read_from_an_id_on(replay: Replay) -> None:
    """A condition on the id is the cursor itself: what lies below it is never read."""
    rows, _ = replay("contacts_by_cursor")
    assert [id_ for id_, _ in rows] == [58, 59, 60]


def test_tags_are_found_by_name(replay: Replay) -> None:
    """Names with quotes and accents come back as they are."""
    rows, _ = replay("tags")
    assert rows == [
        (1, "VIP", 14),
        (23, "Événement Paris", 1),
        (33, 'Ring "inner"', 5),
        (34, "O'Reilly's list", 0),
    ]


def test_tags_of_several_contacts_take_one_call(replay: Replay) -> None:
    """They lie beside a page of contacts, one of whom has none."""
    rows, _ = replay("contact_tags_by_contacts")
    assert rows == [(2, 4), (2, 6), (4, 1), (4, 37)]


def test_subscriptions_of_contacts_are_joined_with_lists(replay: Replay) -> None:
    """The contacts' ids are the keys of their subscriptions."""
    rows, _ = replay("contact_lists")
    assert rows == [
        ("ava.abdullah@mail.example.com", "Donors & members", 1),
        ("ava.abdullah@mail.example.com", "Press", 3),
        ("ava.abdullah@mail.example.com", "Événements", 0),
        ("thijs.ijsbrandy@example.org", "Action alerts", 2),
        ("thijs.ijsbrandy@example.org", "Donors & members", 3),
    ]


def test_a_contact_is_made_and_one_that_exists_is_left(replay: Replay) -> None:
    """One POST for two rows; what was made reads as it was written, custom field included."""
    rows, counts = replay("insert_contact")
    assert counts == [{"done": 1, "unchanged": 1}]
    assert rows == [("new.person@example.org", "Zoë", "NL")]


def test_a_tag_is_applied_to_who_does_not_have_it(replay: Replay) -> None:
    """By address and name, with one POST for two contacts; afterwards both have it."""
    rows, counts = replay("tag_contact")
    assert counts == [{"done": 1, "unchanged": 1}]
    assert rows == [(4,), (5,)]


def test_a_tag_is_taken_off_and_the_others_stay(replay: Replay) -> None:
    """The DELETE names the relation, which the look-up found."""
    rows, counts = replay("untag_contact")
    assert counts == [{"done": 1}]
    assert rows == [(37,)]


def test_custom_fields_are_changed_and_read_back(replay: Replay) -> None:
    """One PUT for a text and for a field of several choices."""
    rows, counts = replay("update_custom_field")
    assert counts == [{"done": 1}]
    assert rows == [("NZ", ["Housing", "Éducation"])]


def test_a_deleted_contact_is_gone(replay: Replay) -> None:
    """The row is read whole before it is deleted, for the journal."""
    rows, counts = replay("delete_contact")
    assert counts == [{"done": 1}]
    assert rows == []


def test_every_recording_is_replayed() -> None:
    """A script without its recording, or a recording that no test names, would prove nothing."""
    folder = CASSETTES / "recorded"
    names = {path.stem for path in folder.glob("*.yaml")}
    assert names == {path.stem for path in folder.glob("*.sql")}
    assert names == set(re.findall(r'replay\("(\w+)"\)', Path(__file__).read_text("utf-8")))


@pytest.mark.parametrize("path", EVERY, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_cassette_holds_a_secret(path: Path) -> None:
    """The key is blanked out in every call; no cookie, key, host or account of a real one is in."""
    text = path.read_text(encoding="utf-8")
    assert "sandbox-key" not in text
    assert set(re.findall(r"sandbox-[0-9a-f]{8}\b", text)) <= {"sandbox-00000000"}
    for each in yamlserializer.deserialize(text)["interactions"]:
        sent = {name.lower(): value for name, value in each["request"]["headers"].items()}
        got = {name.lower() for name in each["response"]["headers"]}
        assert sent["api-token"] == ["REDACTED"]
        assert not {"authorization", "cookie", "proxy-authorization"} & sent.keys()
        assert "set-cookie" not in got
        where = urlsplit(each["request"]["uri"])
        assert where.netloc in {"acme.api-us1.com", "127.0.0.1:8000"}
        assert not re.search("key|token|secret|password", where.query, re.IGNORECASE)
