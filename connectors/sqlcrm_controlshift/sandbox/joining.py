"""Somebody signs, attends or joins: through the API or on a web page.

What a second POST of the same person does is not documented. Here it gives the existing row back,
updated with what was sent; a row that its person disowned ("this wasn't me") is taken up again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from re import fullmatch

from sqlcrm_controlshift.sandbox.act_shapes import (
    attendee_json,
    chapter_member_json,
    new_act,
    signature_json,
    user_json,
    utm,
)
from sqlcrm_controlshift.sandbox.acts import Acts
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.wire import Row, flag, invalid, iso, number

_PERSON = ("first_name", "last_name", "phone_number", "postcode", "country", "locale")
_OWN = ("source", "bucket", "introduction", "message_to_target", "additional_fields")
_EU = "eu_data_processing_consent"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of act and the names it has. `word` begins the names of its events."""

    parents: str
    name: str
    word: str
    table: str
    shape: Callable[[Store, Row], Row]

    def acts(self, store: Store) -> Acts:
        """All acts of this kind."""
        found = {
            "signature": store.signatures,
            "attendee": store.attendees,
            "local_chapter.member": store.chapter_members,
        }
        return found[self.word]


SIGNATURE = Kind("petitions", "signature", "signature", "signatures", signature_json)
ATTENDEE = Kind("events", "attendee", "attendee", "attendees", attendee_json)
CHAPTER_MEMBER = Kind(
    "local_chapters", "member", "local_chapter.member", "local_chapter_members", chapter_member_json
)


def person_of(store: Store, sent: object, name: str) -> int:
    """The member with the sent address, who is added where there is none yet. Raises: Refused."""
    if not isinstance(sent, dict) or not sent.get("email"):
        raise invalid(name, "needs an email")
    email = str(sent["email"]).strip()
    if not fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise invalid("email", "is invalid")
    key = store.members.find(email)
    return _known(store, key, sent) if key else _new(store, email, sent)


def _new(store: Store, email: str, sent: Row) -> int:
    now = store.now()
    times = {"created_at": now, "updated_at": now, "confirmed_at": None, "banned_at": None}
    person: Row = {field: sent.get(field) for field in _PERSON}
    person["first_name"] = person["first_name"] or ""
    person["last_name"] = person["last_name"] or ""
    person["locale"] = person["locale"] or "en"
    key = store.members.add({**person, **times, "email": email, "external_id": None})
    store.note("members", key)
    store.hooks.emit("user.created", user_json(store, key, None))
    return key


def _known(store: Store, key: int, sent: Row) -> int:
    """What is sent and different changes the person, and is told."""
    person = store.members.get(key) or {}
    changes = {
        field: [person[field], sent[field]]
        for field in _PERSON
        if sent.get(field) and sent[field] != person[field]
    }
    if changes:
        row = store.members.change(key)
        row.update({field: pair[1] for field, pair in changes.items()}, updated_at=store.now())
        store.hooks.emit("user.updated", {**user_json(store, key), "changes": changes})
        told = {"id": key, "email": row["email"], "changes": changes}
        store.hooks.emit("user.changed", told)
    return key


def join(store: Store, kind: Kind, parent: Row, sent: Row, opt_in: Row | None) -> tuple[Row, bool]:
    """(the act, whether it is new). `opt_in`: the opt-in type, None where nobody was asked."""
    before = len(store.members)
    member = person_of(store, sent, "email")
    acts, now = kind.acts(store), store.now()
    key = acts.find(parent["id"], member)
    row = acts.change(key) if key else new_act(parent["id"], member, _person(store, member), now)
    _take(store, row, sent)
    if opt_in is not None:
        row["opt_in_type"] = opt_in["id"]
    joins = flag(sent.get("join_organisation"))
    if joins is not None:  # who is not asked again keeps their answer
        row["join_organisation"] = joins
    if joins:
        row["moment"] = store.moment()
    row.update(last_signed_at=now, updated_at=max(now, row["updated_at"]))
    if key:
        _take_up(store, kind, parent, row)
        store.hooks.emit(f"{kind.word}.updated", kind.shape(store, row))
        return row, False
    row["new_member"] = len(store.members) > before
    row["moment"] = row["moment"] if joins else (now, 0)
    if not store.switches.double_opt_in:
        row.update(confirmed_at=now, confirmed_reason="authenticated")
    acts.add(row)
    store.note(kind.table, row["id"])
    _tell_created(store, kind, row)
    return row, True


