"""Writing people: the signup helper, which finds or adds somebody, and PUT."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlcrm_action_network.sandbox import person_fields
from sqlcrm_action_network.sandbox.kinds import RECORDS
from sqlcrm_action_network.sandbox.people import email_of
from sqlcrm_action_network.sandbox.person_fields import BOTH, sent_email, sent_phone
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.wire import Refused, Row, iso, part, strings

_NEITHER = "You must specify an email address or a phone number"


@dataclass(frozen=True, slots=True)
class Sent:
    """A helper's request: the person, the tags to give, the tags to take."""

    person: Row
    add_tags: list[str]
    remove_tags: list[str]


def sent(body: Row) -> Sent:
    """The request of a helper."""
    tags = strings(body.get("add_tags")), strings(body.get("remove_tags"))
    return Sent(part(body, "person"), *tags)


def sign_up(store: Store, request: Sent, writable: Collection[str] = BOTH) -> int:
    """Find the person or add it, change it, tag it. Gives its number. Raises: Refused.

    Who it is, is decided by an identifier first (whoever has it, in any group), then by e-mail,
    then by phone. The facts tell no order; one who matches by e-mail wins over one by phone.
    """
    person = request.person
    email, phone = sent_email(person)["address"], sent_phone(person)["number"]
    if not email and not phone:
        raise Refused(400, _NEITHER)
    number = _known(store, person, email)
    holder = store.people.by_phone(phone) if phone else None
    if number is None and holder is not None and (not email or not _mail(store, holder)):
        number = holder  # matched by phone; one without an address gets this one
    if number is None:
        number = store.people.add(person_fields.empty(), store.now())
    change(store, number, person, writable)
    _tags(store, number, request)
    return number


def _known(store: Store, person: Row, email: str) -> int | None:
    for identifier in strings(person.get("identifiers")):
        number = store.people.by_identifier(identifier)
        if number is not None:
            return number
    return store.people.by_email(email) if email else None


def change(store: Store, number: int, person: Row, writable: Collection[str] = BOTH) -> None:
    """Change a person by bare fields, as PUT does. Raises: Refused."""
    row = store.people.edit(number)
    phone = sent_phone(person)["number"]
    holder = store.people.by_phone(phone) if phone else None
    person_fields.change(store, row, person, number, writable)
    now = store.now()
    if holder is not None and holder != number:
        if email_of(row) and not _mail(store, holder):
            merge(store, holder, number)
        else:
            losing = store.people.edit(holder)
            losing["phone_numbers"] = []
            store.people.put(holder, losing, now)
    store.people.put(number, row, now)


def _mail(store: Store, number: int) -> str:
    return store.people.text(number, "email_address")


def merge(store: Store, gone: int, kept: int) -> None:
    """Two rows were one human: all actions of one become actions of the other."""
    for path, records in store.records.items():
        for number in records.of_person(gone):
            again = records.between(records.parent[number], kept) is not None
            if again and RECORDS[path].once:
                records.remove(number)
            else:
                records.move(number, kept)
    store.people.remove(gone)


def _tags(store: Store, number: int, request: Sent) -> None:
    """Names that no tag has are passed over; what is both given and taken is gone."""
    for name in request.add_tags:
        tag = store.tag(name)
        if tag is not None:
            give_tag(store, tag, number)
    for name in request.remove_tags:
        tag = store.tag(name)
        tagging = None if tag is None else store.records["taggings"].between(tag, number)
        if tagging is not None:
            take_tag(store, tagging)


def give_tag(store: Store, tag: int, number: int) -> int:
    """Tag somebody; whoever has the tag already keeps the tagging there is."""
    taggings = store.records["taggings"]
    found = taggings.between(tag, number)
    if found is not None:
        return found
    store.people.touch(number, store.now())
    now = iso(store.now())
    return taggings.add(tag, number, {"created_date": now, "modified_date": now})


def take_tag(store: Store, tagging: int) -> None:
    """Delete a tagging."""
    taggings = store.records["taggings"]
    store.people.touch(taggings.person[tagging], store.now())
    taggings.remove(tagging)
