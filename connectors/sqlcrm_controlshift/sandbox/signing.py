"""The REST routes of signatures and attendees: lists, lookup by e-mail, creation, leaving."""

from __future__ import annotations

from sqlcrm.sandbox import Call, Reply
from sqlcrm_controlshift.sandbox import joining
from sqlcrm_controlshift.sandbox.consent import leave
from sqlcrm_controlshift.sandbox.joining import ATTENDEE, SIGNATURE, Kind
from sqlcrm_controlshift.sandbox.lists import Routes, find, page_of
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.wire import (
    Row,
    answer,
    body,
    flag,
    invalid,
    missing,
    number,
    part,
    query,
)

_STATUSES = ("attending", "not_attending", "attended", "confirmed", "no_show")
_LEVELS = ("all_messages", "none", "pending")
_UNSUBSCRIBABLE = {"signature": "Signature", "attendee": "Attendee"}


def _act(store: Store, kind: Kind, keys: tuple[str, ...]) -> tuple[Row, int]:
    """(the parent, the id of the act at it). Raises: Refused (404)."""
    parent = find(store, kind.parents, keys[0])
    row = kind.acts(store).get(number(keys[1]))
    if row is None or row["parent"] != parent["id"]:
        raise missing()
    return parent, int(row["id"])


def opt_in_of(store: Store, sent: Row, name: str) -> Row:
    """The opt-in type that was sent; only those of context external can be. Raises: Refused."""
    value = sent.get(name)
    if not value:
        raise invalid(name, "can't be blank")
    found = store.opt_in_type(value)
    if found is None:
        raise invalid(name, "does not exist among the external opt-in types")
    return found


def _check(store: Store, kind: Kind, sent: Row) -> None:
    for name in ("first_name", "last_name", "email", *_required(store)):
        if sent.get(name) in {None, ""}:
            raise invalid(name, "can't be blank")
    joins = flag(sent.get("join_organisation"))
    if joins is None and not store.switches.deferred_opt_in:
        raise invalid("join_organisation", "can't be blank")
    if kind is ATTENDEE:
        for name, values in (("attending_status", _STATUSES), ("notification_level", _LEVELS)):
            if sent.get(name) not in values:
                raise invalid(name, f"is one of {', '.join(values)}")


def _required(store: Store) -> list[str]:
    return [name for name in store.switches.required.split(",") if name]


def _routes(kind: Kind) -> Routes:
    path = f"{kind.parents}/*/{kind.table}"
    single = kind.parents[:-1]

    def parent_json(parent: Row) -> Row:
        return {single: {"title": parent["title"], "slug": parent["slug"]}}

    def everyone(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        parent, acts = find(store, kind.parents, keys[0]), kind.acts(store)
        ids = acts.of(parent["id"])
        return page_of(store, call, kind.table, ids, acts.encoded, parent_json(parent))

    def lookup(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        parent, acts = find(store, kind.parents, keys[0]), kind.acts(store)
        member = store.members.find(query(call, "email"))
        key = acts.find(parent["id"], member) if member else 0
        if not key:
            raise missing()
        return answer({kind.name: kind.shape(store, acts.row(key))})

    def create(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        parent = find(store, kind.parents, keys[0])
        sent = part(body(call), kind.name)
        _check(store, kind, sent)
        opt_in = opt_in_of(store, sent, "email_opt_in_type_external_id")
        row, new = joining.join(store, kind, parent, sent, opt_in)
        status = store.switches.created_status if new else 200
        return answer({kind.name: kind.shape(store, row)}, status)

    def change_opt_in(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        """Only the type changes, not whether somebody joined."""
        _, key = _act(store, kind, keys)
        found = opt_in_of(store, body(call), "external_id")
        row = kind.acts(store).change(key)
        row.update(opt_in_type=found["id"], updated_at=store.now())
        store.hooks.emit(f"{kind.word}.updated", kind.shape(store, row))
        return answer({kind.name: kind.shape(store, row)})

    def remove(store: Store, __: Call, keys: tuple[str, ...]) -> Reply:
        _, key = _act(store, kind, keys)
        row = joining.erase(store, kind, key)
        return answer({kind.name: {"deleted": True, "id": key, "email": row["email"]}})

    def unsubscribe(store: Store, __: Call, keys: tuple[str, ...]) -> Reply:
        _, key = _act(store, kind, keys)
        row = leave_one(store, kind, key, organisation=False, source="api")
        notice = f"You have successfully unsubscribed from the {single}."
        told = {"unsubscribed": True, "notice": notice, "id": key, "email": row["email"]}
        return answer({kind.name: told})

    return {
        f"GET {path}": everyone,
        f"GET {path}/lookup": lookup,
        f"POST {path}": create,
        f"POST {path}/*": change_opt_in,
        f"DELETE {path}/*": remove,
        f"POST {path}/*/unsubscribe": unsubscribe,
    }


def leave_one(store: Store, kind: Kind, key: int, *, organisation: bool, source: str) -> Row:
    """Leave one petition's or event's updates, and the organisation too where that was ticked."""
    row = kind.acts(store).change(key)
    if row["unsubscribe_at"] is None:
        row.update(unsubscribe_at=store.now(), updated_at=store.now())
    flags = (True, organisation)
    leave(store, row["member"], _UNSUBSCRIBABLE[kind.name], key, flags, source)
    store.hooks.emit(f"{kind.word}.updated", kind.shape(store, row))
    return row


ROUTES: Routes = {**_routes(SIGNATURE), **_routes(ATTENDEE)}
