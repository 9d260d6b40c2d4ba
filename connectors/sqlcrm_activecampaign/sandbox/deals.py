"""Deals. Source: the fact sheet, §5.1."""

from __future__ import annotations

from collections.abc import Sequence

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.custom_fields import save_inline
from sqlcrm_activecampaign.sandbox.deal_filters import FILTERS
from sqlcrm_activecampaign.sandbox.notes import children_notes
from sqlcrm_activecampaign.sandbox.people import hash_of
from sqlcrm_activecampaign.sandbox.resources import (
    Resource,
    Routes,
    create,
    crud,
    echo,
    listing,
    remove,
    select,
    update,
)
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import (
    Query,
    Row,
    answer,
    invalid,
    loads,
    number,
    objects,
    part,
)

DEALS = Resource(
    "deals",
    "deal",
    "Deal",
    filters=FILTERS,
    orders={
        "title": "title",
        "value": "value",
        "cdate": "cdate",
        "contact_name": "contact",
        "contact_orgname": "organization",
        "next-action": "nextdate",
    },
    total="number",
    required=("title", "value", "currency"),
    children=(("contactDeals", "deal"), ("dealCustomFieldData", "dealId")),
    shuffled=True,
)


def prepare(store: Store) -> None:
    """A deal that the key's user may not see shows three keys only."""

    def seen(row: Row, key: int) -> Row:
        if row["isDisabled"]:
            return {"title": row["title"], "id": str(key), "isDisabled": True}
        return row

    store.table("deals").render = seen


def _list(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """The totals count deals nobody may see too."""
    query = Query(call.query)
    asked = ("currencies", *query.of("filters"))
    currencies = store.results(asked, lambda: _currencies(store, select(DEALS, store, query)))
    return listing(DEALS, store, call, meta={"currencies": currencies or []})


def _currencies(store: Store, ids: Sequence[int]) -> Row:
    """Number and value of the deals in each currency."""
    deals, sums = store.table("deals"), dict[str, tuple[int, int]]()
    for key in ids:
        row = deals.raw(key)
        count, value = sums.get(row["currency"], (0, 0))
        sums[row["currency"]] = (count + 1, value + number(row["value"]))
    return {
        name.upper(): {
            "total": str(count),
            "value": str(value),
            "currency": name.upper(),
            "isDisabled": False,
        }
        for name, (count, value) in sums.items()
    }


def _related(store: Store, sent: Row, name: str, path: str) -> int:
    """The id something sent points at, or 0. Raises: Refused where there is no such row."""
    key = number(sent.get(name) or 0)
    if key and key not in store.rows[path]:
        raise invalid(f"The related {name} does not exist.", "related_missing", name)
    return key


def _place(store: Store, sent: Row) -> Row:
    """Pipeline and stage, each found from the other where only one is sent."""
    group = _related(store, sent, "group", "dealGroups")
    stage = _related(store, sent, "stage", "dealStages")
    stages = store.table("dealStages")
    if stage:
        return {"group": stages.value(stage, "group"), "stage": str(stage)}
    return {"group": str(group), "stage": str(stages.having("group", group)[0])} if group else {}


def _create(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """Every POST makes a deal, the same one twice too."""
    sent = part(loads(call.body), "deal")
    contact = _related(store, sent, "contact", "contacts")
    account = _related(store, sent, "account", "accounts")
    if not contact and not account:
        raise invalid("The contact or account was not provided.", "field_missing", "contact")
    place = _place(store, sent)
    if not place:
        raise invalid("The group or stage was not provided.", "field_missing", "group")
    if not sent.get("owner"):
        raise invalid("The owner was not provided.", "field_missing", "owner")
    key, known = create(DEALS, store, sent)
    more = {"customerAccount": str(account)} if account else {}
    store.table("deals").change(
        key, {**place, **more, "hash": hash_of(key)[:8], "nextdealid": None}
    )
    save_inline(store, "dealCustomFieldData", key, sent)
    return _written(store, key, known, 201)


def _update(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    key = DEALS.find(store, keys[0])
    sent = part(loads(call.body), "deal")
    for name, path in (("contact", "contacts"), ("account", "accounts")):
        _related(store, sent, name, path)
    known = update(DEALS, store, key, {**sent, **_place(store, sent)})
    save_inline(store, "dealCustomFieldData", key, sent)
    return _written(store, key, {name: sent[name] for name in known if name in sent}, 200)


def _written(store: Store, key: int, sent: Row, status: int) -> Reply:
    """The deal, with its contact, stage and pipeline beside it."""
    row = store.table("deals").raw(key)
    sides: Row = {}
    for name, column, path in (
        ("contacts", "contact", "contacts"),
        ("dealStages", "stage", "dealStages"),
        ("dealGroups", "group", "dealGroups"),
    ):
        other = number(row[column] or 0)
        sides[name] = [store.rows[path].row(other)] if other in store.rows[path] else []
    body = loads(echo(DEALS, store, key, sent, status).body)
    return answer({**sides, **body}, status)


def _delete(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    """Answers 200 without a body."""
    remove(DEALS, store, DEALS.find(store, keys[0]))
    return Reply(200)


def _bulk_owner(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """Give many deals another owner; each one is answered for."""
    outcome: dict[str, list[str]] = {"success": [], "nochange": [], "failed": []}
    table = store.table("deals")
    for entry in objects(loads(call.body).get("deals")):
        key, owner = number(entry.get("id")), number(entry.get("ownerId"))
        if key not in table or owner not in store.table("users"):
            outcome["failed"].append(str(key))
        elif table.value(key, "owner") == str(owner):
            outcome["nochange"].append(str(key))
        else:
            update(DEALS, store, key, {"owner": str(owner)})
            outcome["success"].append(str(key))
    return answer(outcome)


ROUTES: Routes = {
    **crud(DEALS),
    "GET deals": _list,
    "POST deals": _create,
    "PUT deals/*": _update,
    "DELETE deals/*": _delete,
    "PATCH deals/bulkUpdate": _bulk_owner,
    **children_notes("deals", "Deal"),
}
