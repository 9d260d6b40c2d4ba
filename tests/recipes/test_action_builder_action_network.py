"""action-builder-action-network.sql: a campaign of Action Builder and a group of Action Network.

What it must hold is taken from the help articles of the product feature that it stands in for.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sqlcrm.sandbox import Options, serve
from sqlcrm.session.plans import make_plan
from sqlcrm.session.scripts import Script
from sqlcrm_action_builder.sandbox import sandbox as builder_sandbox
from sqlcrm_action_network.sandbox import sandbox as network_sandbox

from .conftest import Desk, Moved, Served

SCRIPT = "action-builder-action-network.sql"
MAPPING = "action-builder-action-network.csv"
STATE = "action-builder-action-network.duckdb"
CAMPAIGN = "c0000000-0000-4000-8000-000000000001"
MAGIC = "Join the campaign's list"
MAPPED = """section,field,answer,tag
Work,Shift,Day shift,Day shift
Work,Shift,Graveyard,Night shift
Work,Department,Boss's office,Rep's pick
Campaign,Issues,Wages,Wages
Campaign,Issues,Safety,Driver
,latest_assessment,1,Leader
,latest_assessment,2,Supporter
"""
ANSWERS = {
    tag: (section, field, answer)
    for section, field, answer, tag in (line.split(",") for line in MAPPED.splitlines()[1:])
}

Row = dict[str, Any]


def own(row: Row) -> str:
    """The bare id of a row of either."""
    return next(
        one.split(":", 1)[1]
        for one in row["identifiers"]
        if one.startswith(("action_builder:", "action_network:"))
    )


def best(entity: Row) -> Row | None:
    """The best address of an entity: the first that is not bad."""
    found: list[Row] = entity["email_addresses"]
    return next((one for one in found if one.get("status") != "bad"), found[0] if found else None)


def linked(row: Row, relation: str) -> str:
    return str(row["_links"].get(relation, {}).get("href", "")).rsplit("/", 1)[-1]


class Both:
    """Both sandboxes, the recipe in a folder, and what people do on either side."""

    def __init__(self, builder: Served, network: Served, clock: Moved, desk: Desk) -> None:
        self.builder, self.network, self.clock, self.desk = builder, network, clock, desk
        self.campaign = CAMPAIGN
        for name in (MAGIC, *ANSWERS):
            self.tag_id(name)

    # What people do.

    def entity(self, email: str, status: str = "", *answers: str, **more: Any) -> str:
        """Make an entity; `answers` are tags of the mapping."""
        address = {"address": email} | ({"status": status} if status else {})
        person = {
            "action_builder:entity_type": "Person",
            "given_name": "Bo",
            "email_addresses": [address] if email else [],
            **more,
        }
        body = {"person": person, "add_tags": [self._answer(tag) for tag in answers]}
        return own(self.builder.api("POST", f"campaigns/{self.campaign}/people", body))

    def change(self, entity: str, **more: Any) -> None:
        self.builder.api("PUT", f"campaigns/{self.campaign}/people/{entity}", more)

    def answer(self, entity: str, tag: str) -> None:
        person = {"identifiers": [f"action_builder:{entity}"]}
        body = {"person": person, "add_tags": [self._answer(tag)]}
        self.builder.api("POST", f"campaigns/{self.campaign}/people", body)

    def take_back(self, entity: str, tag: str) -> None:
        person = {"identifiers": [f"action_builder:{entity}"]}
        body = {"person": person, "remove_tags": [self._answer(tag)]}
        self.builder.api("POST", f"campaigns/{self.campaign}/people", body)

    def assess(self, entity: str, level: int | None) -> None:
        self.change(entity, **{"action_builder:latest_assessment": level})

    def activist(self, email: str, status: str = "unsubscribed", *tags: str, **more: Any) -> str:
        person: Row = {"given_name": "Bo", **more}
        if email:
            person["email_addresses"] = [{"address": email, "status": status}]
        body = {"person": person, "add_tags": list(tags)}
        return own(self.network.api("POST", "people", body))

    def edit(self, activist: str, **more: Any) -> None:
        self.network.api("PUT", f"people/{activist}", more)

    def tag(self, activist: str, name: str) -> None:
        link = {"osdi:person": {"href": f"{self.network.url}/api/v2/people/{activist}"}}
        self.network.api("POST", f"tags/{self.tag_id(name)}/taggings", {"_links": link})

    def untag(self, activist: str, name: str) -> None:
        tag = self.tag_id(name)
        (tagging,) = [
            own(row)
            for row in self.network.state()["taggings"]
            if linked(row, "osdi:person") == activist
            and linked(row, "osdi:tag") == self.tag_id(name)
        ]
        self.network.api("DELETE", f"tags/{tag}/taggings/{tagging}")

    def tag_id(self, name: str) -> str:
        """The id of a tag of the group; it is made where there is none."""
        for row in self.network.state()["tags"]:
            if row["name"] == name:
                return own(row)
        return own(self.network.api("POST", "tags", {"name": name}))

    @staticmethod
    def _answer(tag: str) -> Row:
        section, field, answer = ANSWERS[tag]
        return {"action_builder:section": section, "action_builder:field": field, "name": answer}

    # What the recipe does.

    def run(self, magic: str = MAGIC, **limits: Any) -> Script:
        return self.desk.run(SCRIPT, {"magic": magic}, **limits)

    def hour(self, magic: str = MAGIC) -> int:
        """An hour later, run; return how many calls wrote."""
        self.clock.ahead += timedelta(hours=1)
        before = self.builder.writes() + self.network.writes()
        script = self.run(magic)
        assert (script.exit_code, script.errors) == (0, [])
        return self.builder.writes() + self.network.writes() - before

    def until_done(self) -> int:
        """Run and resume until all went well; return how many runs that took."""
        for count in range(1, 40):
            self.clock.ahead += timedelta(hours=1)
            if self.run().exit_code == 0:
                return count
            self.desk.resume()
        pytest.fail("it never ends well")

    # What is there.

    def entities(self) -> dict[str, Row]:
        """People of the campaign by their best address: names, numbers, mapped answers."""
        prefix = "" if self.campaign == CAMPAIGN else f"{self.campaign}/"
        state = self.builder.state()
        names = {answer: tag for tag, answer in ANSWERS.items()}
        answers: dict[str, set[str]] = {}
        for row in state[f"{prefix}taggings"]:
            what = (
                row["action_builder:section"],
                row["action_builder:field"],
                row["action_builder:name"],
            )
            if what in names:
                answers.setdefault(linked(row, "osdi:person"), set()).add(names[what])
        found: dict[str, Row] = {}
        for row in state[f"{prefix}people"]:
            address = best(row)
            if row["action_builder:entity_type"] != "person" or address is None:
                continue
            level = row.get("action_builder:latest_assessment")
            given = (
                {names[key]} if (key := ("", "latest_assessment", str(level))) in names else set()
            )
            found.setdefault(
                address["address"].lower(),
                {
                    "id": own(row),
                    "given_name": row.get("given_name"),
                    "family_name": row.get("family_name"),
                    "status": address.get("status"),
                    "phones": [one["number"] for one in row["phone_numbers"]],
                    "tags": answers.get(own(row), set()) | given,
                },
            )
        return found

    def activists(self) -> dict[str, Row]:
        """People of the group by their address: names, number, mapped tags."""
        state = self.network.state()
        names = {own(row): row["name"] for row in state["tags"]}
        tags: dict[str, set[str]] = {}
        for row in state["taggings"]:
            tags.setdefault(linked(row, "osdi:person"), set()).add(names[linked(row, "osdi:tag")])
        found = {}
        for row in state["people"]:
            for address in row["email_addresses"]:
                found[address["address"].lower()] = {
                    "id": own(row),
                    "given_name": row.get("given_name") or None,
                    "family_name": row.get("family_name") or None,
                    "status": address["status"],
                    "phones": [one["number"] for one in row["phone_numbers"]],
                    "tags": tags.get(own(row), set()) & ANSWERS.keys(),
                    "all": tags.get(own(row), set()),
                }
        return found

    def statuses(self) -> dict[tuple[str, str, str], str | None]:
        """Every status of every address and number, of both."""
        found: dict[tuple[str, str, str], str | None] = {}
        for side, served in (("ab", self.builder), ("an", self.network)):
            for resource, rows in served.state().items():
                if resource.rpartition("/")[2] != "people":
                    continue
                for row in rows:
                    for one in (*row["email_addresses"], *row["phone_numbers"]):
                        value = str(one.get("address", one.get("number"))).lower()
                        found[side, own(row), value] = one.get("status")
        return found

    def all(self) -> list[Any]:
        """All that matters of both, without ids and dates."""
        return [
            {
                email: {**row, "id": "", "tags": sorted(row["tags"]), "all": ""}
                for email, row in of.items()
            }
            for of in (self.entities(), self.activists())
        ]


def check(both: Both) -> None:
    """Whether both sides say the same, row by row."""
    entities, activists = both.entities(), both.activists()
    for email, entity in entities.items():
        activist = activists[email]
        for what in ("given_name", "family_name", "tags"):
            assert entity[what] == activist[what], (email, what)
        assert set(activist["phones"]) <= set(entity["phones"]), email
    for email, activist in activists.items():
        if MAGIC in activist["all"] and activist["given_name"]:
            assert email in entities, email


@pytest.fixture
def clock() -> Moved:
    return Moved()


def _both(folder: Path, clock: Moved, people: int) -> Iterator[Both]:
    options = Options(people=people, limits="off", clock=clock)
    with serve([builder_sandbox, network_sandbox], options) as running:
        builder, network = Served(running[0], "/api/rest/v1"), Served(running[1], "/api/v2")
        desk = Desk(folder, {"ab": builder.settings, "an": network.settings})
        desk.copy(SCRIPT)
        (folder / MAPPING).write_text(MAPPED, encoding="utf-8")
        yield Both(builder, network, clock, desk)


@pytest.fixture
def both(folder: Path, clock: Moved) -> Iterator[Both]:
    """Nobody on either side."""
    yield from _both(folder, clock, 0)


@pytest.fixture
def crowd(folder: Path, clock: Moved) -> Iterator[Both]:
    """Sixty on either side, of whom nobody is on both, and six who are."""
    for both in _both(folder, clock, 60):
        for number, status in enumerate(
            ("subscribed", "unsubscribed", "bad", "do_not_contact", "", "subscribed")
        ):
            more = {"phone_numbers": [{"number": f"1202555010{number}"}]} if number % 2 else {}
            both.entity(f"O'Both{number}@example.org", status, "Day shift", "Wages", **more)
            tags = ("Rep's pick", "Leader", MAGIC)[number % 3 :]
            both.activist(
                f"o'both{number}@example.org", "unsubscribed", *tags, family_name="O'Hara"
            )
        yield both


def test_people_of_both_meet_and_a_second_run_writes_nothing(crowd: Both) -> None:
    """D2, D3, D4 over a whole campaign; then two runs without a write."""
    before = crowd.statuses()
    script = crowd.run()
    assert script.exit_code in {0, 4}  # activists without a first name are refused
    refused = [r.counts.get("rejected", 0) for r in crowd.desk.reports]
    nameless = [a for a in crowd.activists().values() if MAGIC in a["all"] and not a["given_name"]]
    assert sum(refused) == len(nameless)
    check(crowd)
    assert [crowd.hour(), crowd.hour()] == [0, 0]
    after = crowd.statuses()
    assert {key: after[key] for key in before} == before
    entities = crowd.entities()
    new = {key: status for key, status in after.items() if key not in before}
    activists = {row["id"]: email for email, row in crowd.activists().items()}
    for (side, person, value), status in new.items():
        wanted = "unsubscribed"
        if side == "an" and "@" in value and entities[activists[person]]["status"] == "subscribed":
            wanted = "subscribed"
        assert status == wanted, value


@pytest.mark.parametrize("status", ["subscribed", "unsubscribed", "bad", "do_not_contact", ""])
def test_a_new_activist_is_subscribed_only_where_the_address_says_so(
    both: Both, status: str
) -> None:
    """D2: no match creates an activist, who is listed as unsubscribed otherwise."""
    both.entity("o'new@example.org", status, "Wages", family_name="O'Hara")
    both.hour()
    activist = both.activists()["o'new@example.org"]
    assert activist["status"] == ("subscribed" if status == "subscribed" else "unsubscribed")
    assert activist["family_name"] == "O'Hara"
    assert activist["tags"] == {"Wages"}
    assert both.hour() == 0


def test_the_match_is_by_the_best_address(both: Both) -> None:
    """D2: of several addresses it is the first that is not bad."""
    first = both.activist("first@example.org", "unsubscribed")
    addresses = [
        {"address": "first@example.org", "status": "bad"},
        {"address": "Second@example.org", "status": "unsubscribed"},
        {"address": "third@example.org", "status": "subscribed"},
    ]
    both.entity("", email_addresses=addresses, family_name="Ek")
    both.hour()
    activists = both.activists()
    assert activists.keys() == {"first@example.org", "second@example.org"}
    assert activists["second@example.org"]["status"] == "unsubscribed"
    assert activists["first@example.org"] == {
        **activists["first@example.org"],
        "id": first,
        "family_name": None,
    }
    assert both.hour() == 0


def test_an_address_of_several_entities_is_the_first_ones(both: Both) -> None:
    both.entity("home@example.org", "", "Wages", given_name="Ann")
    second = both.entity("home@example.org", "subscribed", given_name="Bob")
    both.hour()
    found = both.activists()["home@example.org"]
    assert (found["given_name"], found["status"]) == ("Ann", "unsubscribed")
    both.change(second, given_name="Rob")
    assert both.hour() == 0


def test_activists_without_a_match_are_left_alone(both: Both) -> None:
    """D4: only the magic tag pulls somebody in; with a match mapped tags become answers."""
    both.activist("alone@example.org", "subscribed", "Wages", "Day shift")
    both.activist("match@example.org", "subscribed", "Wages", "Night shift")
    both.entity("match@example.org", "unsubscribed")
    both.hour()
    entities = both.entities()
    assert entities.keys() == {"match@example.org"}
    assert entities["match@example.org"]["tags"] == {"Wages", "Night shift"}
    assert both.hour() == 0


def test_the_magic_tag_pulls_an_activist_into_the_campaign(both: Both) -> None:
    """D4: from the run after the tag was given, with number and mapped tags, and unsubscribed."""
    phone = [{"number": "12025550188"}]
    late = both.activist("late@example.org", "subscribed", "Leader", phone_numbers=phone)
    both.hour()
    assert both.entities() == {}
    both.tag(late, MAGIC)
    both.hour()
    entity = both.entities()["late@example.org"]
    assert entity["phones"] == ["12025550188"]
    assert entity["tags"] == {"Leader"}
    assert entity["status"] == "unsubscribed"
    assert both.activists()["late@example.org"]["status"] == "subscribed"
    assert both.hour() == 0


def test_without_a_magic_tag_nobody_is_pulled_in(both: Both) -> None:
    both.activist("a@example.org", "subscribed", MAGIC, "Wages")
    both.hour(magic="")
    assert both.entities() == {}


def test_people_without_an_address_are_left_alone(both: Both) -> None:
    """D2: the match is by address; without one there is none, on either side."""
    both.entity("", phone_numbers=[{"number": "12025550101"}])
    texting = both.activist("", "", MAGIC, phone_numbers=[{"number": "12025550102"}])
    assert texting
    assert both.hour() == 0


def test_edits_on_one_side_reach_the_other(both: Both) -> None:
    """D3: contact data and tags flow both ways; nothing erases a value."""
    entity = both.entity("a@example.org", "", "Wages", family_name="Ek")
    both.hour()
    both.change(entity, given_name="O'Bo", phone_numbers=[{"number": "12025550101"}])
    both.answer(entity, "Day shift")
    both.hour()
    activist = both.activists()["a@example.org"]
    assert (activist["given_name"], activist["phones"]) == ("O'Bo", ["12025550101"])
    assert activist["tags"] == {"Wages", "Day shift"}
    assert both.hour() == 0
    both.edit(activist["id"], family_name="D'Arc", phone_numbers=[{"number": "12025550102"}])
    both.tag(activist["id"], "Rep's pick")
    both.hour()
    check(both)
    found = both.entities()["a@example.org"]
    assert (found["family_name"], found["phones"]) == ("D'Arc", ["12025550101", "12025550102"])
    assert found["tags"] == {"Wages", "Day shift", "Rep's pick"}
    assert both.hour() == 0
    both.edit(activist["id"], family_name=None)
    both.hour()
    check(both)
    assert both.entities()["a@example.org"]["family_name"] == "D'Arc"
    assert both.activists()["a@example.org"]["phones"] == ["12025550102"]


@pytest.mark.slow
def test_a_value_that_went_one_way_can_be_changed_on_the_other_side(both: Both) -> None:
    """D3: what the recipe wrote is nobody's edit, in the hour after it too."""
    entity = both.entity("a@example.org", given_name="One")
    both.hour()
    activist = both.activists()["a@example.org"]["id"]
    for number, name in enumerate(["Two", "Three", "Two", "One", "Four", "One"]):
        if number % 2:
            both.change(entity, given_name=name)
        else:
            both.edit(activist, given_name=name)
        both.hour()
        assert both.entities()["a@example.org"]["given_name"] == name
        assert both.activists()["a@example.org"]["given_name"] == name


