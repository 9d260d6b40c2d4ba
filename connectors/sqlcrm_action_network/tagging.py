"""Several tags of one person in one call, by the person signup helper.

Source: Action Network API v2 documentation, "Person signup helper", "Taggings"; read 2026-11-22.
The helper knows tags by name and people by address, and ignores names that it does not know. So
the person is read before, since an address that is gone would make a new and subscribed one, and
the taggings after: what is not as it should be goes by the single call, by ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlcrm.sdk import Flow, Outcome, Request, Row, dig, every_page
from sqlcrm_action_network.wire import COUNTED, last_part, own_id

CALLS = 3
"""Calls for one person: the person, the helper, and the taggings."""

TAGGINGS = "_embedded.osdi:taggings"


def add_tags(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Apply tags to the one person whose rows these are."""
    there = yield from _sent(rows, "add_tags")
    if there is None:
        return [_alone()] * len(rows)
    return [
        Outcome("done", id=there[tag]) if (tag := _tag(row)) in there else _alone() for row in rows
    ]


def remove_tags(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Take tags off the one person whose rows these are."""
    there = yield from _sent(rows, "remove_tags")
    if there is None:
        return [_alone()] * len(rows)
    return [_alone() if _tag(row) in there else Outcome("done") for row in rows]


def _alone() -> Outcome:
    return Outcome("again", "the signup helper did not do it")


def _tag(row: Row) -> str:
    return str(last_part(dig(row, "_links.osdi:tag.href").path))


def _sent(rows: Sequence[Row], verb: str) -> Flow[dict[str, str] | None]:
    """Let the helper do it; return the person's taggings then, None where it could not."""
    fill = {"id": str(last_part(dig(rows[0], "_links.osdi:person.href").path))}
    person = yield Request("GET", "/people/{id}", fill=fill)
    email = dig(person.body, "email_addresses[primary].address")
    if person.status >= 300 or not email:
        return None
    body = {
        "person": {"email_addresses": [{"address": email}]},
        verb: [row["tag_name"] for row in rows],
    }
    reply = yield Request("POST", "/people", body=body, repeatable=True)
    if reply.status >= 300:
        return None
    return (yield from tags_of(fill["id"]))


def tags_of(person: str) -> Flow[dict[str, str]]:
    """Return the taggings of a person: their ids, by the id of the tag."""
    ask = Request("GET", "/people/{id}/taggings", fill={"id": person})
    rows: list[Any] = yield from every_page(ask, TAGGINGS, COUNTED)
    return {
        str(last_part(dig(row, "_links.osdi:tag.href"))): own_id(row.get("identifiers"))
        for row in rows
    }
