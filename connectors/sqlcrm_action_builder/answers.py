"""Answers are written by naming section, field and value, and believed when they are read back.

What does not match, or is not activated in the campaign, is ignored with a success; notes and
numbers add up with every call; a 404 may mean "gone", or "universal, and not to be deleted".
Source: Action Builder API v1 docs, "Person signup helper", "Taggings"; traps that clients report
(common-cause/actionbuilder-sync). Read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlcrm.sdk import Flow, Outcome, Request, Row, every_page
from sqlcrm.sdk import rows_at as rows_of
from sqlcrm_action_builder.flows import PEOPLE_AT
from sqlcrm_action_builder.objects import entity, tagging
from sqlcrm_action_builder.replies import reason
from sqlcrm_action_builder.wire import CAMPAIGN, OWN, PAGES, PEOPLE, TAGS, full_id

TAGGINGS_AT = "_embedded.osdi:taggings"
OF_PERSON = f"{PEOPLE}/{{person_id}}/taggings"
OF_CONNECTION = f"{CAMPAIGN}/connections/{{connection_id}}/taggings"
OF_TAG = f"{TAGS}/{{tag_id}}/taggings"
TAGGING = f"{OF_TAG}/{{id}}"

WAIT = 3.0
"""Seconds before a second look: what was written shows after seconds (a client)."""

IGNORED = (
    "the API ignored it: section, field and answer must exist and be activated in this campaign "
    "(create_tag => true makes a missing answer of a field that exists)"
)

FACTS = (f"{OWN}section", f"{OWN}field", "name")
RESPONSES = (f"{OWN}number_response", f"{OWN}date_response", f"{OWN}note_response")

GONE = {404, 410}

Query = Sequence[tuple[str, str]]

Post = Callable[[Sequence[Row]], Request]


def answer(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Give answers of one person, all in one call."""
    person = str(rows[0]["person_id"])

    def post(some: Sequence[Row]) -> Request:
        body = {"person": {"identifiers": [full_id(person)]}, "add_tags": tags(some)}
        return Request("POST", PEOPLE, body=body, repeatable=False)

    return (yield from _given(rows, OF_PERSON, {"person_id": person}, post))