def _person(store: Store, member: int) -> Row:
    person = store.members.get(member)
    if person is None:
        raise KeyError(member)
    return person


def _take(store: Store, row: Row, sent: Row) -> None:
    """What was sent of the act's own fields."""
    for name in (*_PERSON, *_OWN, "attending_status", "notification_level"):
        if sent.get(name) is not None:
            row[name] = sent[name]
    if utm(sent):
        row["utm"] = utm(sent)
    if sent.get("opt_in_sms") is not None:
        row["opt_in_sms"] = flag(sent["opt_in_sms"])
    if sent.get(_EU) is not None:
        row[_EU] = flag(sent[_EU])
    external_id = sent.get("consent_content_version_external_id")
    if external_id:
        found = store["consent_content_versions"].having("external_id", external_id)
        if not found:
            raise invalid("consent_content_version_external_id", "does not exist")
        row["consent_content_version"] = found[0]["id"]
    row["partnership_opt_ins"] = {**row["partnership_opt_ins"], **_partners(store, sent)}


def _partners(store: Store, sent: Row) -> dict[int, bool]:
    """An object keyed by the partnership's number; what is read has slugs in an array."""
    value = sent.get("partnership_opt_ins") or {}
    if not isinstance(value, dict) or any(
        store["partnerships"].get(number(key)) is None for key in value
    ):
        raise invalid("partnership_opt_ins", "is an object with ids of partnerships as keys")
    return {number(key): bool(flag(opted_in)) for key, opted_in in value.items()}


def _take_up(store: Store, kind: Kind, parent: Row, row: Row) -> None:
    if row["deleted_at"] is not None:
        row["deleted_at"] = None
        if kind is SIGNATURE:
            parent["disowned"] -= 1
            store["petitions"].touch(parent)


def _tell_created(store: Store, kind: Kind, row: Row) -> None:
    """`created`; with the switch `updated_first` after an `updated` that is newer than it."""
    created = f"{kind.word}.created"
    if kind is CHAPTER_MEMBER or not store.switches.updated_first:
        store.hooks.emit(created, kind.shape(store, row))
        return
    before = kind.shape(store, row)
    row["additional_fields"] = {**row["additional_fields"], "late_answer": "yes"}
    row["updated_at"] += 1
    store.hooks.emit(f"{kind.word}.updated", kind.shape(store, row))
    store.hooks.emit(created, before)


def confirm(store: Store, kind: Kind, key: int) -> Row:
    """The person follows the link of the confirmation e-mail."""
    row = kind.acts(store).change(key)
    now = store.now()
    if row["confirmed_at"] is None:
        row.update(confirmed_at=now, confirmed_reason="double_opt_in", updated_at=now)
    store.hooks.emit(f"{kind.word}.confirmed", kind.shape(store, row))
    person = store.members.change(row["member"])
    if person["confirmed_at"] is None:
        person.update(confirmed_at=now, updated_at=now)
        store.hooks.emit("user.confirmed", user_json(store, row["member"], row))
    return row


def disown(store: Store, kind: Kind, key: int) -> Row:
    """ "This wasn't me": treated as never signed, and no unsubscribe."""
    row = kind.acts(store).change(key)
    if row["deleted_at"] is None:
        row.update(deleted_at=store.now(), updated_at=store.now())
        if kind is SIGNATURE:
            store["petitions"].change(row["parent"])["disowned"] += 1
    store.hooks.emit(f"{kind.word}.deleted", kind.shape(store, row))
    return row


def erase(store: Store, kind: Kind, key: int) -> Row:
    """Delete for good; counts go down. The event is the same as for "this wasn't me"."""
    row = kind.acts(store).row(key)
    shown = kind.shape(store, {**row, "deleted_at": row["deleted_at"] or store.now()})
    if kind is SIGNATURE and row["deleted_at"] is not None:
        store["petitions"].change(row["parent"])["disowned"] -= 1
    kind.acts(store).remove(key)
    store.hooks.emit(f"{kind.word}.deleted", shown)
    return row


def member_json(store: Store, person: Row) -> Row:
    """A member as REST shows them."""
    shown: Row = {
        "id": person["id"],
        "email": person["email"],
        "created_at": iso(person["created_at"]),
        "updated_at": iso(person["updated_at"]),
        "external_id": person["external_id"],
    }
    if store.switches.data_processing_consent:
        version = next(iter(store["consent_content_versions"]))
        given = {"consent_type": "explicit", "created_at": iso(person["created_at"])}
        shown["data_processing_consent"] = {**given, "external_id": version["external_id"]}
    return shown
