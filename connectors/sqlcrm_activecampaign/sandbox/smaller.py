"""Everything smaller: forms, webhooks, shops, events, and the many lists nobody fills.

Source: the fact sheet, §5.5.
"""

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
)
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import (
    Query,
    Refused,
    answer,
    invalid,
    loads,
    number,
    objects,
    part,
)

_SNAKE = {  # addresses: documented in snake case, taken and given in camel case
    "company_name": "companyName",
    "address_1": "address1",
    "address_2": "address2",
    "is_default": "isDefault",
}
ORDINARY = (
    Resource("scores", "score", "Score", verbs="GET"),
    Resource("scoreValues", "scoreValue", "ScoreValue", verbs="GET"),
    Resource("segments", "segment", "Segment", verbs="GET"),
    Resource("forms", "form", "Form", missing=403, verbs="GET"),
    Resource("addresses", "address", "Address", aliases=_SNAKE),
    Resource(
        "webhooks",
        "webhook",
        "Webhook",
        filters={"name": contains("name"), "url": contains("url"), "listid": equals("listid")},
        required=("name", "url", "events", "sources"),
    ),
    Resource(
        "connections",
        "connection",
        "Connection",
        filters={"service": equals("service"), "externalid": equals("externalid")},
        required=("service", "externalid", "name"),
        children=(("ecomCustomers", "connectionid"), ("ecomOrders", "connectionid")),
    ),
    Resource("savedResponses", "savedResponse", "SavedResponse"),
    Resource("calendars", "calendar", "CalendarFeed", required=("title",)),
    Resource("personalizations", "personalization", "Personalization"),
    Resource("templates", "template", "Template", verbs="GET"),
    Resource("campaignLists", "campaignList", "CampaignList", verbs="GET"),
    Resource("campaignMessages", "campaignMessage", "CampaignMessage", verbs="GET"),
    Resource("links", "link", "Link", verbs="GET"),
    Resource("geoIps", "geoIp", "GeoIp", verbs="GET"),
    Resource("geoAddresses", "geoAddress", "GeoAddress", verbs="GET"),
)
EMPTY = (  # listable; a made-up account has none of them
    "bounceLogs", "emailActivities", "dealActivities", "contactEmails", "brandings", "configs",
    "goals", "conversions", "conversionTriggers", "contactConversions", "siteMessages", "sms",
    "automationBlocks", "dealGroupUsers", "groupLimits",
)  # fmt: skip
CUSTOMERS = Resource(
    "ecomCustomers",
    "ecomCustomer",
    "EcomCustomer",
    filters={name: equals(name) for name in ("email", "externalid", "connectionid")},
    required=("connectionid", "externalid", "email"),
)
ORDERS = Resource(
    "ecomOrders",
    "ecomOrder",
    "EcomOrder",
    filters={
        name: equals(name)
        for name in (
            "connectionid", "externalid", "externalcheckoutid", "email", "state", "customerid",
        )
    },
    required=("email", "connectionid", "customerid"),
    children=(("ecomOrderProducts", "orderid"),),
)  # fmt: skip
PRODUCTS = Resource(
    "ecomOrderProducts",
    "ecomOrderProduct",
    "EcomOrderProduct",
    filters={"orderid": points("orderid")},
    verbs="GET",
)
EVENTS = (  # what a webhook can be about; the docs count about 25
    "subscribe", "unsubscribe", "update", "sent", "open", "click", "forward", "share", "bounce",
    "reply", "contact_add", "contact_tag_added", "contact_tag_removed", "contact_task_add",
    "contact_task_complete", "deal_add", "deal_update", "deal_note_add", "deal_task_add",
    "deal_task_complete", "deal_pipeline_add", "deal_stage_add", "list_add", "account_add",
    "account_update",
)  # fmt: skip


