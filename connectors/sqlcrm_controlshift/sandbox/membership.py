"""The organisation itself and its members. There is no list of members in this API."""

from __future__ import annotations

from collections.abc import Callable

from sqlcrm.sandbox import Call, Reply
from sqlcrm_controlshift.sandbox.act_shapes import user_json
from sqlcrm_controlshift.sandbox.consent import kinds, leave
from sqlcrm_controlshift.sandbox.joining import (
    ATTENDEE,
    CHAPTER_MEMBER,
    SIGNATURE,
    Kind,
    member_json,
)
from sqlcrm_controlshift.sandbox.lists import Routes
from sqlcrm_controlshift.sandbox.people import anonymous
from sqlcrm_controlshift.sandbox.shapes import event_json, petition_json
from sqlcrm_controlshift.sandbox.signing import opt_in_of
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.wire import Row, answer, body, invalid, iso, missing, number, query

_TYPE = ("context", "kind", "mailable", "active", "external_id")
_VERSION = (
    "id",
    "external_id",
    "privacy_policy",
    "tos",
    "data_processing_consent_label",
    "current",
)


def _organisation(store: Store, _: Call, __: tuple[str, ...]) -> Reply:
    counts = {
        "petitions_count": len(store["petitions"]),
        "signatures_count": len(store.signatures),
        "blast_emails_count": 0,
        "members_count": len(store.members),
    }
    return answer({"organisation": {"slug": store.slug, "name": "Demo Org", **counts}})


def _types(store: Store, _: Call, __: tuple[str, ...]) -> Reply:
    rows = [{name: row[name] for name in _TYPE} for row in store["email_opt_in_types"]]
    return answer({"email_opt_in_types": rows})


def _versions(store: Store, _: Call, __: tuple[str, ...]) -> Reply:
    rows = [
        {**{name: row[name] for name in _VERSION}, "created_at": iso(row["created_at"])}
        for row in store["consent_content_versions"]
    ]
    return answer({"consent_content_versions": rows})


def _found(store: Store, key: str) -> Row:
    person = store.members.get(number(key))
    if person is None:
        raise missing()
    return person


def _lookup(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    key = store.members.find(query(call, "email"))
    if not key:
        raise missing()
    return answer({"member": member_json(store, _found(store, str(key)))})


def _get(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    return answer({"member": member_json(store, _found(store, keys[0]))})


def _activity(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    """A flat biography and what the member did."""
    person = _found(store, keys[0])
    key = person["id"]
    owned: dict[str, Callable[[Store, Row], Row]]
    owned = {"petitions": petition_json, "events": event_json}
    done: tuple[tuple[str, Kind], ...]
    done = (
        ("signatures", SIGNATURE),
        ("attendees", ATTENDEE),
        ("local_chapter_members", CHAPTER_MEMBER),
    )
    acts = {
        name: [kind.shape(store, kind.acts(store).row(act)) for act in _acts(store, kind, key)]
        for name, kind in done
    }
    things = {
        name: [shape(store, row) for row in store[name].having("user_id", key)]
        for name, shape in owned.items()
    }
    return answer({**user_json(store, key), **member_json(store, person), **acts, **things})


def _acts(store: Store, kind: Kind, member: int) -> list[int]:
    return kind.acts(store).of_member(member)


def _delete(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    """All that the member did goes too; petitions and events get another owner.

    A member with a banned account is refused here, so that there is a refusal to try.
    """
    person = _found(store, keys[0])
    key = person["id"]
    if person["banned_at"] is not None:
        raise invalid("base", "This member can not be deleted.")
    for acts in kinds(store):
        for act in acts.of_member(key):
            _drop(store, acts is store.signatures, acts.row(act))
            acts.remove(act)
    owner = next((other for other in store.members.ids() if other != key), None)
    moved = 0
    for table in ("petitions", "events"):
        for row in store[table].having("user_id", key):
            row["user_id"] = owner
            moved += 1
    store.members.remove(key)
    told = {"id": key, "email": person["email"]}
    heir = user_json(store, owner) if owner else None
    data = {"member": told, "resources": {"new_owner": heir}}
    store.hooks.emit("member.deleted", data)
    if moved:
        store.hooks.emit("member.deleted.resources_transferred", data)
    return answer({"member": {"deleted": True, **told}})


def _drop(store: Store, signed: bool, row: Row) -> None:
    if signed and row["deleted_at"] is not None:
        store["petitions"].change(row["parent"])["disowned"] -= 1


def _anonymize(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    """Accepted with an empty answer. Who owns a petition is refused.

    The real one does it later; nobody can tell when, so that it is done at once here.
    """
    person = _found(store, keys[0])
    key = person["id"]
    if store["petitions"].having("user_id", key):
        raise invalid("base", "Members who created petitions can not be anonymized.")
    store.members.forget_address(key)
    row = store.members.change(key)
    row.update(anonymous(row), external_id=None, updated_at=store.now())
    for acts in kinds(store):
        for act in acts.of_member(key):
            one = acts.change(act)
            one.update(anonymous(one), additional_fields={}, updated_at=store.now())
    return Reply(202)


def _unsubscribe(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    person = _found(store, keys[0])
    leave(store, person["id"], "Organisation", None, (False, True), "api")
    told = {"unsubscribed": True, "id": person["id"], "email": person["email"]}
    return answer({"member": told})


def _update_type(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    """All that the member ever did gets this opt-in type; nothing tells that it had another."""
    person = _found(store, keys[0])
    found = opt_in_of(store, body(call), "external_id")
    for acts in kinds(store):
        for act in acts.of_member(person["id"]):
            acts.change(act)["opt_in_type"] = found["id"]
    return answer({"member": member_json(store, person)})


ROUTES: Routes = {
    "GET organisation": _organisation,
    "GET organisation/email_opt_in_types": _types,
    "GET organisation/consent_content_versions": _versions,
    "GET members/lookup": _lookup,
    "GET members/*": _get,
    "GET members/*/activity": _activity,
    "DELETE members/*": _delete,
    "POST members/*/anonymize": _anonymize,
    "POST members/*/unsubscribe": _unsubscribe,
    "POST members/*/update_email_opt_in_type": _update_type,
}
