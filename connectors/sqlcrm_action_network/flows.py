"""The parts of the connector that take several calls.

Source: Action Network API v2 documentation, "People", "Metadata"; read 2026-11-22.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from sqlcrm.sdk import (
    Column,
    Flow,
    Identity,
    Request,
    Row,
    ShapeChanged,
    dig,
    every_page,
    rows_at,
    step,
)
from sqlcrm.sdk.values import Query
from sqlcrm_action_network.columns import text
from sqlcrm_action_network.wire import COUNTED, equals, last_part, own_id

PEOPLE = "_embedded.osdi:people"
DONATIONS = "_embedded.osdi:donations"
PERSON = "_links.osdi:person.href"
MISSING = 404
CUSTOM_FIELDS = "action_network:custom_fields"

Fetch = Callable[[Sequence[Any], Query], Flow[Sequence[Row]]]


def who() -> Flow[Identity]:
    """Ask for a page of people, which takes a good key; the entry point answers without one.

    Nothing in the API tells whose key it is.
    """
    yield Request("GET", "/people", query=(("per_page", "1"),))
    return Identity("", may="what a key of this group may do")


def custom_fields(taken: frozenset[str]) -> Flow[Sequence[Column]]:
    """Read the custom fields as columns of people. `taken`: names that win, in lower case."""
    reply = yield Request("GET", "/metadata/custom_fields")
    used = set(taken)
    columns: list[Column] = []
    for field in rows_at(reply.body, CUSTOM_FIELDS, "/metadata/custom_fields"):
        title = str(field.get("name") or "")
        if not title:
            continue
        name = free_name(title, used)
        used.add(name)
        alias = (title,) if title.casefold() not in used else ()
        used |= {one.casefold() for one in alias}
        doc = f"Custom field {title!r}; a text, whatever its kind: a checkbox is '1'."
        columns.append(text(name, f"custom_fields.{step(title)}", aliases=alias, doc=doc))
    return columns


def free_name(title: str, used: set[str]) -> str:
    """Return a field's name in snake case, numbered where that is used.

    >>> free_name("T. size", set()), free_name("Email", {"email"})
    ('t_size', 'email_2')
    """
    base = re.sub(r"\W+", "_", title).strip("_").lower() or "field"
    name, count = base, 1
    while name in used:
        count += 1
        name = f"{base}_{count}"
    return name


def person_by_email(email: str) -> Flow[dict[str, Any] | None]:
    """Look a person up by address; None where there is none.

    The filter is exact, while the signup helper may know people without regard to case: so an
    address is looked for as it is given, and then in small letters.
    Raises: ShapeChanged where the API seems to have ignored the filter.
    """
    for spelled in dict.fromkeys((email, email.strip().lower())):
        query = (("filter", equals("email_address")(spelled)),)
        reply = yield Request("GET", "/people", query=query)
        rows = rows_at(reply.body, PEOPLE, "/people")
        for one in rows:
            address = dig(one, "email_addresses[primary].address")
            if isinstance(address, str) and address.strip().casefold() == email.strip().casefold():
                found: dict[str, Any] = one
                return found
        if rows:
            raise ShapeChanged(f"/people: asked for {spelled}, the API sent only others")
    return None


def people_by_address(keys: Sequence[Any], _query: Query) -> Flow[Sequence[Row]]:
    """Read people by their addresses."""
    found: list[Row] = []
    for email in keys:
        person = yield from person_by_email(str(email))
        found += [] if person is None else [person]
    return found


def records_by_email(records: str, at: str) -> Fetch:
    """Return the flow that reads the records of people by their addresses, each with its person."""

    def fetch(keys: Sequence[Any], query: Query) -> Flow[Sequence[Row]]:
        found: list[Row] = []
        for email in keys:
            person = yield from person_by_email(str(email))
            if person is None:
                continue
            fill = {"id": _id(person)}
            ask = Request("GET", f"/people/{{id}}/{records}", query=query, fill=fill)
            rows = yield from every_page(ask, at, COUNTED)
            found += [{**row, "person": person} for row in rows]
        return found

    return fetch


def people_by_email(keys: Sequence[Any], query: Query) -> Flow[Sequence[Row]]:
    """Read people by their addresses, each with itself as its person."""
    found = yield from people_by_address(keys, query)
    return [{**person, "person": person} for person in found]


def donations_of(keys: Sequence[Any], query: Query) -> Flow[Sequence[Row]]:
    """Read the donations of people. Those of a person who is gone are found in the whole list."""
    found: list[Row] = []
    gone: set[str] = set()
    for key in map(str, keys):
        request = Request("GET", "/people/{id}/donations", query=query, fill={"id": key})
        ask: Request | None = COUNTED.first(request)
        while ask is not None:
            got = yield ask
            if got.status == MISSING:
                gone.add(key)
                break
            rows = rows_at(got.body, DONATIONS, ask.path)
            found += rows
            ask = COUNTED.after(ask, got, rows)
    if gone:
        every = yield from every_page(Request("GET", "/donations", query=query), DONATIONS, COUNTED)
        found += [row for row in every if last_part(dig(row, PERSON)) in gone]
    return found


def campaign_attendances(keys: Sequence[Any], query: Query) -> Flow[Sequence[Row]]:
    """Read the attendances of every event of event campaigns, which may be other groups' events."""
    found: list[Row] = []
    for key in keys:
        fill = {"id": str(key)}
        events = yield from every_page(
            Request("GET", "/event_campaigns/{id}/events", fill=fill),
            "_embedded.osdi:events",
            COUNTED,
        )
        for event in events:
            path = "/event_campaigns/{id}/events/{event}/attendances"
            ask = Request("GET", path, query=query, fill={**fill, "event": _id(event)})
            rows = yield from every_page(ask, "_embedded.osdi:attendances", COUNTED)
            found += [{"event_campaign_id": key, **row} for row in rows]
    return found


def _id(row: Row) -> str:
    return own_id(row.get("identifiers"))
