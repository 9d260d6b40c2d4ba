"""How actions, and what people did in them, are declared: alike for each kind.

Source: Action Network API v2 documentation, the pages of each resource; read 2026-11-22.
"""

from __future__ import annotations

from typing import Any

from sqlcrm.sdk import Column, Filter, Read, Write
from sqlcrm.sdk.pages import Paging
from sqlcrm_action_network.columns import (
    flag,
    identity,
    linked,
    made_and_changed,
    text,
    texts,
    titled,
    when,
)
from sqlcrm_action_network.wire import (
    COUNTED,
    SETTLES,
    by_id,
    by_text,
    by_time,
    equals,
)

STAYS = "The row stays: the API cannot delete it."

TIMES = (*by_time("modified_date"), *by_time("created_date"))

OF_ACTIONS = (*TIMES, by_text("origin_system"), by_text("title"))
"""What lists of actions are filtered by."""

OF_RECORDS = (by_id(), *TIMES)
"""What lists of signatures, attendances and so on are filtered by."""


def _sponsor_url(sponsor: Any) -> Any:
    """Return the address of a sponsor, which has one of two names."""
    return (sponsor.get("url") or sponsor.get("browser_url")) if isinstance(sponsor, dict) else None


def action_columns(*own: Column, writable: bool = True) -> tuple[Column, ...]:
    """Return the columns of an action, `own` among them."""
    fixed: dict[str, Any] = {} if writable else {"readonly": True}
    title = titled("title") if writable else text("title", readonly=True)
    return (
        *identity(),
        titled("origin_system", doc="What made it; the API asks for it.")
        if writable
        else text("origin_system", readonly=True),
        title,
        text("name", doc="For the group's own use.", **fixed),
        text("description", doc="HTML.", **fixed),
        text("call_to_action", **fixed),
        text("featured_image_url", **fixed),
        text("browser_url", readonly=True, doc="None for actions made through the API."),
        *own,
        flag("hidden", "action_network:hidden", readonly=True),
        text("sponsor_title", "action_network:sponsor.title", readonly=True),
        Column(
            "sponsor_url", at="action_network:sponsor", readonly=True, from_wire=_sponsor_url
        ),
        texts("tag_list", readonly=True),
        *made_and_changed(),
    )  # fmt: skip


def example(query: str, sought: str = "22222222-2222-4222-8222-222222222222") -> str:
    """Return a statement that shows a table: what is selected, up to the column that is sought."""
    return f"SELECT {query} = '{sought}'"


def creator() -> Column:
    """The person who made an action."""
    return linked("creator_id", "osdi:creator", "/people")


def organizer() -> Column:
    """The person who organizes it."""
    return linked("organizer_id", "osdi:organizer", "/people")


def action_reads(path: str, at: str, *more: Filter) -> tuple[Read, ...]:
    """Return the ways to read actions: as a list, by id, by title."""
    return (
        Read(path, at, COUNTED, filters=(*OF_ACTIONS, *more)),
        Read(f"{path}/{{id}}", "", by="id"),
        Read(path, at, COUNTED, by="title", param="filter", wire=equals("title")),
    )


def action_writes(path: str, *together: tuple[str, ...]) -> tuple[Write, ...]:
    """Return the writes of actions. The API makes as many of one title as it is told to."""
    return (
        Write(
            "insert", "POST", path, reply="", id_at="identifiers", settles=SETTLES, undo=STAYS
        ),
        Write(
            "update", "PUT", f"{path}/{{id}}", reply="", repeatable=True, shows=True,
            together=together,
        ),
    )  # fmt: skip


def record_columns(parent: Column, *own: Column) -> tuple[Column, ...]:
    """Return the columns of what a person did in an action, `own` among them."""
    data = "action_network:referrer_data"
    return (
        *identity(),
        parent,
        linked("person_id", "osdi:person", "/people", required=True),
        *own,
        text("referrer_source", f"{data}.source"),
        text("referrer_website", f"{data}.website"),
        text("referrer_email", f"{data}.email_referrer"),
        text("referrer_mobile_message", f"{data}.mobile_message_referrer"),
        when("created_date", readonly=False, doc="May be given, to date it back."),
        when("modified_date", doc="A filter by it finds a change some minutes late."),
    )


def flat(name: str) -> Column:
    """The id of the action that a record is of."""
    return Column(name, at=f"action_network:{name}", required=True)


def record_reads(
    parents: str, parent: str, records: str, at: str, pages: Paging = COUNTED
) -> tuple[Read, ...]:
    """Return the ways to read records: of an action, of all actions, of a person."""
    return (
        Read(
            f"/{parents}/{{{parent}}}/{records}", at, pages, by=parent, filters=OF_RECORDS,
            over=(parents, "id"),
        ),
        Read(
            f"/people/{{person_id}}/{records}", at, pages, by="person_id", filters=OF_RECORDS
        ),
    )  # fmt: skip
