"""What an account holds, in a form in which before and after can be compared.

Ids and times are left out, since no two runs have them in common: people go by their address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from benchmarks.sandboxes import Served

Rows = Counter[tuple[Any, ...]]
Held = Mapping[str, Rows]


class _Person(msgspec.Struct):
    id: str
    email: str
    first: str = msgspec.field(name="firstName")
    last: str = msgspec.field(name="lastName")
    phone: str


class _Tag(msgspec.Struct):
    id: str
    tag: str


class _Titled(msgspec.Struct):
    id: str
    title: str


class _List(msgspec.Struct):
    id: str
    name: str


class _Tagged(msgspec.Struct):
    contact: str
    tag: str


class _Listed(msgspec.Struct):
    contact: str
    list_: str = msgspec.field(name="list")
    status: str


class _Valued(msgspec.Struct):
    contact: str
    field: str
    value: str


class _Note(msgspec.Struct):
    note: str
    relid: str
    reltype: str


class _State(msgspec.Struct):
    contacts: list[_Person]
    tags: list[_Tag]
    lists: list[_List]
    fields: list[_Titled]
    tagged: list[_Tagged] = msgspec.field(name="contactTags")
    listed: list[_Listed] = msgspec.field(name="contactLists")
    values: list[_Valued] = msgspec.field(name="fieldValues")
    notes: list[_Note]


def held(served: Served) -> Held:
    """Return what the account holds.

    contacts: address, first and last name, phone. tags: address, tag. lists: address, list,
    status. values: address, title of the field, value. notes of contacts: address, text.
    """
    reply = served.client.get("/_sandbox/state").raise_for_status()
    state = msgspec.json.decode(reply.content, type=_State)
    people = {one.id: one.email for one in state.contacts}
    tags = {one.id: one.tag for one in state.tags}
    lists = {one.id: one.name for one in state.lists}
    fields = {one.id: one.title for one in state.fields}
    return {
        "contacts": Counter((o.email, o.first, o.last, o.phone) for o in state.contacts),
        "tags": Counter((people[o.contact], tags[o.tag]) for o in state.tagged),
        "lists": Counter((people[o.contact], lists[o.list_], int(o.status)) for o in state.listed),
        "values": Counter((people[o.contact], fields[o.field], o.value) for o in state.values),
        "notes": Counter(
            (people.get(o.relid), o.note) for o in state.notes if o.reltype == "Subscriber"
        ),
    }
