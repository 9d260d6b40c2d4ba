"""Tags, taggings and connections beyond the samples and traps."""

import pytest


def known(person: str) -> dict:
    return {"identifiers": [f"action_builder:{person}"]}


def test_fields_of_every_type_are_there(ab):
    rows = ab.rows("tags")
    kinds = {row["action_builder:field_type"] for row in rows}
    assert kinds == {"standard", "number", "date", "notes", "address", "shift"}
    standard = [row for row in rows if row["action_builder:field_type"] == "standard"]
    assert {row["action_builder:allow_multiple_responses"] for row in standard} == {True, False}
    sites = [row for row in rows if row["action_builder:field_type"] == "address"]
    assert all(row["action_builder:postal_addresses"][0]["region"] for row in sites)
    assert {row["action_builder:locked"] for row in rows} == {True, False}
    ab.switch(note_type="note")
    assert {row["action_builder:field_type"] for row in ab.rows("tags")} == kinds - {"notes"} | {
        "note"
    }


def test_each_campaign_has_tags_of_its_own_and_the_universal_ones(ab):
    names = []
    for campaign in ab.campaigns():
        rows = ab.rows(f"{ab.top}/campaigns/{campaign}/tags")
        names.append({(r["action_builder:field"], r["name"]) for r in rows})
    first, second, third = names
    assert ("Skills", "Driving") in first & second & third
    assert ("Shift", "Weekend shift") in second - first
    assert ("Shift", "Split shift") in first - second
    assert ("Pledge", "Yes") in second - first - third


def test_a_single_choice_is_replaced_within_its_field(ab):
    person = ab.person(add_tags=[ab.answer("Work", "Shift", "Day shift")])
    more = [ab.answer("Work", "Shift", "Graveyard"), ab.answer("Work", "Department", "IT")]
    ab.wrote("people", {"person": known(person), "add_tags": more})
    assert ab.values(person, "Shift") == ["Graveyard"]
    assert ab.values(person, "Department") == ["IT"]


def test_the_same_single_choice_again_changes_nothing(ab):
    shift = ab.answer("Work", "Shift", "Day shift")
    person = ab.person(add_tags=[shift])
    before = ab.tagged(person), ab.modified(person)
    ab.wrote("people", {"person": known(person), "add_tags": [shift]})
    assert (ab.tagged(person), ab.modified(person)) == before


def test_several_choices_add_up(ab):
    person = ab.person(add_tags=[ab.answer("Work", "Department", "IT")])
    more = [ab.answer("Work", "Department", "Yard")]
    ab.wrote("people", {"person": known(person), "add_tags": more})
    assert ab.values(person, "Department") == ["IT", "Yard"]


@pytest.mark.parametrize(("repeat", "count"), [("replaces", 1), ("accumulates", 2)])
def test_whether_a_second_date_replaces_the_first_is_a_switch(ab, repeat, count):
    ab.switch(date_repeat=repeat)
    person = ab.person()
    for day in ("2026-01-31", "2026-02-01"):
        sent = ab.answer("Work", "Start date", "Hired", date_response=day)
        ab.wrote("people", {"person": known(person), "add_tags": [sent]})
    days = [row["action_builder:date_response"] for row in ab.tagged(person)]
    assert days == ["2026-01-31", "2026-02-01"][-count:]


@pytest.mark.parametrize(
    ("section", "field", "name", "more"),
    [
        ("Work", "Start date", "Hired", {}),
        ("Work", "Start date", "Hired", {"date_response": "soon"}),
        ("Work", "Weekly hours", "Hours", {}),
        ("Work", "Weekly hours", "Hours", {"number_response": "many"}),
        ("Campaign", "Visit notes", "Visit", {"note_response": ""}),
        ("Campaign", "Visit notes", "No such label", {"note_response": "x"}),
    ],
)
def test_a_response_that_does_not_fit_is_lost_silently(ab, section, field, name, more):
    person = ab.person(add_tags=[ab.answer(section, field, name, **more)])
    assert ab.tagged(person) == []


def test_remove_tags_takes_all_equal_answers_and_moves_the_date(ab):
    note = ab.answer("Campaign", "Visit notes", "Visit", note_response="x")
    person = ab.person(add_tags=[note, note])
    before = ab.modified(person)
    ab.wrote("people", {"person": known(person), "remove_tags": [note]})
    assert ab.tagged(person) == []
    assert ab.modified(person) > before


def test_a_tagging_can_be_deleted_under_its_person(ab):
    person = ab.person(add_tags=[ab.answer("Work", "Shift", "Day shift")])
    (row,) = ab.tagged(person)
    other = ab.person("Ana")
    assert ab.delete(f"people/{other}/taggings/{ab.uuid(row)}").status_code == 404
    assert ab.delete(f"people/{person}/taggings/{ab.uuid(row)}").status_code == 200
    assert ab.tagged(person) == []


