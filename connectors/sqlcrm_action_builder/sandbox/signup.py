"""Writing people: the signup helper, PUT, and removal from a campaign."""

from __future__ import annotations

from collections.abc import Sequence

from sqlcrm.sandbox import Reply
from sqlcrm_action_builder.sandbox import contacts, linking, rendering, tagging
from sqlcrm_action_builder.sandbox.ids import PREFIX
from sqlcrm_action_builder.sandbox.network import View
from sqlcrm_action_builder.sandbox.reading import person_number
from sqlcrm_action_builder.sandbox.wire import (
    Refused,
    Row,
    answer,
    body_of,
    missing,
    objects,
    raw,
    word,
)

_PERSON_NAMES = ("given_name", "family_name")
_PLAIN = ("preferred_language", "action_builder:pronouns")
_LEVEL = "action_builder:latest_assessment"
_ARRAYS = ("email_addresses", "phone_numbers", "postal_addresses")


def post(view: View) -> Reply:
    """The signup helper: an identifier finds somebody, anything else is a new entity.

    Unsure, chosen here: an unknown `action_builder:` identifier is a 404; other identifiers are
    looked for in this campaign first, then in the network.
    """
    body = body_of(view.call)
    sent = body.get("person")
    if not isinstance(sent, dict):
        raise Refused(422, "person is missing")
    number = _match(view, _identifiers(sent))
    kind = _kind(sent) if number is None else view.network.entities.kind(number)
    links = linking.meant(view, kind, body.get("add_connections"))
    if number in [other for other, _ in links]:
        raise Refused(422, "Person cannot be connected with itself")
    if number is None:
        number = _create(view, sent)
        _assess(view, number, sent)
    else:
        changes = _changes(view, number, sent, names=True)
        _level(sent)
        _connect(view, number)
        _store(view, number, changes, sent)
    _answers(view, number, body)
    for person, tags in links:
        linking.connect(view, number, person, None, tags, ())
    _fail_late(view, body)
    return _written(view, number)


def _answers(view: View, number: int, body: Row) -> None:
    """What is removed goes first, so that the answers added are there in any case."""
    works = view.network.switches.remove_tags == "works"
    gone = [tagging.remove(view, number, one) for one in objects(body.get("remove_tags")) if works]
    added = [tagging.add(view, number, one) for one in objects(body.get("add_tags"))]
    if any(gone) or any(added):
        view.network.entities.touch(number, view.network.now())


def _fail_late(view: View, body: Row) -> None:
    if objects(body.get("remove_tags")) and view.network.switches.remove_tags == "500":
        raise Refused(500, "Internal Server Error")


def put(view: View) -> Reply:
    """Change one entity; the fields come bare."""
    number = person_number(view, view.keys[0])
    sent = body_of(view.call)
    changes = _changes(view, number, sent, names=view.network.switches.put_names)
    _level(sent)
    _store(view, number, changes, sent)
    return _written(view, number)


def delete(view: View) -> Reply:
    """Remove an entity from this campaign; its answers are there again when it comes back.

    The body is unsure.
    """
    number = person_number(view, view.keys[0])
    view.network.entities.leave(view.number, number)
    return answer({"message": "Entity has been removed from the campaign"})


def _written(view: View, number: int) -> Reply:
    body = rendering.people(view)(number)
    if view.network.switches.wrapping == "docs":
        body = f'{{"person":{body}}}'
    return raw(body.encode())


def _identifiers(sent: Row) -> list[str]:
    found = sent.get("identifiers")
    if not isinstance(found, list):
        return []
    return [one for one in found if isinstance(one, str) and ":" in one]


def _match(view: View, identifiers: Sequence[str]) -> int | None:
    """Whom identifiers mean: Action Builder's own first, then the others in their order."""
    entities = view.network.entities
    own = [one.removeprefix(PREFIX) for one in identifiers if one.startswith(PREFIX)]
    for uuid in own:
        number = entities.number(uuid)
        if number is not None:
            return number
    for one in identifiers:
        found = [] if one.startswith(PREFIX) else entities.find("identifier", one)
        if found:
            return next((n for n in found if view.there(n)), found[0])
    if own:
        raise missing("Person")
    return None


def _kind(sent: Row) -> str:
    return word(sent.get("action_builder:entity_type")).lower() or "person"


def _create(view: View, sent: Row) -> int:
    network = view.network
    kind = _kind(sent)
    if kind not in view.campaign.types:
        raise Refused(422, "Entity type must exist")
    row: Row = {"action_builder:entity_type": kind, "preferred_language": "en"}
    row |= _names(kind, sent)
    if not (row.get("given_name") or row.get("name")):
        raise Refused(422, "Name can't be blank")
    row |= {name: sent[name] for name in _PLAIN if word(sent.get(name))}
    row |= {name: [] for name in _ARRAYS}
    contacts.apply(row, sent, network.switches.new_email_status)
    _level(sent)
    row["identifiers"] = [
        one for one in dict.fromkeys(_identifiers(sent)) if not one.startswith(PREFIX)
    ]
    number = network.entities.create(row, network.now())
    network.entities.join(view.number, number)
    return number


def _names(kind: str, sent: Row) -> Row:
    if kind == "person":
        return {name: sent[name] for name in _PERSON_NAMES if word(sent.get(name))}
    name = word(sent.get("action_builder:name")) or word(sent.get("name"))
    return {"name": name, "action_builder:name": name} if name else {}


def _changes(view: View, number: int, sent: Row, names: bool) -> Row:
    """The row as it will be. Raises: Refused, with nothing changed."""
    entities = view.network.entities
    row = entities.row(number)
    if names:
        row |= _names(entities.kind(number), sent)
    for name in _PLAIN:
        if word(sent.get(name)):
            row[name] = sent[name]
    contacts.apply(row, sent, view.network.switches.new_email_status)
    known = row["identifiers"]
    known += [
        one
        for one in dict.fromkeys(_identifiers(sent))
        if one not in known and not one.startswith(PREFIX)
    ]
    return row


def _level(sent: Row) -> int | None:
    """The assessment that was sent. Raises: Refused."""
    level = sent.get(_LEVEL)
    if isinstance(level, str) and level.isdecimal() and len(level) == 1:
        return int(level)
    if level is not None and (type(level) is not int or not 0 <= level < 10):
        raise Refused(422, "Assessment is not a number")
    return level


def _assess(view: View, number: int, sent: Row) -> bool:
    if _LEVEL not in sent:
        return False
    return view.network.assess(view.number, number, _level(sent), view.network.now())


def _store(view: View, number: int, row: Row, sent: Row) -> None:
    entities, now = view.network.entities, view.network.now()
    changed = entities.change(number, row, now)
    if _assess(view, number, sent) and not changed:
        entities.touch(number, now)


def _connect(view: View, number: int) -> None:
    """Bring somebody of another campaign, or of none, into this one."""
    if not view.there(number):
        view.network.entities.join(view.number, number)
        view.network.entities.touch(number, view.network.now())
