"""The parts of the connector that take several calls: who we are, and entities that are made.

Source: Action Builder API v1 docs, "Person signup helper"; clients for what it does with ids of
other campaigns (common-cause/actionbuilder-sync, "verified API semantics"). Read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlcrm.sdk import (
    Flow,
    Identity,
    Outcome,
    Request,
    Response,
    Row,
    ShapeChanged,
    dig,
    every_page,
)
from sqlcrm_action_builder.objects import PERSON_TYPE, entity
from sqlcrm_action_builder.replies import reason
from sqlcrm_action_builder.wire import (
    CAMPAIGN,
    OWN,
    PAGES,
    PEOPLE,
    PERSON,
    equals,
    full_id,
    identified,
)

PEOPLE_AT = "_embedded.osdi:people"
"""Where lists have entities, whatever their type."""

NO_PROOF = "the API answered with success, and without the row"


def who() -> Flow[Identity]:
    """Read the campaign. The key is good for the whole network, and the API does not say whose."""
    reply = yield Request("GET", CAMPAIGN)
    uuid = identified(dig(reply.body, "identifiers"), "action_builder")
    if reply.status >= 300 or not uuid:
        raise ShapeChanged(f"the campaign cannot be read: {reason(reply) or 'it has no id'}")
    return Identity(
        account=uuid,
        people="network",  # at this origin: its campaigns have the same entities
        user=f"campaign {dig(reply.body, 'name') or uuid}",
        may="what the key's owner may do, in all campaigns of the network",
    )


def make_person(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Make one person, or connect one of another campaign, where the row has an id."""
    (row,) = rows
    person = dict(row)
    uuid, custom = person.pop("id", None), person.pop("custom_id", None)
    if uuid:
        return [(yield from _connected(uuid))]
    taken = yield from _taken(dig(person, "email_addresses[].address"), custom)
    if taken:
        return [Outcome("rejected", taken)]
    if custom:
        person["identifiers"] = [f"custom_id:{custom}"]
    return [(yield from _made(_quiet(person)))]


def make_entity(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    """Make one entity that is no person, or connect one of another campaign."""
    (row,) = rows
    made = dict(row)
    uuid = made.pop("id", None)
    if uuid:
        return [(yield from _connected(uuid))]
    if str(made.get(f"{OWN}entity_type")).casefold() == PERSON_TYPE:
        return [Outcome("rejected", "a person is made by an INSERT into people")]
    return [(yield from _made(made))]


def _quiet(person: Row) -> dict[str, Any]:
    """Return a new person as it is sent: subscribed by nothing that the row does not say.

    What the API makes of a number without a status is not documented, so it gets one.
    """
    told = dict(person)
    kind = str(told.get(f"{OWN}entity_type") or PERSON_TYPE)
    told[f"{OWN}entity_type"] = "Person" if kind.casefold() == PERSON_TYPE else kind
    if not dig(told, "email_addresses[].address"):
        told.pop("email_addresses", None)
    if dig(told, "phone_numbers[].number"):
        told["phone_numbers"] = [{**told["phone_numbers"][0], "status": "unsubscribed"}]
    else:
        told.pop("phone_numbers", None)
    return told


def _taken(email: Any, custom: Any) -> Flow[str]:
    """Say who has an address or a custom id already, "" if nobody.

    The helper does not match addresses, so that it would make the person twice; and it changes the
    person who has the custom id. An address may be one that the entity's row does not show.
    """
    asked = {"email_address": (email, equals("email_address")), "identifier": (custom, _custom)}
    for value, text in asked.values():
        if not value:
            continue
        request = Request("GET", PEOPLE, query=(("filter", text(value)),))
        found = yield from every_page(request, PEOPLE_AT, PAGES)
        for one in map(entity, found):
            owns = [str(e.get("address")).casefold() for e in one["email_addresses"]]
            ids = one.get("identifiers") or []
            if str(value).casefold() in owns or f"custom_id:{value}" in ids:
                return f"{value} belongs to {one['name'] or 'an entity'} ({one['id']}) already"
    return ""


_custom = equals("identifier", "custom_id:")


def _made(told: Row) -> Flow[Outcome]:
    """Make an entity. Sent twice it is there twice, so it never is."""
    reply = yield Request("POST", PEOPLE, body={"person": dict(told)}, repeatable=False)
    return _outcome(reply)


def _connected(uuid: str) -> Flow[Outcome]:
    """Bring an entity of another campaign into this one, as it is: nothing of it is changed."""
    there = yield Request("GET", PERSON, fill={"id": uuid})
    if there.status < 300:
        return Outcome("rejected", "is in this campaign already: UPDATE changes it")
    body = {"person": {"identifiers": [full_id(uuid)]}}
    reply = yield Request("POST", PEOPLE, body=body, repeatable=True)
    found = _outcome(reply)
    if found.state == "done" and found.id != uuid:
        return Outcome("unknown", f"the API answered with another entity, {found.id}")
    return found


def _outcome(reply: Response) -> Outcome:
    """Return what became of an entity, by the entity in the reply, wrapped or not."""
    if reply.status >= 300:
        return Outcome("rejected", reason(reply) or f"the API answered {reply.status}")
    body = reply.body if isinstance(reply.body, dict) else {}
    uuid = entity(body)["id"]
    return Outcome("done", id=uuid) if uuid else Outcome("unknown", NO_PROOF)
