"""Notes on contacts, deals, accounts and tasks. Source: the fact sheet, §5.3."""

from __future__ import annotations

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.filters import equals, points
from sqlcrm_activecampaign.sandbox.resources import (
    Resource,
    Routes,
    create,
    crud,
    echo,
    update,
)
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import Row, invalid, loads, missing, number, part

KINDS = {  # reltype → (what it is called in `owner`, the collection)
    "Activity": ("activity", "activities"),
    "Deal": ("deal", "deals"),
    "DealTask": ("dealTask", "dealTasks"),
    "Subscriber": ("contact", "contacts"),
    "CustomerAccount": ("customerAccount", "accounts"),
}
NOTES = Resource(
    "notes",
    "note",
    "Note",
    filters={"relid": points("relid"), "reltype": equals("reltype")},
    missing=403,  # docs: not found is a 403 here
    required=("note", "relid", "reltype"),
)


def prepare(store: Store) -> None:
    """Notes and tasks show what they belong to as `owner`."""

    def owned(row: Row, _: int) -> Row:
        kind, _collection = KINDS.get(str(row["reltype"]), ("", ""))
        return {**row, "owner": {"type": kind, "id": row["relid"]}}

    store.table("notes").render = owned
    store.table("dealTasks").render = owned


def _create(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """Every POST makes a note, the same one twice too."""
    sent = part(loads(call.body), "note")
    if sent.get("reltype") and str(sent["reltype"]) not in KINDS:
        raise invalid("The reltype is not valid.", "field_invalid", "reltype")
    key, known = create(NOTES, store, sent)
    return echo(NOTES, store, key, known, 201)


def children_notes(path: str, kind: str) -> Routes:
    """The routes that put notes on a deal or an account."""

    def post(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        owner = _owner(store, keys[0])
        sent = {**part(loads(call.body), "note"), "relid": str(owner), "reltype": kind}
        key, _ = create(NOTES, store, sent)
        return echo(NOTES, store, key, {}, 201)

    def put(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        _owner(store, keys[0])
        key = NOTES.find(store, keys[1])
        sent = part(loads(call.body), "note")
        update(NOTES, store, key, {"note": sent.get("note", "")})
        return echo(NOTES, store, key, {}, 200)

    def _owner(store: Store, text: str) -> int:
        key = number(text)
        if key not in store.table(path):
            raise missing(kind, key)
        return key

    return {
        f"POST {path}/*/notes": post,
        f"PUT {path}/*/notes/*": put,
        f"POST {path}/*/notes/*": put,  # recorded: updates were sent with POST too
    }


ROUTES: Routes = {**crud(NOTES), "POST notes": _create}
