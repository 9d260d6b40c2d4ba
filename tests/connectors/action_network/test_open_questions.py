"""Where the documentation leaves open what the API does, either answer is fine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sqlcrm
from sqlcrm.errors import Error

from .conftest import Network

USUAL: dict[str, Any] = {
    "next_filter": True,
    "submission_typo": False,
    "loop_next": False,
    "echo_key": False,
    "locality_late": False,
    "filter_errors": True,
}


@pytest.fixture
def otherwise(network: Network) -> Iterator[Network]:
    """A session on a sandbox that answers the other way; as usual afterwards."""
    network.ask(
        "settings", {name: not value for name, value in USUAL.items()} | {"loop_next": False}
    )
    yield network
    network.ask("settings", USUAL)


def test_a_filter_holds_on_every_page_whatever_the_next_link_says(otherwise: Network) -> None:
    everyone = otherwise.rows("SELECT id, modified_date FROM people@an")
    middle = sorted(moment for _, moment in everyone)[30]
    query = "SELECT id FROM people@an WHERE modified_date > ?"
    found = otherwise.rows(query, middle)
    assert len(found) > 50
    assert sorted(found) == sorted((one,) for one, moment in everyone if moment > middle)


def test_t7_people_end_though_their_next_link_never_does(otherwise: Network) -> None:
    number = len(otherwise.ask("state")["people"])
    otherwise.ask("settings", {"loop_next": True})
    assert otherwise.one("SELECT count(DISTINCT id) FROM people@an") == number


def test_whoever_sent_in_a_form_is_found(otherwise: Network) -> None:
    found = otherwise.rows("SELECT person_id FROM submissions@an")
    assert found
    assert all(person for (person,) in found)


def test_t14_a_key_in_an_answer_is_not_shown(otherwise: Network, tmp_path: Path) -> None:
    canary = "canary-8d1f0c7e-secret"
    settings = {**otherwise.crm.settings, "rate_limit": "off", "api_key": canary}
    with (
        sqlcrm.connect(an=settings, state=tmp_path / "other") as db,
        pytest.raises(Error) as caught,
    ):
        db.execute("SELECT * FROM tags@an")
    assert canary not in f"{caught.value!s} {caught.value!r}"


def test_t8_a_town_that_sticks_late_is_not_taken_for_written(otherwise: Network) -> None:
    person = otherwise.one("SELECT min(id) FROM people@an WHERE country IS NULL")
    text = "UPDATE people@an SET locality = 'Ghent' WHERE id = ?"
    assert otherwise.counts(text, person) == {"rejected": 1}
    assert "locality is NULL" in otherwise.reasons()[0]
    assert otherwise.counts(text, person) == {"done": 1}
    assert otherwise.counts(text, person) == {"unchanged": 1}
    assert otherwise.one("SELECT locality FROM people@an WHERE id = ?", person) == "Ghent"
