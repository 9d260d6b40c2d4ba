"""The made-up people, and what makes an account."""

import json
import re
from collections import Counter

import pytest

from sqlcrm.sandbox import Call, Options
from sqlcrm_action_builder.sandbox import sandbox

FIRST = "c0000000-0000-4000-8000-000000000001"
KEY = [(b"osdi-api-token", b"sandbox-key")]


def state(**options) -> dict:
    return sandbox.build(Options(**options)).state()


def plain(found: dict) -> str:
    """A state without what is new at each start."""
    text = json.dumps(found)
    ids = [row["identifiers"][0][-36:] for row in found["campaigns"][1:]]
    for place, uuid in enumerate(ids):
        text = text.replace(uuid, f"campaign {place}")
        for kind in (f"campaign {place}/entity_types", f"campaign {place}/connection_types"):
            for row in found[kind.replace(f"campaign {place}", uuid)]:
                text = text.replace(row["identifiers"][0][-36:], kind)
    return re.sub("sandbox-[0-9a-f]{8}", "account", text)


def test_the_same_seed_gives_the_same_data():
    assert plain(state(people=80, seed=7)) == plain(state(people=80, seed=7))


def test_another_seed_gives_other_people():
    assert plain(state(people=80, seed=7)) != plain(state(people=80, seed=8))


@pytest.mark.parametrize("people", [0, 1, 2, 39, 40, 41])
def test_very_few_people_are_possible(people):
    found = state(people=people)["entities"]
    assert [row["action_builder:entity_type"] for row in found].count("person") == people


def test_a_reset_is_another_network_with_the_same_first_campaign(ab):
    before, campaigns = ab.state(), ab.campaigns()
    page = ab.rows("people")[0]["browser_url"]
    ab.person()
    ab.post(f"{ab.root}/_sandbox/reset")
    assert plain(ab.state()) == plain(before)
    again = ab.campaigns()
    assert again[0] == campaigns[0] == FIRST
    assert not set(again[1:]) & set(campaigns[1:])
    assert ab.rows("people")[0]["browser_url"] != page


def test_the_configuration_names_the_first_campaign():
    assert sandbox.connection == {
        "connector": "action_builder",
        "url": "{url}",
        "api_key": "sandbox-key",
        "campaign": FIRST,
    }


def test_people_of_all_subscription_states_are_in_the_first_campaign():
    rows = [r for r in state(people=300)["people"] if r["action_builder:entity_type"] == "person"]
    first = Counter(row["email_addresses"][0].get("status", "none")
                    for row in rows if row["email_addresses"])  # fmt: skip
    assert first["subscribed"] >= 100
    assert min(first["unsubscribed"], first["bad"], first["do_not_contact"]) >= 12
    assert first["none"] >= 24
    assert sum(not row["email_addresses"] for row in rows) >= 12
    several = [row["email_addresses"] for row in rows if len(row["email_addresses"]) > 1]
    assert any(len({e.get("status") for e in emails}) == 3 for emails in several)
    confirmed = Counter(
        (e.get("status"), e["action_builder:confirmed"])
        for row in rows
        for e in row["email_addresses"]
    )
    assert confirmed["subscribed", True] >= 12
    assert confirmed["subscribed", False] >= 12
    assert not confirmed["unsubscribed", True]
    phones = Counter(e.get("status") for row in rows for e in row["phone_numbers"])
    assert set(phones) == {"subscribed", "unsubscribed", "bad", "do_not_contact", None}
    assert min(phones.values()) >= 12


def test_addresses_are_reserved_and_numbers_are_nobodys():
    for row in state(people=400)["entities"]:
        for email in row["email_addresses"]:
            assert re.search(r"[@.]example\.(org|com|net)$", email["address"])
        for phone in row["phone_numbers"]:
            assert re.fullmatch(r"155[56]\d{7}", phone["number"])


def test_names_are_of_many_places_shared_and_incomplete():
    rows = state(people=1500)["entities"]
    people = [row for row in rows if row["action_builder:entity_type"] == "person"]
    names = Counter((row["given_name"], row.get("family_name")) for row in people)
    text = " ".join(f"{first} {last}" for first, last in names)
    for letters in ("'", "é", "ß", "ł", "Шев", "田", "ح", "ñ", "ễ"):
        assert letters in text
    assert max(names.values()) > 2
    assert any(last is None for _, last in names)
    languages = {row["preferred_language"] for row in people}
    assert len(languages) > 4
    assert {"US", "CA", "GB"} == {
        address["country"] for row in rows for address in row["postal_addresses"]
    }


def test_campaigns_share_entities_and_some_are_in_none():
    found = state(people=300)
    others = [row["identifiers"][0][-36:] for row in found["campaigns"][1:]]
    members = [{r["identifiers"][0] for r in found["people"]}]
    members += [{r["identifiers"][0] for r in found[f"{uuid}/people"]} for uuid in others]
    first, second, third = members
    assert min(len(first & second), len(first & third), len(second & third)) >= 10
    assert min(len(second - first), len(third - first)) >= 3
    everybody = {row["identifiers"][0] for row in found["entities"]}
    assert len(everybody - first - second - third) >= 5
    assert found[f"{others[1]}/connections"]


def test_people_have_assessments_and_custom_identifiers():
    rows = state(people=300)["people"]
    levels = {row.get("action_builder:latest_assessment") for row in rows}
    assert levels == {None, 1, 2, 3, 4, 5}
    prefixes = {one.partition(":")[0] for row in rows for one in row["identifiers"]}
    assert {"action_builder", "custom_id", "custom_id_1", "dwid", "voterbase_id"} == prefixes
    assert any(len(row["identifiers"]) == 1 for row in rows)


def test_answers_fit_the_types_of_their_fields():
    found = state(people=300)
    kinds = {
        tag["_links"]["self"]["href"]: tag["action_builder:field_type"] for tag in found["tags"]
    }
    seen = set()
    for row in found["taggings"]:
        kind = kinds[row["_links"]["osdi:tag"]["href"]]
        responses = [key for key in row if key.endswith("_response")]
        name = kind.removesuffix("s") if kind == "notes" else kind
        plain_ = kind in {"standard", "address", "shift"}
        assert responses == ([] if plain_ else [f"action_builder:{name}_response"])
        seen.add((kind, row["item_type"]))
    assert seen >= {(kind, "person") for kind in kinds.values()}
    assert ("standard", "connection") in seen


def test_identifiers_are_unique_and_kinds_do_not_mix():
    found = state(people=500)
    ids = [row["identifiers"][0] for name in ("entities", "tags") for row in found[name]]
    connections = {row["identifiers"][0] for row in found["connections"]}
    taggings = [row["identifiers"][0] for row in found["taggings"]]
    assert len(taggings) == len(set(taggings))
    contacts = [
        entry["action_builder:identifier"]
        for row in found["entities"]
        for name in ("email_addresses", "phone_numbers", "postal_addresses")
        for entry in row[name]
    ]
    everything = [*ids, *connections, *taggings, *contacts]
    assert len(everything) == len(set(everything))


def test_a_page_deep_in_a_large_network_is_there_at_once():
    crm = sandbox.build(Options(people=100_000))
    path = f"/api/rest/v1/campaigns/{FIRST}/people"
    last = json.loads(crm.handle(Call("GET", path, "page=3690", KEY)).body)
    assert (last["page"], last["total_pages"]) == (3690, 3690)
    person = last["_embedded"]["osdi:people"][-1]
    one = f"{path}/{person['identifiers'][0][15:]}"
    assert json.loads(crm.handle(Call("GET", one, "", KEY)).body) == person
