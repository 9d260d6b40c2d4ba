"""Connections: listing them, the connection helper, deactivation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlcrm.sandbox import Reply
from sqlcrm_action_builder.sandbox import rendering, tagging
from sqlcrm_action_builder.sandbox.connections import Connection
from sqlcrm_action_builder.sandbox.lists import encoded, page
from sqlcrm_action_builder.sandbox.network import View
from sqlcrm_action_builder.sandbox.reading import person_number, unfiltered
from sqlcrm_action_builder.sandbox.wire import (
    Refused,
    Row,
    answer,
    body_of,
    missing,
    objects,
    word,
)


def listing(view: View) -> Reply:
    """The connections of an entity, inactive ones included."""
    unfiltered(view.call)
    number = person_number(view, view.keys[0])
    rows = view.network.connections.of(view.number, number)
    if view.network.switches.lag:
        settled = view.network.settled()
        rows = [row for row in rows if row.created <= settled]
    shown = encoded(partial(rendering.connection, view, number))
    return page(view.network, view.call, "action_builder:connections", rows, shown)


def one(view: View) -> Reply:
    """One connection."""
    number, found = _found(view)
    return answer(rendering.connection(view, number, found))


def post(view: View) -> Reply:
    """The connection helper: one connection for each pair, an existing one is changed."""
    number = person_number(view, view.keys[0])
    body = body_of(view.call)
    sent = body.get("connection")
    if not isinstance(sent, dict):
        raise Refused(422, "connection is missing")
    other = _other(view, sent)
    inactive = sent.get("inactive") if isinstance(sent.get("inactive"), bool) else None
    removed = objects(body.get("remove_tags"))
    works = view.network.switches.remove_tags == "works"
    tags = objects(body.get("add_tags"))
    found = connect(view, number, other, inactive, tags, removed if works else ())
    if removed and not works:
        raise Refused(500, "Internal Server Error")
    return answer(rendering.connection(view, number, found))


def put(view: View) -> Reply:
    """Activate or deactivate: `inactive` only, bare or in the documented wrapper."""
    number, found = _found(view)
    body = body_of(view.call)
    sent = body.get("connection")
    inactive = (sent if isinstance(sent, dict) else body).get("inactive")
    if not isinstance(inactive, bool):
        raise Refused(422, "inactive is missing")
    _switch(view, found, inactive)
    return answer(rendering.connection(view, number, found))


def meant(view: View, kind: str, sent: object) -> list[tuple[int, list[Row]]]:
    """Whom `add_connections` of the signup helper means, with the answers to give.

    `kind`: the type of the entity that is written. Raises: Refused, where the types do not connect.
    """
    found = [(_other(view, one), objects(one.get("add_tags"))) for one in objects(sent)]
    for other, _ in found:
        _check(view, kind, view.network.entities.kind(other))
    return found


def connect(
    view: View,
    number: int,
    other: int,
    inactive: bool | None,
    add: Sequence[Row],
    remove: Sequence[Row],
) -> Connection:
    """Connect two entities, or change the connection they have. Raises: Refused."""
    network = view.network
    _check(view, network.entities.kind(number), network.entities.kind(other))
    if number == other:
        raise Refused(422, "Person cannot be connected with itself")
    found = network.connections.between(view.number, number, other)
    if found is None:
        found = network.connections.add(view.number, number, other, network.now())
        _touch(view, found)
    if inactive is not None:
        _switch(view, found, inactive)
    changed = [tagging.remove(view, found.pair, one) for one in remove]
    changed += [tagging.add(view, found.pair, one) for one in add]
    if any(changed):
        _touch(view, found)
    return found


def _check(view: View, one: str, other: str) -> None:
    if not view.campaign.connection_type(one, other):
        raise Refused(422, "Connection type must exist")


def _switch(view: View, found: Connection, inactive: bool) -> None:
    if found.inactive != inactive:
        view.network.connections.switch(found, inactive, view.network.now())
        _touch(view, found)


def _touch(view: View, found: Connection) -> None:
    for number in found.pair:
        view.network.entities.touch(number, view.network.now())


def _other(view: View, sent: Row) -> int:
    number = view.network.entities.number(word(sent.get("person_id")))
    if number is None or not view.there(number):
        raise Refused(422, "Person must exist")
    return number


def _found(view: View) -> tuple[int, Connection]:
    number = person_number(view, view.keys[0])
    found = view.network.connections.by_id(view.number, view.keys[1])
    if found is None or number not in found.pair or not view.there(found.end(number)):
        raise missing("Connection")
    return number, found


def by_id(view: View, uuid: str) -> Connection:
    """The connection with an id, if the campaign shows it. Raises: Refused."""
    found = view.network.connections.by_id(view.number, uuid)
    if found is None or not (view.there(found.one) and view.there(found.other)):
        raise missing("Connection")
    return found