def test_taggings_can_be_posted_where_that_is_switched_on(ab):
    person = ab.person()
    sent = ab.answer("Work", "Shift", "Day shift")
    assert ab.post(f"people/{person}/taggings", json=sent).status_code == 405
    ab.switch(tagging_create=True)
    row = ab.wrote(f"people/{person}/taggings", sent)
    assert ab.tagged(person) == [row]
    lost = ab.answer("Work", "Shift", "Nope")
    assert ab.post(f"people/{person}/taggings", json=lost).status_code == 422


def test_a_tag_lists_the_same_taggings_as_the_people_and_connections_do(ab):
    person = ab.person(add_tags=[ab.answer("Campaign", "Issues", "Wages")] * 2)
    ab.delete(f"people/{ab.uuid(ab.rows('people')[0])}")
    state = ab.state()
    assert person in {row["_links"]["osdi:person"]["href"][-36:] for row in state["taggings"]
                      if row["item_type"] == "person"}  # fmt: skip
    for tag in state["tags"]:
        listed = ab.get(f"tags/{ab.uuid(tag)}/taggings")
        link = {"href": tag["_links"]["self"]["href"]}
        mine = [row for row in state["taggings"] if row["_links"]["osdi:tag"] == link]
        if listed.status_code == 404:
            assert tag["action_builder:section"] == "Membership"
            continue
        rows = ab.rows(f"tags/{ab.uuid(tag)}/taggings")
        assert sorted(map(ab.uuid, rows)) == sorted(map(ab.uuid, mine)), tag["name"]
        for row in rows[:2]:
            assert row in mine
            assert ab.get(row["_links"]["self"]["href"]).json() == row


def test_a_removed_tag_is_gone_from_one_campaign_only(ab):
    tag = ab.tag("Personal Info", "Pronouns", "He/Him")
    second = f"{ab.top}/campaigns/{ab.campaigns()[1]}"
    there = ab.rows(f"{second}/tags/{tag}/taggings")
    assert ab.delete(f"tags/{tag}").status_code == 200
    assert ab.get(f"tags/{tag}/taggings").status_code == 404
    assert ab.rows(f"{second}/tags/{tag}/taggings") == there
    again = ab.wrote("tags", ab.answer("Personal Info", "Pronouns", "He/Him"))
    assert ab.uuid(again) == tag
    universal = ab.tag("Membership", "Skills", "Driving")
    assert ab.delete(f"tags/{universal}").status_code == 404


@pytest.mark.parametrize(
    "sent",
    [
        {"name": "X"},
        {"name": "X", "action_builder:section": "Work"},
        {"name": "X", "action_builder:section": "Work", "action_builder:field": "Nope"},
        {"name": "X", "action_builder:section": "Strike fund", "action_builder:field": "Pledge"},
        {"action_builder:section": "Work", "action_builder:field": "Shift"},
    ],
)
def test_a_tag_needs_a_name_and_a_field_of_the_campaign(ab, sent):
    reply = ab.post("tags", json=sent)
    assert (reply.status_code, list(reply.json())) == (422, ["error"])


def test_connections_are_seen_from_both_ends(ab):
    rows = ab.state()["connections"]
    ends: dict[str, list[str]] = {}
    for row in rows:
        ends.setdefault(ab.uuid(row), []).append(row["person_id"])
        assert row["_links"]["osdi:person"]["href"].endswith(row["person_id"])
    assert all(len(set(both)) == 2 for both in ends.values())
    assert {row["inactive"] for row in rows} == {True, False}
    kinds = {row["connection_type"] for row in rows}
    assert kinds == {row["name"] for row in ab.rows("connection_types")}
    for row in rows[:20]:
        assert ab.get(row["_links"]["self"]["href"]).json() == row


def test_a_workplace_has_more_connections_than_fit_on_a_page(ab):
    units = [r for r in ab.rows("people") if r["action_builder:entity_type"] == "unit"]
    counts = [len(ab.rows(f"people/{ab.uuid(unit)}/connections")) for unit in units]
    assert max(counts) > 25


def test_a_connection_needs_a_type_for_both_ends(ab):
    one, other = (ab.person(f"Dock {n}", kind="Unit") for n in range(2))
    path = f"people/{one}/connections"
    for person in (one, other, "nobody"):
        assert ab.post(path, json={"connection": {"person_id": person}}).status_code == 422
    assert ab.rows(path) == []


def test_what_happens_to_a_connection_moves_the_dates_of_both_ends(ab):
    one, other = ab.person("Ana"), ab.person("Bo")
    path = f"people/{one}/connections"
    relation = [ab.answer("Connection", "Relation", "Friend")]
    ends = {"person_id": other}
    before = ab.modified(one), ab.modified(other)

    def moved(method: str, path: str, body: dict) -> bool:
        nonlocal before
        ab.wrote(path, body, method)
        now = ab.modified(one), ab.modified(other)
        changed = now[0] > before[0] and now[1] > before[1]
        assert changed or now == before
        before = now
        return changed

    assert moved("POST", path, {"connection": ends})
    assert not moved("POST", path, {"connection": ends})
    assert moved("POST", path, {"connection": ends, "add_tags": relation})
    assert moved("POST", path, {"connection": ends, "remove_tags": relation})
    assert moved("POST", path, {"connection": {**ends, "inactive": True}})
    (row,) = ab.rows(path)
    assert not moved("PUT", f"{path}/{ab.uuid(row)}", {"inactive": True})
    assert moved("PUT", f"{path}/{ab.uuid(row)}", {"inactive": False})