def test_of_conflicting_edits_the_campaigns_wins(both: Both) -> None:
    entity = both.entity("a@example.org", "", "Wages", given_name="Old", family_name="Old")
    both.hour()
    activist = both.activists()["a@example.org"]["id"]
    both.change(entity, given_name="Builder")
    both.edit(activist, given_name="Network", family_name="Network")
    both.take_back(entity, "Wages")
    both.edit(activist, languages_spoken=["es"])
    both.hour()
    check(both)
    found = both.entities()["a@example.org"]
    assert (found["given_name"], found["family_name"], found["tags"]) == (
        "Builder",
        "Network",
        set(),
    )
    assert both.hour() == 0


@pytest.mark.parametrize("tag", ["Wages", "Rep's pick", "Leader"])
def test_a_tag_removed_on_one_side_goes_on_the_other(both: Both, tag: str) -> None:
    """D3: removing the answer removes the tag, and the other way round; others stay."""
    one = both.entity("one@example.org", "", "Day shift")
    two = both.entity("two@example.org", "", "Day shift")
    for entity in (one, two):
        both.assess(entity, 1) if tag == "Leader" else both.answer(entity, tag)
    both.hour()
    assert both.activists()["two@example.org"]["tags"] == {"Day shift", tag}
    both.assess(one, None) if tag == "Leader" else both.take_back(one, tag)
    both.untag(both.activists()["two@example.org"]["id"], tag)
    both.hour()
    check(both)
    assert [row["tags"] for row in both.entities().values()] == [{"Day shift"}, {"Day shift"}]
    assert both.hour() == 0


