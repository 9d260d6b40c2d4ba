"""The bulk importer over HTTP, against the sandbox: an independent reading of the same facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from sqlcrm.sandbox import Options, serve
from sqlcrm.sdk import BatchRefused, Outcome, Request, Row
from sqlcrm.transport import Client, Limiter, testing
from sqlcrm_activecampaign import bulk, connector
from sqlcrm_activecampaign.sandbox import sandbox

PEOPLE = 260


class Account:
    """An account in the sandbox, through the connector's own way out and behind its back."""

    def __init__(self, client: Client, waits: list[float]) -> None:
        self.client = client
        self.waits = waits

    def get(self, path: str, **query: Any) -> Any:
        asked = tuple((name, str(value)) for name, value in query.items())
        return self.client.send(Request("GET", path, query=asked)).response.body

    def post(self, path: str, body: Any) -> Any:
        return self.client.send(Request("POST", path, body=body)).response.body

    def people(self, count: int) -> list[Row]:
        """Return contacts, 100 a call."""
        found: list[Row] = []
        while len(found) < count:
            last = found[-1]["id"] if found else "0"
            query = {"limit": 100, "id_greater": last, "orders[id]": "ASC"}
            found += self.get("/contacts", **query)["contacts"]
        return found[:count]

    def imported(self, send: Any, rows: Sequence[Row]) -> list[Outcome]:
        """Send a batch and wait for its jobs; no row may have been refused."""
        outcomes: list[Outcome] = self.client.drive(send(rows))
        assert {outcome.state for outcome in outcomes} == {"accepted"}
        for ticket in dict.fromkeys(outcome.ticket for outcome in outcomes):
            assert self.client.drive(bulk.finish(ticket)) == "done"
        return outcomes

    def made(self) -> int:
        """Return how many of the new contacts there are."""
        reply = self.get("/contacts", email_like="@import.example.org", limit=1)
        return int(reply["meta"]["total"])

    def beside(self, contact: Any, name: str) -> list[Row]:
        return list(self.get(f"/contacts/{contact}/{name}")[name])


@pytest.fixture
def account() -> Iterator[Account]:
    with testing() as clock, serve([sandbox], Options(people=PEOPLE, limits="off")) as running:
        settings = {name: running[0].settings[name] for name in ("url", "api_key")}
        with Client(
            connection="ac",
            connector=connector,
            settings=settings,
            limiter=Limiter((), clock),
            clock=clock,
        ) as client:
            yield Account(client, clock.waits)


def new(count: int) -> list[dict[str, Any]]:
    return [{"email": f"p{n}@import.example.org", "firstName": f"N{n}"} for n in range(count)]


@pytest.mark.parametrize(("count", "calls"), [(250, 1), (251, 2)])
def test_new_contacts_are_made_in_the_fewest_calls(
    account: Account, count: int, calls: int
) -> None:
    outcomes = account.imported(bulk.new_contacts, new(count))
    assert len({outcome.ticket for outcome in outcomes}) == calls
    assert account.made() == count
    (last,) = account.get("/contacts", email=f"p{count - 1}@import.example.org")["contacts"]
    assert last["firstName"] == f"N{count - 1}"


def test_a_job_is_asked_for_after_a_while(account: Account) -> None:
    """B6: it is not done when it is accepted."""
    account.imported(bulk.new_contacts, new(20))
    assert account.waits
    assert account.waits[0] == bulk.POLLS[0]


def test_a_batch_too_large_for_one_call_goes_in_several(account: Account) -> None:
    rows = [{**row, "lastName": "x" * 150_000} for row in new(5)]
    outcomes = account.imported(bulk.new_contacts, rows)
    assert len({outcome.ticket for outcome in outcomes}) == 3
    assert account.made() == 5


def test_contacts_that_exist_are_changed_by_their_address(account: Account) -> None:
    people = account.people(20)
    rows = [{"email": person["email"], "lastName": "Changed"} for person in people]
    account.imported(bulk.changed_contacts, rows)
    after = account.people(20)
    assert {person["lastName"] for person in after} == {"Changed"}
    kept = [(person["id"], person["email"], person["firstName"]) for person in people]
    assert [(person["id"], person["email"], person["firstName"]) for person in after] == kept
    assert int(account.get("/contacts", limit=1)["meta"]["total"]) == PEOPLE