def test_answers_of_a_connection_are_removed_too(ab):
    row = next(
        row for row in ab.state()["connections"] if ab.rows(f"connections/{ab.uuid(row)}/taggings")
    )
    (tagging,) = ab.rows(f"connections/{ab.uuid(row)}/taggings")
    assert tagging["_links"]["action_builder:connection"]["href"].endswith(ab.uuid(row))
    assert ab.delete(f"connections/{ab.uuid(row)}/taggings/{ab.uuid(tagging)}").status_code == 200
    assert ab.rows(f"connections/{ab.uuid(row)}/taggings") == []


def test_removing_a_person_hides_their_connections(ab):
    one, other = ab.person("Ana"), ab.person("Bo")
    row = ab.wrote(f"people/{one}/connections", {"connection": {"person_id": other}})
    ab.delete(f"people/{other}")
    assert ab.rows(f"people/{one}/connections") == []
    assert ab.get(f"people/{one}/connections/{ab.uuid(row)}").status_code == 404
    ab.wrote("people", {"person": known(other)})
    assert len(ab.rows(f"people/{one}/connections")) == 1


def test_new_connections_are_listed_under_their_tags_too(ab):
    for name in ("Ana", "Bo", "Cy", "Di", "Ed", "Flo"):  # of which some have no answer
        pair = ab.person(name), ab.person(f"{name} 2")
        body = {"connection": {"person_id": pair[1]}}
        if name < "D":
            body["add_tags"] = [ab.answer("Connection", "Relation", "Friend")]
        ab.wrote(f"people/{pair[0]}/connections", body)
    listed = []
    for value in ("Friend", "Family", "Coworker", "Roommate", "Other"):
        listed += ab.rows(f"tags/{ab.tag('Connection', 'Relation', value)}/taggings")
    mine = [row for row in ab.state()["taggings"] if row["item_type"] == "connection"]
    assert sorted(map(ab.uuid, listed)) == sorted(map(ab.uuid, mine))
    assert [row["created_date"][:10] for row in listed].count("2026-11-22") == 3


def test_a_tagging_is_not_found_under_another_tag(ab):
    person = ab.person(add_tags=[ab.answer("Work", "Shift", "Day shift")])
    (row,) = ab.tagged(person)
    other = ab.tag("Work", "Shift", "Graveyard")
    assert ab.get(f"tags/{other}/taggings/{ab.uuid(row)}").status_code == 404
    assert ab.delete(f"tags/{other}/taggings/{ab.uuid(row)}").status_code == 404
    assert ab.tagged(person) == [row]


def test_a_universal_field_takes_several_values_but_each_once(ab):
    skill = ab.answer("Membership", "Skills", "Driving")
    more = ab.answer("Membership", "Skills", "Cooking")
    person = ab.person(add_tags=[skill, skill, more])
    assert ab.values(person, "Skills") == ["Driving", "Cooking"]


def test_a_universal_answer_to_a_connection_is_lost_silently(ab):
    one, other = ab.person("Ana"), ab.person("Bo")
    body = {"connection": {"person_id": other}}
    body["add_tags"] = [ab.answer("Membership", "Skills", "Driving")]
    row = ab.wrote(f"people/{one}/connections", body)
    assert ab.rows(f"connections/{ab.uuid(row)}/taggings") == []


def test_a_connection_is_written_even_where_removing_its_answers_fails(ab):
    ab.switch(remove_tags="500")
    one, other = ab.person("Ana"), ab.person("Bo")
    relation = [ab.answer("Connection", "Relation", "Friend")]
    body = {"connection": {"person_id": other}, "remove_tags": relation}
    assert ab.post(f"people/{one}/connections", json=body).status_code == 500
    (row,) = ab.rows(f"people/{one}/connections")
    assert ab.put(f"people/{one}/connections/{ab.uuid(row)}", json={}).status_code == 422


def test_everything_that_is_listed_lags_where_that_is_switched_on(ab, clock):
    ab.switch(lag=5.0)
    one, other = ab.person("Ana"), ab.person("Bo")
    person = ab.person(add_tags=[ab.answer("Work", "Shift", "Day shift")])
    ab.wrote(f"people/{one}/connections", {"connection": {"person_id": other}})
    tag = ab.uuid(ab.wrote("tags", ab.answer("Work", "Shift", "Night shift")))
    paths = {
        f"people/{one}/connections": 1,
        f"people/{person}/taggings": 1,
        f"tags/{ab.tag('Work', 'Shift', 'Day shift')}/taggings": None,
        "tags": None,
    }
    before = {path: len(ab.rows(path)) for path in paths}
    clock.seconds += 6
    for path, count in paths.items():
        assert len(ab.rows(path)) == before[path] + 1
        assert count in (None, before[path] + 1)
    assert ab.get(f"tags/{tag}").status_code == 200
