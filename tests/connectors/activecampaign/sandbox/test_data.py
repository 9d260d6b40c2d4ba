"""The made-up people, and what makes an account."""

import re

import pytest

from sqlcrm.sandbox import Call, Options
from sqlcrm_activecampaign.sandbox import sandbox

ACCOUNT = re.compile(r"sandbox-[0-9a-f]{8}")


def state(**options) -> str:
    """Everything an account holds, without its name."""
    return ACCOUNT.sub("NAME", repr(sandbox.build(Options(**options)).state()))


def test_the_same_seed_gives_the_same_data():
    assert state(people=50, seed=7) == state(people=50, seed=7)


def test_another_seed_gives_other_people():
    assert state(people=50, seed=7) != state(people=50, seed=8)


@pytest.mark.parametrize("people", [0, 1, 2])
def test_very_few_people_are_possible(people):
    crm = sandbox.build(Options(people=people))
    assert len(crm.state()["contacts"]) == people


def test_reset_brings_the_data_back_under_a_new_account(ac):
    before = ac.state()
    name = ac.get("users/me").text
    ac.delete("contacts/1")
    ac.post(f"{ac.root}/_sandbox/reset")
    assert ACCOUNT.sub("", repr(ac.state())) == ACCOUNT.sub("", repr(before))
    assert ac.get("users/me").text != name


def test_addresses_are_reserved_and_unique():
    people = sandbox.build(Options(people=5000)).state()["contacts"]
    addresses = [row["email"] for row in people]
    assert len({address.lower() for address in addresses}) == 5000
    assert all(re.search(r"[@.]example\.(org|com|net)$", address) for address in addresses)
    assert any("+" in address for address in addresses)
    assert any(address != address.lower() for address in addresses)


def test_people_are_of_many_countries_and_incomplete():
    people = sandbox.build(Options(people=5000)).state()["contacts"]
    names = " ".join(row["firstName"] + row["lastName"] for row in people)
    for letters in ("é", "ß", "Ł", "Γ", "田", "Кова", "إ", "ñ", "'"):
        assert letters in names
    assert max(len(row["lastName"]) for row in people) > 30
    prefixes = ("+614", "+316", "+1", "+4915", "+447", "+336", "+346", "+48")
    phones = [row["phone"] for row in people]
    assert all(any(phone.startswith(prefix) for phone in phones) for prefix in prefixes)
    assert any("(" in phone for phone in phones)
    for column in ("phone", "firstName", "lastName"):
        assert 0 < [row[column] for row in people].count("") < 2500


def test_three_in_five_have_tags_and_names_of_tags_are_awkward():
    state = sandbox.build(Options(people=2000)).state()
    tagged = {row["contact"] for row in state["contactTags"]}
    assert 1100 < len(tagged) < 1300
    names = [row["tag"] for row in state["tags"]]
    assert 45 <= len(names) <= 50
    for sign in (" ", "/", "'", '"', "é", "&", "\\", "+", "%"):
        assert any(sign in name for name in names)


def test_everything_points_at_something_there():
    state = sandbox.build(Options(people=400)).state()
    ids = {name: {row["id"] for row in rows if "id" in row} for name, rows in state.items()}
    for resource, column, target in (
        ("contactTags", "contact", "contacts"),
        ("contactTags", "tag", "tags"),
        ("contactLists", "list", "lists"),
        ("fieldValues", "field", "fields"),
        ("fieldOptions", "field", "fields"),
        ("accountContacts", "account", "accounts"),
        ("contactAutomations", "automation", "automations"),
        ("scoreValues", "score", "scores"),
        ("dealStages", "group", "dealGroups"),
        ("campaignMessages", "messageid", "messages"),
    ):
        assert {row[column] for row in state[resource]} <= ids[target], (resource, column)
    for deal in state["deals"]:
        if not deal["isDisabled"]:
            assert deal["contact"] in ids["contacts"]
            assert deal["stage"] in ids["dealStages"]


def test_values_fit_the_types_of_their_fields():
    state = sandbox.build(Options(people=400)).state()
    types = {row["id"]: row["type"] for row in state["fields"]}
    options: dict[str, set[str]] = {}
    for row in state["fieldOptions"]:
        options.setdefault(row["field"], set()).add(row["value"])
    for row in state["fieldValues"]:
        kind, value = types[row["field"]], row["value"]
        if kind in {"checkbox", "listbox"}:
            assert value.startswith("||")
            assert value.endswith("||")
            assert set(value[2:-2].split("||")) <= options[row["field"]]
        elif kind in {"dropdown", "radio"}:
            assert value in options[row["field"]]
        elif kind == "date":
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", value)
        elif kind == "datetime":
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-0[56]:00", value)


def test_summer_time_is_in_the_dates():
    offsets = {row["cdate"][-6:] for row in sandbox.build(Options(people=400)).state()["contacts"]}
    assert offsets == {"-05:00", "-06:00"}


def test_a_page_deep_in_the_account_is_as_near_as_the_first():
    crm = sandbox.build(Options(people=2000))
    call = Call(
        "GET", "/api/3/contacts", "limit=100&id_greater=1900", [(b"api-token", b"sandbox-key")]
    )
    assert crm.handle(call).body.count(b'"email":') == 100