def answer_connection(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Give answers of one connection, which the API takes with its two ends."""
    first = rows[0]

    def post(some: Sequence[Row]) -> Request:
        ends = {"person_id": first["other_person_id"]}
        return Request(
            "POST",
            f"{PEOPLE}/{{person_id}}/connections",
            body={"connection": ends, "add_tags": tags(some)},
            fill={"person_id": str(first["person_id"])},
            repeatable=False,
        )

    fill = {"connection_id": str(first["connection_id"])}
    return (yield from _given(rows, OF_CONNECTION, fill, post))


def take_back(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Delete an answer; where the API knows of none, see whether that is so."""
    (row,) = rows
    person = row.get("person_id")
    path, name = (OF_PERSON, "person_id") if person else (OF_CONNECTION, "connection_id")
    fill = {"tag_id": str(row["tag_id"]), "id": str(row["id"])}
    reply = yield Request("DELETE", TAGGING, fill=fill, repeatable=True)
    if reply.status < 300:
        return [Outcome("done")]
    if reply.status not in GONE:
        return [Outcome("rejected", reason(reply) or f"the API answered {reply.status}")]
    left = yield from _listed(path, {name: str(row[name])})
    if any(one["id"] == row["id"] for one in left or ()):
        why = "an answer in a universal section cannot be deleted by the API"
        return [Outcome("rejected", f"{reason(reply) or 'the API answered 404'}: {why}")]
    return [Outcome("done", "was gone already")]


def of_tags(keys: Sequence[Any], _query: Query) -> Flow[list[Row]]:
    """Read who has given some answers: by the answer, and where that refuses, from every entity.

    Answers of universal sections cannot be listed by their tag: 404 "Tag is not accessible".
    """
    found: list[Row] = []
    refused: set[str] = set()
    for key in dict.fromkeys(map(str, keys)):
        listed = yield from _listed(OF_TAG, {"tag_id": key})
        found += listed or ()
        if listed is None:
            refused.add(key)
    for key in list(refused):
        tag = yield Request("GET", f"{TAGS}/{{id}}", fill={"id": key})
        refused -= {key} if tag.status in GONE else set()
    if refused:
        everyone = yield from every_page(Request("GET", PEOPLE), PEOPLE_AT, PAGES)
        for one in map(entity, everyone):
            theirs = yield from _listed(OF_PERSON, {"person_id": str(one["id"])})
            found += (each for each in theirs or () if each.get("tag_id") in refused)
    return found


def remove_tag(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Remove an answer from the campaign; a 404 may also mean that it cannot be removed."""
    ((path, fill),) = ((f"{TAGS}/{{id}}", {"id": str(row["id"])}) for row in rows)
    reply = yield Request("DELETE", path, fill=fill, repeatable=True)
    if reply.status < 300:
        return [Outcome("done")]
    words = reason(reply) or f"the API answered {reply.status}"
    if reply.status not in GONE:
        return [Outcome("rejected", words)]
    there = yield Request("GET", path, fill=fill)
    if there.status in GONE:
        return [Outcome("done", "was gone already")]
    return [Outcome("rejected", f"{words}: it is there, and cannot be removed by the API")]


def tags(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return answers as the helpers take them, without the ids of what they belong to."""
    names = (*FACTS, *RESPONSES, f"{OWN}create_tag")
    return [{name: row[name] for name in names if row.get(name) not in (None, "")} for row in rows]


def _given(
    rows: Sequence[Row], path: str, fill: Mapping[str, str], post: Post
) -> Flow[Sequence[Outcome]]:
    """Read, add what is not there yet, and read again: success alone proves nothing.

    The first look is also why nobody is brought into the campaign by an answer: the helper would
    connect an entity of another one.
    """
    before = yield from _listed(path, fill)
    if before is None:
        return [Outcome("rejected", f"{next(iter(fill.values()))} is not in this campaign")] * len(
            rows
        )
    had = _by_fact(before)
    new = [row for row in rows if _fact(row) not in had]
    after: Mapping[tuple[Any, ...], str] = {}
    if new:
        reply = yield post(new)
        if reply.status >= 300:
            why = reason(reply) or f"the API answered {reply.status}"
            return [_told(row, had, {}, why) for row in rows]
        after = _by_fact((yield from _listed(path, fill)) or ())
        if any(_fact(row) not in after for row in new):
            after = _by_fact((yield from _listed(path, fill, WAIT)) or ())
    return [_told(row, had, after, IGNORED) for row in rows]


def _told(row: Row, had: Mapping[Any, str], now: Mapping[Any, str], why: str) -> Outcome:
    fact = _fact(row)
    if fact in had:
        return Outcome("done", "had this answer already", id=had[fact])
    return Outcome("done", id=now[fact]) if fact in now else Outcome("rejected", why)


def _listed(path: str, fill: Mapping[str, str], wait: float = 0.0) -> Flow[list[Row] | None]:
    """Return all answers of a person or connection; None where the campaign has no such."""
    found: list[Row] = []
    ask: Request | None = PAGES.first(Request("GET", path, fill=fill, after=wait))
    while ask is not None:
        got = yield ask
        if got.status in GONE:
            return None
        page = [] if PAGES.none(got) else rows_of(got.body, TAGGINGS_AT, path)
        found += map(tagging, page)
        ask = PAGES.after(ask, got, page)
    return found


def _by_fact(taggings: Sequence[Row]) -> dict[tuple[Any, ...], str]:
    return {_fact(one): str(one.get("id") or "") for one in taggings}


def _fact(row: Row) -> tuple[Any, ...]:
    """Return what an answer says, such that the same answer is the same again."""
    number, date, note = (row.get(name) for name in RESPONSES)
    return (
        *(str(row.get(name) or "").strip() for name in FACTS),
        None if number in (None, "") else float(number),
        None if date in (None, "") else str(date)[:10],
        None if note in (None, "") else str(note).strip(),
    )