def _create_customer(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """One customer for each connection, external id and address."""
    sent = part(loads(call.body), "ecomCustomer")
    table = store.table("ecomCustomers")
    natural = ("connectionid", "externalid", "email")
    for key in table.having("externalid", sent.get("externalid")):
        if all(table.value(key, name) == str(sent.get(name)) for name in natural):
            title = "The e-commerce customer already exists in the system"
            raise invalid(title, "duplicate", "email")
    key, known = create(CUSTOMERS, store, sent)
    table.change(key, {"connection": str(sent["connectionid"])})
    return echo(CUSTOMERS, store, key, known, 201)


def _create_order(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """Every POST makes an order; its products become rows of their own."""
    sent = part(loads(call.body), "ecomOrder")
    key, known = create(ORDERS, store, sent)
    for product in objects(sent.get("orderProducts")):
        create(PRODUCTS, store, {**product, "orderid": str(key)})
    return echo(ORDERS, store, key, known, 201)


def _products(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    key = ORDERS.find(store, keys[0])
    ids = store.table("ecomOrderProducts").having("orderid", key)
    return page(store, call, "ecomOrderProducts", ids)


def _geo_address(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    key = ORDINARY[-2].find(store, keys[0])
    place = number(store.table("geoIps").value(key, "geoaddrid"))
    return answer({"geoAddress": store.table("geoAddresses").row(place)})


def _webhook_events(_store: Store, _call: Call, _keys: tuple[str, ...]) -> Reply:
    return answer({"webhookEvents": EVENTS, "meta": {"total": len(EVENTS)}})


def _activities(_store: Store, call: Call, _keys: tuple[str, ...]) -> Reply:
    """`contact` is required."""
    if not Query(call.query).number("contact"):
        raise Refused(400, {})
    return answer({"activities": []})


def _tracking_status(_store: Store, _call: Call, _keys: tuple[str, ...]) -> Reply:
    return answer({"eventTracking": {"enabled": True}})


def _list_events(store: Store, _call: Call, _keys: tuple[str, ...]) -> Reply:
    """Names only, no ids."""
    table = store.table("eventTrackingEvents")
    names = [{"name": table.value(key, "name")} for key in table.ids()]
    return answer({"eventTrackingEvents": names, "meta": {"total": len(names)}})


def _create_event(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    name = str(part(loads(call.body), "eventTrackingEvent").get("name") or "")
    if not name:
        raise invalid("The name was not provided.", "field_missing", "name")
    table = store.table("eventTrackingEvents")
    if table.having("name", name):
        raise invalid("The event name already exists in the system", "duplicate", "name")
    table.add({"name": name})
    return answer({"eventTrackingEvent": {"name": name}}, 201)


def _delete_event(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    table = store.table("eventTrackingEvents")
    found = table.having("name", keys[0])
    if not found:
        raise Refused(404, {"message": f"No Result found for Event with name {keys[0]}"})
    table.remove(found[0])
    return answer({})


def _empty(name: str) -> Handler:
    def empty(_store: Store, _call: Call, _keys: tuple[str, ...]) -> Reply:
        return answer({name: [], "meta": {"total": "0"}})

    return empty


_EXCLUDED = frozenset({"name", "email", "list", "id"})


def _exclusions(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """The one list that refuses filters it does not know."""
    for name, _value in Query(call.query).of("filters"):
        if name.partition("]")[0] not in _EXCLUDED:
            raise Refused(422, {"errors": [{"title": "Invalid filter field", "status": 422}]})
    table = store.table("exclusions")
    return page(store, call, "exclusions", table.ids())


def _exclude(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    sent = part(loads(call.body), "exclusion")
    key = store.table("exclusions").add({"email": str(sent.get("email") or "")})
    return answer({"exclusion": store.table("exclusions").row(key)}, 201)


ROUTES: Routes = {
    **{f"GET {name}": _empty(name) for name in EMPTY},
    **crud(CUSTOMERS),
    "POST ecomCustomers": _create_customer,
    **crud(ORDERS),
    "POST ecomOrders": _create_order,
    "GET ecomOrders/*/orderProducts": _products,
    **crud(PRODUCTS),
    "GET geoIps/*/geoAddress": _geo_address,
    "GET webhook/events": _webhook_events,
    "GET activities": _activities,
    "GET eventTracking": _tracking_status,
    "GET eventTrackingEvents": _list_events,
    "POST eventTrackingEvents": _create_event,
    "DELETE eventTrackingEvents/*": _delete_event,
    "GET lists/exclusions": _exclusions,
    "POST lists/exclusions": _exclude,
}
for _resource in ORDINARY:
    ROUTES.update(crud(_resource))
