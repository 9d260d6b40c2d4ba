"""Campaigns, messages and automations. Source: the fact sheet, §5.4."""

from __future__ import annotations

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.contact_children import page
from sqlcrm_activecampaign.sandbox.filters import contains, equals, points
from sqlcrm_activecampaign.sandbox.resources import (
    Handler,
    Resource,
    Routes,
    create,
    crud,
    echo,
    listing,
    remove,
    update,
)
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import (
    Refused,
    Row,
    answer,
    iso,
    loads,
    missing,
    number,
    part,
)

ACTIVE = "1"  # an automation's status; 2 is inactive
SENDING = "2"  # a campaign's status
_CHILDREN = ("campaignLists", "campaignMessages", "links")

CAMPAIGNS = Resource(
    "campaigns",
    "campaign",
    "Campaign",
    filters={
        "seriesid": equals("seriesid"),
        "type": equals("type"),
        "automation": equals("automation"),
        "willrecur": equals("willrecur"),
        "name": contains("name"),
        "id": equals("id"),
        "status": equals("status"),
    },
    params={"status": equals("status")},
    orders={"sdate": "sdate", "ldate": "ldate", "mdate": "mdate", "status": "status"},
    required=("name",),
    verbs="GET",
    children=tuple((name, "campaignid") for name in _CHILDREN),
)
MESSAGES = Resource("messages", "message", "Message")
AUTOMATIONS = Resource(
    "automations",
    "automation",
    "Series",
    filters={"name": contains("name"), "status": equals("status")},
    params={"search": contains("name")},
    orders={
        "name": "name",
        "status": "status",
        "entered": "entered",
        "cdate": "cdate",
        "mdate": "mdate",
    },
    verbs="GET",
)
ENTRIES = Resource(
    "contactAutomations",
    "contactAutomation",
    "SubscriberSeries",
    filters={"contact": points("contact"), "automation": points("automation")},
    verbs="GET DELETE",
    unseen=403,  # docs: DELETE says not found with a 403
)


def prepare(store: Store) -> None:
    """Count who entered and left each automation when it is read."""
    links = store.contact_automations

    def counted(row: Row, key: int) -> Row:
        entered = links.having("automation", key)
        done = sum(links.at(entry, "remdate") > 0 for entry in entered)
        return {**row, "entered": str(len(entered)), "exited": str(done)}

    store.table("automations").render = counted


def _list_automations(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    return listing(AUTOMATIONS, store, call, meta={"starts": []})


def _enter(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """Let a contact enter an automation; each POST is another entry."""
    sent = part(loads(call.body), "contactAutomation")
    contact, automation = number(sent.get("contact")), number(sent.get("automation"))
    automations = store.table("automations")
    known = contact in store.people and automation in automations
    if not known or automations.value(automation, "status") != ACTIVE:
        raise Refused(403, {"message": "Could not create SubscriberSeries"})
    key = store.contact_automations.add(contact, automation, 1, store.now(), 0, 1)
    row = {
        **store.contact_automations.row(key),
        "contact": sent["contact"],
        "automation": sent["automation"],
    }
    contacts = [store.people.row(contact)]
    return answer({"contacts": contacts, "contactAutomation": row}, 201)


def _create_campaign(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    body = loads(call.body)
    key, known = create(CAMPAIGNS, store, part(body, "campaign") or body)
    return echo(CAMPAIGNS, store, key, known, 201)


def _edit_campaign(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    key = CAMPAIGNS.find(store, keys[0])
    body = loads(call.body)
    known = update(CAMPAIGNS, store, key, part(body, "campaign") or body)
    return echo(CAMPAIGNS, store, key, known, 200)


def _copy_campaign(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    table = store.table("campaigns")
    row = table.raw(CAMPAIGNS.find(store, keys[0]))
    now = iso(store.now())
    fresh = {"status": "0", "sdate": None, "ldate": None, "cdate": now, "mdate": now}
    key = table.add({**row, **fresh, "name": f"{row['name']} (copy)"})
    return echo(CAMPAIGNS, store, key, {}, 201)


def _delete_campaign(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    """Answers 200 in any case; `succeeded` tells."""
    key, table = number(keys[0]), store.table("campaigns")
    if key not in table or table.value(key, "status") == SENDING:
        return answer({"succeeded": 0, "message": "The campaign could not be deleted."})
    remove(CAMPAIGNS, store, key)
    return answer({"succeeded": 1, "message": "The campaign was deleted."})


def _children(name: str) -> Handler:
    def children(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        key = CAMPAIGNS.find(store, keys[0])
        return page(store, call, name, store.table(name).having("campaignid", key))

    return children


def _parent(column: str, path: str, model: str) -> Handler:
    """The user or the automation of a campaign."""

    def parent(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
        key = CAMPAIGNS.find(store, keys[0])
        other = number(store.table("campaigns").value(key, column))
        if other not in store.table(path):
            raise missing(model, other)
        return answer({column: store.table(path).row(other)})

    return parent


ROUTES: Routes = {
    **crud(CAMPAIGNS),
    "POST campaign": _create_campaign,
    "PUT campaigns/*/edit": _edit_campaign,
    "POST campaigns/*/copy": _copy_campaign,
    "DELETE campaigns/*": _delete_campaign,
    **{f"GET campaigns/*/{name}": _children(name) for name in _CHILDREN},
    "GET campaigns/*/user": _parent("user", "users", "User"),
    "GET campaigns/*/automation": _parent("automation", "automations", "Series"),
    **crud(MESSAGES),
    **crud(AUTOMATIONS),
    "GET automations": _list_automations,
    **crud(ENTRIES),
    "POST contactAutomations": _enter,
}