def test_changing_the_assessment_swaps_the_tag(both: Both) -> None:
    entity = both.entity("a@example.org")
    both.assess(entity, 1)
    both.hour()
    assert both.activists()["a@example.org"]["tags"] == {"Leader"}
    both.assess(entity, 2)
    both.hour()
    assert both.activists()["a@example.org"]["tags"] == {"Supporter"}
    both.tag(both.activists()["a@example.org"]["id"], "Leader")
    both.hour()
    check(both)
    assert both.entities()["a@example.org"]["tags"] == {"Leader"}
    assert both.hour() == 0


def test_a_field_of_one_answer_keeps_the_newest_one(both: Both) -> None:
    entity = both.entity("a@example.org", "", "Day shift")
    both.hour()
    both.tag(both.activists()["a@example.org"]["id"], "Night shift")
    both.hour()
    check(both)
    assert both.entities()["a@example.org"]["tags"] == {"Night shift"}
    both.answer(entity, "Day shift")
    both.hour()
    check(both)
    assert both.activists()["a@example.org"]["tags"] == {"Day shift"}
    assert both.hour() == 0


def test_unsubscribing_on_one_side_changes_nothing_on_the_other(both: Both) -> None:
    """Section 7: unsubscribing in Action Builder does not change the status in Action Network."""
    entity = both.entity("a@example.org", "subscribed")
    both.entity("b@example.org", "subscribed")
    both.hour()
    assert both.activists()["a@example.org"]["status"] == "subscribed"
    gone = [{"address": "a@example.org", "status": "unsubscribed"}]
    both.change(entity, email_addresses=gone, family_name="Ek")
    left = [{"status": "unsubscribed"}]
    both.edit(both.activists()["b@example.org"]["id"], email_addresses=left, family_name="Lee")
    both.hour()
    check(both)
    statuses = {
        e: (row["status"], both.activists()[e]["status"]) for e, row in both.entities().items()
    }
    assert statuses == {
        "a@example.org": ("unsubscribed", "subscribed"),
        "b@example.org": ("subscribed", "unsubscribed"),
    }