def test_tags_of_a_contact_go_as_one_and_no_tag_is_made(account: Account) -> None:
    known = account.get("/tags", limit=100)["tags"]
    some = [tag for tag in known if tag["tagType"] == "contact"][:3]
    people = account.people(250)
    rows = [
        {
            "contact": int(person["id"]),
            "tag": int(tag["id"]),
            "email": person["email"],
            "tag_name": tag["tag"],
            "tag_type": tag["tagType"],
        }
        for tag in some
        for person in people
    ]
    calls = account.client.calls
    outcomes = account.client.drive(bulk.tags(rows))
    assert account.client.calls == calls + 1
    assert len(outcomes) == 750
    assert account.client.drive(bulk.finish(outcomes[0].ticket)) == "done"
    for person in (people[0], people[-1]):
        has = {row["tag"] for row in account.beside(person["id"], "contactTags")}
        assert has >= {tag["id"] for tag in some}
    assert account.get("/tags", limit=100)["meta"]["total"] == str(len(known))


def test_values_of_fields_are_set(account: Account) -> None:
    number = int(account.get("/fields", limit=1)["fields"][0]["id"])
    people = account.people(12)
    rows = [
        {"contact": int(p["id"]), "field": number, "value": f"v{p['id']}", "email": p["email"]}
        for p in people
    ]
    account.imported(bulk.field_values, rows)
    account.imported(bulk.field_values, [{**row, "value": "again"} for row in rows])
    for person in people:
        values = account.beside(person["id"], "fieldValues")
        assert [v["value"] for v in values if v["field"] == str(number)] == ["again"]


def test_people_are_put_on_a_list_and_taken_off_but_never_put_back(account: Account) -> None:
    """The importer skips who has left without a word: a row read back says so."""
    made = {"name": "Bulk", "stringid": "bulk", "sender_url": "x.org", "sender_reminder": "r"}
    number = int(account.post("/lists", {"list": made})["list"]["id"])
    people = account.people(12)
    rows: list[dict[str, Any]] = [
        {"contact": int(p["id"]), "list": number, "status": 1, "email": p["email"]} for p in people
    ]

    def statuses() -> set[str]:
        rows = [account.beside(person["id"], "contactLists") for person in people]
        return {row["status"] for some in rows for row in some if row["list"] == str(number)}

    account.imported(bulk.subscriptions, rows)
    assert statuses() == {"1"}
    account.imported(bulk.subscriptions, [{**row, "status": 2} for row in rows])
    assert statuses() == {"2"}
    account.imported(bulk.subscriptions, rows)
    assert statuses() == {"2"}


def test_who_was_never_on_a_list_has_a_row_after_leaving_it(account: Account) -> None:
    """As the single call leaves one: an opt-out is remembered."""
    made = {"name": "Bulk", "stringid": "bulk", "sender_url": "x.org", "sender_reminder": "r"}
    number = int(account.post("/lists", {"list": made})["list"]["id"])
    (person,) = account.people(1)
    row = {"contact": int(person["id"]), "list": number, "status": 2, "email": person["email"]}
    account.imported(bulk.subscriptions, [row])
    lists = account.beside(person["id"], "contactLists")
    assert [each["status"] for each in lists if each["list"] == str(number)] == ["2"]


def test_an_address_that_is_none_is_found_missing_afterwards(account: Account) -> None:
    """B6: the job takes it and leaves it out; done is what is read back, not what was accepted."""
    account.imported(bulk.new_contacts, [*new(11), {"email": "bad@@x"}])
    assert account.get("/contacts", email="bad@@x")["contacts"] == []
    assert account.made() == 11


def test_a_call_that_is_refused_names_its_culprit(account: Account) -> None:
    """B7: nothing of the call is done, and the rows that are named are named by position."""
    rows = [*new(11), {"email": "none"}, *new(13)[11:]]
    with pytest.raises(BatchRefused) as caught:
        account.client.drive(bulk.new_contacts(rows))
    assert list(caught.value.culprits) == [11]
    assert account.made() == 0
