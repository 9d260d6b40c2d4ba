"""Signing people up in an action: the record helper, which makes the person where there is none.

Source: Action Network API v2 documentation, "Record signature helper" and its like, "Person signup
helper", "Background processing"; read 2026-11-22.

The record helper subscribes a person who is new, and cannot be told not to. So each person is
looked up first, and one who is new and did not ask for it is made by the person signup helper,
unsubscribed. To a person who exists no status is ever sent, nor is `subscribed` to one who is new:
a filter is exact, and the person may be there under another spelling of the address. It ignores
tags that it does not know: they are refused before, and the person's taggings are read after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlcrm.sdk import Flow, Outcome, Request, Response, Row, dig, every_page
from sqlcrm_action_network.flows import person_by_email
from sqlcrm_action_network.replies import reason
from sqlcrm_action_network.tagging import tags_of
from sqlcrm_action_network.wire import (
    COUNTED,
    SETTLES_PEOPLE,
    UNSUBSCRIBED,
    last_part,
    own_id,
    was_there,
)

Send = Callable[[Sequence[Row]], Flow[Sequence[Outcome]]]

BACKGROUND = (("background_request", "true"),)

WAITS = (2.0, 4.0, 8.0)
"""Seconds before each look whether a person is there whom the API makes in the background."""


LATER = "what the API does in the background may be done twice or not at all here: no background"


@dataclass(slots=True)
class Made:
    """Whom a batch has made, whom a filter finds some seconds later.

    statuses: by address, in small letters. subscribed: whether one of them was subscribed.
    """

    statuses: dict[str, str] = field(default_factory=dict)
    subscribed: bool = False


@dataclass(slots=True)
class Signup:
    """One row: what the helper is told, and what we do with it.

    action: the action's id. status: what a person who is new is to have.
    """

    action: str
    body: dict[str, Any]
    email: str
    status: str
    background: bool
    adds: list[str] = field(default_factory=list)
    removes: list[str] = field(default_factory=list)

    @property
    def person(self) -> dict[str, Any]:
        """The person, without a status."""
        found: dict[str, Any] = self.body["person"]
        return found

    def subscribing(self, status: str) -> dict[str, Any]:
        """Return the person with a status."""
        first, *others = self.person["email_addresses"]
        return {**self.person, "email_addresses": [{**first, "status": status}, *others]}


def read_row(row: Row, parent: str) -> Signup:
    """Take apart a row in wire form."""
    body = dict(row)
    first, *others = body["person"]["email_addresses"]
    first = dict(first)
    status = str(first.pop("status", ""))
    body["person"] = {**body["person"], "email_addresses": [first, *others]}
    return Signup(
        action=str(body.pop(parent)) if parent else "",
        background=bool(body.pop("background", False)),
        body=body,
        email=str(first["address"]),
        status=status,
        adds=list(body.get("add_tags") or ()),
        removes=list(body.get("remove_tags") or ()),
    )


def signing_up(path: str, parent: str, *, append: bool, batch: int) -> Send:
    """Return the flow of a kind of action.

    path: of its records, with `{id}`. parent: where a row in wire form has the action's id, ""
    where there is none: the person alone signs up. append: each call makes another record.
    batch: rows that a full batch has.
    """

    def send(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
        signups = [read_row(row, parent) for row in rows]
        tags: dict[str, str] = {}
        if any(one.adds or one.removes for one in signups):
            tags = yield from _tags()
        outcomes, made = [], Made()
        for one in signups:
            if one.background and append:
                outcomes.append(Outcome("rejected", LATER))
                continue
            unknown = [name for name in one.adds if name not in tags]
            if unknown:
                why = f"there is no tag named {' or '.join(map(repr, unknown))}"
                outcomes.append(Outcome("rejected", why))
                continue
            outcomes.append((yield from _one(one, path, tags, made, append=append)))
        if made.subscribed and len(rows) >= batch:  # the next batch must find them
            yield Request("GET", "/", after=SETTLES_PEOPLE)
        return outcomes

    return send


def finishing(records: str, at: str, parent: str) -> Callable[[str], Flow[str]]:
    """Return the flow that waits for what the API was to make in the background.

    records, at: those of a person; "" where the person is all that is made. parent: where a record
    has the id of its action. A ticket is that id and the address.
    """

    def finish(ticket: str) -> Flow[str]:
        action, _, email = ticket.partition(" ")
        for wait in WAITS:
            yield Request("GET", "/", after=wait)
            person = yield from person_by_email(email)
            if person is None:
                continue
            if not records:
                return "done"
            fill = {"id": own_id(person.get("identifiers"))}
            ask = Request("GET", f"/people/{{id}}/{records}", fill=fill)
            found = yield from every_page(ask, at, COUNTED)
            if any(dig(row, parent) == action for row in found):
                return "done"
        return "unknown"

    return finish


def _tags() -> Flow[dict[str, str]]:
    """Return the ids of all tags by name."""
    rows = yield from every_page(Request("GET", "/tags"), "_embedded.osdi:tags", COUNTED)
    return {str(row.get("name")): own_id(row.get("identifiers")) for row in rows}


def _one(
    one: Signup, path: str, tags: dict[str, str], made: Made, *, append: bool
) -> Flow[Outcome]:
    """Sign one person up."""
    was = made.statuses.get(one.email.casefold())
    there = was is not None
    if not there:
        person = yield from person_by_email(one.email)
        there = person is not None
        was = None if person is None else dig(person, "email_addresses[primary].status")
    note, body = "", one.body
    if there and one.status == "subscribed" != was:
        note = f"email_status stays {was}: UPDATE people … WITH OPT IN changes it"
    elif not there and one.status != "subscribed":
        body = {**one.body, "person": one.subscribing("unsubscribed")}
        if one.action:
            body = one.body
            refused = yield from _make(one)
            if refused:
                return Outcome("rejected", refused)
            made.statuses[one.email.casefold()] = "unsubscribed"
    reply = yield Request(
        "POST",
        path,
        query=BACKGROUND if one.background else (),
        body=body,
        fill={"id": one.action} if one.action else {},
        repeatable=not append,
    )
    if not one.action and body is not one.body and was_there(reply.body):
        return Outcome("rejected", UNSUBSCRIBED)
    if not there and reply.status < 300 and (reply.body or one.background):
        made.subscribed |= one.status == "subscribed"
        made.statuses[one.email.casefold()] = one.status or "unsubscribed"
    return (yield from _told(one, reply, tags, note))


def _make(one: Signup) -> Flow[str]:
    """Make a person, unsubscribed; return why that failed, or ""."""
    reply = yield Request(
        "POST", "/people", body={"person": one.subscribing("unsubscribed")}, repeatable=True
    )
    if reply.status >= 300 or not reply.body:
        return reason(reply) or "the person could not be made"
    return UNSUBSCRIBED if was_there(reply.body) else ""


def _told(one: Signup, reply: Response, tags: dict[str, str], note: str) -> Flow[Outcome]:
    """Return what a reply says became of a row."""
    if reply.status >= 300:
        return Outcome("rejected", reason(reply) or f"the API answered {reply.status}")
    if one.background:
        return Outcome("accepted", ticket=f"{one.action} {one.email}")
    if not reply.body:
        return Outcome("rejected", reason(reply))
    try:
        identity = own_id(dig(reply.body, "identifiers"))
    except LookupError:
        return Outcome("unknown", "the reply has no id of the record")
    if one.adds or one.removes:
        note = "; ".join(filter(None, (note, (yield from _untagged(one, reply, tags)))))
    return Outcome("done", note, id=identity)


def _untagged(one: Signup, reply: Response, tags: dict[str, str]) -> Flow[str]:
    """Return which tags are not as they should be: the reply does not show them."""
    person = last_part(dig(reply.body, "_links.osdi:person.href"))
    person = person if one.action else own_id(dig(reply.body, "identifiers"))
    if not person:
        return "whether the tags were applied is not known"
    there = yield from tags_of(person)
    lacking = [n for n in one.adds if tags[n] not in there and n not in one.removes]
    left = [n for n in one.removes if tags.get(n) in there]
    found = [f"the tag {name!r} was not applied" for name in lacking]
    return "; ".join([*found, *(f"the tag {name!r} was not removed" for name in left)])