def test_a_number_that_somebody_else_has_is_not_taken(both: Both) -> None:
    """The group keeps a number with one person; two who share one would have it by turns."""
    landline = [{"number": "12025550101"}]
    both.entity("a@example.org", phone_numbers=landline)
    both.entity("b@example.org", phone_numbers=landline)
    texting = [{"number": "12025550102", "status": "subscribed"}]
    both.activist("", phone_numbers=texting)
    both.entity("c@example.org", phone_numbers=[{"number": "12025550102"}])
    both.hour()
    found = {email: row["phones"] for email, row in both.activists().items()}
    assert found == {"a@example.org": ["12025550101"], "b@example.org": [], "c@example.org": []}
    assert [both.hour(), both.hour()] == [0, 0]
    assert len(both.network.state()["people"]) == 4


def test_who_was_taken_out_on_one_side_does_not_come_back(both: Both) -> None:
    """An entity removed from the campaign, an activist deleted by an organiser."""
    removed = both.entity("removed@example.org", "subscribed")
    deleted = both.entity("deleted@example.org", "subscribed")
    both.hour()
    activists = both.activists()
    both.tag(activists["removed@example.org"]["id"], MAGIC)
    both.builder.api("DELETE", f"campaigns/{CAMPAIGN}/people/{removed}")
    body = {"action": "delete_person", "person": activists["deleted@example.org"]["id"]}
    both.network.ask("POST", "/_sandbox/actions", body)
    both.change(deleted, family_name="Ek")
    assert both.hour() == 0
    assert both.entities().keys() == {"deleted@example.org"}
    assert both.activists().keys() == {"removed@example.org"}


