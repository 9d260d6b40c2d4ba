"""The made-up data: who is there, the same each time, and enough of it."""

from collections import Counter

from sqlcrm.sandbox import Options
from sqlcrm_action_network.sandbox import sandbox
from sqlcrm_action_network.sandbox.ids import Ids


def test_people_are_in_all_states(an):
    """A dozen who said no in each way, two dozen whom nobody asked for an address."""
    people = an.rows("people")
    statuses = Counter(
        row["email_addresses"][0]["status"] if row["email_addresses"] else "" for row in people
    )
    assert set(statuses) == {
        "subscribed", "unsubscribed", "bouncing", "previous bounce", "spam complaint",
        "previous spam complaint", "",
    }  # fmt: skip
    assert min(statuses.values()) >= 12
    assert statuses[""] >= 24
    phones = Counter(row["phone_numbers"][0]["status"] for row in people if row["phone_numbers"])
    assert min(phones["subscribed"], phones["unsubscribed"]) >= 24
    assert all(row["email_addresses"] or row["phone_numbers"] for row in people)


def test_names_are_as_names_are(an):
    """Apostrophes, other scripts, doubles, none at all."""
    people = an.rows("people")
    names = [f"{row['given_name']} {row['family_name']}" for row in people]
    assert any("'" in name for name in names)
    assert any(not name.isascii() for name in names)
    assert max(Counter(names).values()) > 1
    assert any(not row["given_name"] for row in people)
    fields = {name for row in people for name in row["custom_fields"]}
    assert {"Shirt size", "v1.import_source", "Member's local number"} <= fields
    emails = [row["email_addresses"][0]["address"] for row in people if row["email_addresses"]]
    assert len(set(emails)) == len(emails)
    modified = [row["modified_date"] for row in people]
    assert modified != sorted(modified)
    assert all(row["created_date"] <= row["modified_date"] for row in people)


def test_state_holds_what_lists_give_row_by_row(an):
    """All collections, children included."""
    state = an.state()
    for path in ("people", "petitions", "tags", "lists", "messages", "donations", "campaigns"):
        assert state[path] == an.rows(path), path
    taggings = [row for tag in state["tags"] for row in an.rows(f"tags/{an.key(tag)}/taggings")]
    assert sorted(map(an.key, taggings)) == sorted(map(an.key, state["taggings"]))
    assert all(len(state[path]) > 50 for path in ("taggings", "signatures", "items", "events"))


def test_the_same_seed_gives_the_same_data_in_a_new_group(an):
    """Ids and all, but for the name of the group."""
    first = an.state()
    an.control("reset", {})
    second = an.state()
    assert first["people"] == second["people"]
    assert first["signatures"] == second["signatures"]
    titles = [one["petitions"][0]["action_network:sponsor"]["title"] for one in (first, second)]
    assert titles[0] != titles[1]
    other = sandbox.build(Options(people=300, seed=2)).state()["people"]
    assert other[0]["identifiers"] != first["people"][0]["identifiers"]


def test_an_id_is_read_back_without_an_index():
    """Made up on demand, also for a million."""
    ids = Ids("people", 1)
    ids.base = 1_000_000
    for number in (0, 1, 77, 999_999):
        assert ids.find(ids.of(number)) == number
    ids.base = 10
    eleven = Ids("people", 1)
    eleven.base = 11
    assert ids.find(eleven.of(10)) is None
    assert ids.find("") is None
    assert ids.find(ids.of(ids.add())) == 10


def test_a_group_may_be_empty():
    """People: none; actions are there all the same."""
    state = sandbox.build(Options(people=0)).state()
    assert state["people"] == []
    assert len(state["petitions"]) == 60
