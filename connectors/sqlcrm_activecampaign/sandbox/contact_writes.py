"""Creating, syncing, changing and deleting contacts. Source: the fact sheet, §3.3."""

from __future__ import annotations

import re

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.contacts import find
from sqlcrm_activecampaign.sandbox.people import Person, hash_of
from sqlcrm_activecampaign.sandbox.resources import Routes
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import (
    Refused,
    Row,
    answer,
    invalid,
    iso,
    loads,
    number,
    objects,
    part,
)

_NAMES = {"firstName": "first", "lastName": "last", "phone": "phone"}
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;.]+(\.[^@\s,;.]+)+")


def is_email(text: str) -> bool:
    """Whether the API takes this as an address."""
    return _EMAIL.fullmatch(text) is not None


def create(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """A strict insert: an address that exists already is refused."""
    sent = part(loads(call.body), "contact")
    email = _address(sent)
    if email.lower() in store.people.by_email:
        raise _duplicate()
    return _written(store, _insert(store, sent, email), sent, 201)


def sync(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """Insert or update by e-mail address, and by nothing else."""
    sent = part(loads(call.body), "contact")
    email = _address(sent)
    key = store.people.by_email.get(email.lower(), 0) if email else 0
    if not key:
        return _written(store, _insert(store, sent, email), sent, 201)
    apply(store, key, {**sent, "email": store.people[key].email})
    return _written(store, key, sent, 200)


def update(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    """Change what was sent of one contact."""
    key = find(store, keys[0])
    sent = part(loads(call.body), "contact")
    if sent.get("email"):
        owner = store.people.by_email.get(_address(sent).lower(), key)
        if owner != key:
            raise _duplicate()
    apply(store, key, sent)
    return _written(store, key, sent, 200)


def delete(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    """Delete a contact for good, with its relations."""
    key = number(keys[0])
    if key not in store.people:  # this one error says it differently (docs: Delete a contact)
        raise Refused(404, {"message": f"No result found for contact with id {key}"})
    store.delete_contact(key)
    return answer({})


def apply(store: Store, key: int, sent: Row) -> None:
    """Set the attributes that were sent; "" blanks, what is left out stays."""
    person = store.people[key]
    for name, attribute in _NAMES.items():
        if name in sent:
            setattr(person, attribute, _text(sent[name]))
    if sent.get("email"):
        store.people.rename(key, str(sent["email"]).strip())
    if "orgid" in sent:
        person.orgid = number(sent["orgid"])
    person.udate = store.now()
    store.people.touch(key)


def _insert(store: Store, sent: Row, email: str) -> int:
    now = store.now()
    key = store.people.add(Person(email, "", "", "", now, now))
    apply(store, key, sent)
    return key


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _address(sent: Row) -> str:
    """The address sent. Raises: Refused when it is none, unless there may be none."""
    email = _text(sent.get("email")).strip()
    if not email and sent.get("allowNullEmail") and sent.get("phone"):
        return ""
    if not is_email(email):
        more = {"error": "must_be_valid_email_address"}
        raise invalid("Email address is not valid.", "email_invalid", "email", **more)
    return email


def _duplicate() -> Refused:
    return invalid("Email address already exists in the system", "duplicate", "email")


def _values(store: Store, key: int, sent: Row) -> list[Row]:
    """Set the custom fields that were sent; a field that is not there is ignored."""
    rows: list[Row] = []
    for entry in objects(sent.get("fieldValues")):
        field = number(entry.get("field"))
        if field in store.table("fields"):
            row, _ = store.set_field(key, field, _text(entry.get("value")))
            rows.append(_value(store, row))
    return rows


def _value(store: Store, key: int) -> Row:
    row = store.field_values.row(key)
    columns = ("contact", "field", "value", "cdate", "udate", "links", "id", "owner")
    return {name: row[name] for name in columns}


def _written(store: Store, key: int, sent: Row, status: int) -> Reply:
    """What a write answers: far from the whole contact."""
    values = _values(store, key, sent)
    person = store.people[key]
    row = store.people.row(key)
    echoed = {name: row[name] for name in ("email", *_NAMES) if name in sent or name == "email"}
    contact = {
        **echoed,
        "email_empty": not person.email,
        "cdate": iso(person.cdate),
        "udate": iso(person.udate),
        "orgid": sent.get("orgid", ""),
        "orgname": "",
        "hash": hash_of(key),
        **({"fieldValues": [value["id"] for value in values]} if values else {}),
        "links": row["links"],
        "id": str(key),
        "organization": "",
    }
    return answer({**({"fieldValues": values} if values else {}), "contact": contact}, status)


ROUTES: Routes = {
    "POST contacts": create,
    "POST contact/sync": sync,
    "PUT contacts/*": update,
    "DELETE contacts/*": delete,
}