def test_a_group_serves_two_campaigns(
    both: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D1: each has a folder, a magic tag and a state of its own; the group is the same."""
    campaigns = [own(row) for row in both.builder.state()["campaigns"]]
    second = next(one for one in campaigns if one != CAMPAIGN)
    both.entity("a@example.org", "", "Wages")
    both.tag_id("Second list")
    both.activist("b@example.org", "subscribed", "Second list")
    both.hour()
    folder = tmp_path / "second"
    folder.mkdir()
    monkeypatch.chdir(folder)
    settings = {**both.desk.settings, "ab": {**both.builder.settings, "campaign": second}}
    desk = Desk(folder, settings)
    desk.copy(SCRIPT)
    (folder / MAPPING).write_text("section,field,answer,tag\nWork,Shift,Graveyard,Night shift\n")
    script = desk.run(SCRIPT, {"magic": "Second list"})
    assert script.exit_code == 0
    assert both.entities().keys() == {"a@example.org"}
    both.campaign = second
    assert both.entities().keys() == {"b@example.org"}
    assert both.activists().keys() == {"a@example.org", "b@example.org"}


@pytest.mark.slow
def test_a_new_line_of_the_mapping_counts_for_everybody(both: Both, folder: Path) -> None:
    without = "\n".join(line for line in MAPPED.splitlines() if "Wages" not in line)
    (folder / MAPPING).write_text(without, encoding="utf-8")
    both.entity("a@example.org", "", "Wages")
    both.entity("b@example.org")
    both.hour()
    both.tag(both.activists()["b@example.org"]["id"], "Wages")
    both.hour()
    assert both.activists()["a@example.org"]["tags"] == set()
    both.hour()
    (folder / MAPPING).write_text(MAPPED, encoding="utf-8")
    both.hour()
    assert {email: row["tags"] for email, row in both.entities().items()} == {
        "a@example.org": {"Wages"},
        "b@example.org": {"Wages"},
    }
    check(both)
    moved = MAPPED.replace("Issues,Wages,Wages", "Issues,Heat,Wages")
    (folder / MAPPING).write_text(moved, encoding="utf-8")
    both.hour()
    assert both.activists()["a@example.org"]["tags"] == {"Wages"}, "mapped otherwise, not removed"


def test_what_was_refused_is_not_agreed_on(both: Both, folder: Path) -> None:
    """An answer that the campaign ignores is tried again, and its tag stays in the group."""
    bad = MAPPED.replace("Issues,Wages", "Issues,Weather")
    (folder / MAPPING).write_text(bad, encoding="utf-8")
    both.entity("a@example.org", "", "Day shift")
    both.activist("a@example.org", "subscribed", "Wages")
    script = both.run()
    assert script.exit_code == 4
    with duckdb.connect(str(folder / STATE), read_only=True) as state:
        found = state.execute("SELECT fact, value FROM facts WHERE fact LIKE '#%'").fetchall()
    assert found == [("#Day shift", "yes"), ("#Wages", None)]
    both.clock.ahead += timedelta(hours=1)
    assert both.run().exit_code == 4
    assert "Wages" in both.activists()["a@example.org"]["all"]


@pytest.mark.slow
def test_a_name_that_the_campaign_refuses_is_not_agreed_on(both: Both) -> None:
    """Whether names can be changed there is not certain: where not, the group's is kept, too."""
    both.entity("a@example.org", given_name="Old")
    both.hour()
    both.builder.set(put_names=False)
    activist = both.activists()["a@example.org"]["id"]
    both.edit(activist, given_name="New")
    for _ in range(2):
        both.clock.ahead += timedelta(hours=1)
        both.run()
        assert both.activists()["a@example.org"]["given_name"] == "New"
    both.builder.set(put_names=True)
    both.edit(activist, family_name="Ek")
    both.hour()
    check(both)


def test_a_plan_changes_nothing_and_agrees_on_nothing(both: Both) -> None:
    entity = both.entity("a@example.org", "", "Wages", given_name="Old")
    both.hour()
    both.change(entity, given_name="New")
    both.take_back(entity, "Wages")
    both.clock.ahead += timedelta(hours=1)
    before = both.builder.writes() + both.network.writes()
    session = both.desk.session()
    try:
        text = (both.desk.folder / SCRIPT).read_text(encoding="utf-8")
        plan = make_plan(session, text, {"magic": MAGIC}, name=SCRIPT)
        assert plan.counts
    finally:
        session.close()
    assert both.builder.writes() + both.network.writes() == before
    both.hour()
    check(both)
    found = both.entities()["a@example.org"]
    assert (found["given_name"], found["tags"]) == ("New", set())


@pytest.mark.slow
@pytest.mark.parametrize("statement", [1, 3, 5, 8])
def test_a_run_that_ends_between_two_statements_does_no_harm(both: Both, statement: int) -> None:
    """It is run again; what people changed in the meantime is kept."""
    one = both.entity("one@example.org", "", "Wages", given_name="Old", family_name="Old")
    both.hour()
    activist = both.activists()["one@example.org"]["id"]
    both.entity("new@example.org", "", "Wages")
    both.activist("pulled@example.org", "", MAGIC, "Driver")
    both.change(one, given_name="Builder")
    both.edit(activist, family_name="Network")
    both.tag(activist, "Driver")
    both.take_back(one, "Wages")
    path = both.desk.folder / SCRIPT
    text = path.read_text(encoding="utf-8")
    parts = text.split("\n-- 6.")[0].split(";\n")
    writes = [n for n, part in enumerate(parts) if "@a" in part.split("\n(")[0].split("SELECT")[0]]
    cut = writes[-statement] + 1
    path.write_text(";\n".join(parts[:cut]) + ";\n", encoding="utf-8")
    both.hour()
    path.write_text(text, encoding="utf-8")
    if "Network" in str(both.entities()):  # written: an edit since then is theirs
        both.edit(activist, family_name="Later")
    both.hour()
    check(both)
    found = both.entities()["one@example.org"]
    assert found["given_name"] == "Builder"
    assert found["family_name"] in {"Network", "Later"}
    assert found["family_name"] == both.activists()["one@example.org"]["family_name"]
    assert found["tags"] == {"Driver"}
    assert both.hour() == 0


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["429", "500", "lost-reply", "truncated", "slow"])
def test_with_faults_it_ends_as_without(
    folder: Path, clock: Moved, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run, resume, run again until all is well: the same as where nothing went wrong."""
    ends = []
    for name in ("", fault):
        place = folder / (name or "none")
        place.mkdir()
        for both in _both(place, clock, 0):
            monkeypatch.chdir(place)
            _prepared(both)
            for served in (both.builder, both.network):
                served.fault(name, 0.05)
            both.until_done()
            _edited(both)
            both.until_done()
            for served in (both.builder, both.network):
                served.fault()
            assert both.hour() == 0
            check(both)
            ends.append(both.all())
    assert ends[0] == ends[1]


def _prepared(both: Both) -> None:
    for number in range(3):
        both.entity(f"e{number}@example.org", ("subscribed", "")[number % 2], "Wages", "Day shift")
        tags = (MAGIC, "Driver", "Rep's pick")
        phones = [{"number": f"1202555012{number}"}]
        both.activist(f"a{number}@example.org", "subscribed", *tags, phone_numbers=phones)


def _edited(both: Both) -> None:
    entities, activists = both.entities(), both.activists()
    for number, (email, entity) in enumerate(sorted(entities.items())):
        if number % 2:
            both.change(entity["id"], family_name=f"Builder {number}")
            both.answer(entity["id"], "Driver")
        else:
            both.edit(activists[email]["id"], family_name=f"Network {number}")
            both.untag(activists[email]["id"], next(iter(sorted(activists[email]["tags"]))))
