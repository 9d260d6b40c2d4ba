"""Mailing lists, their groups and who is on them. Source: the fact sheet, §4.3 and §4.4."""

from __future__ import annotations

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.filters import contains, equals, points, with_operators
from sqlcrm_activecampaign.sandbox.resources import Resource, Routes, crud, update
from sqlcrm_activecampaign.sandbox.rows import pairs
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import Refused, Row, answer, invalid, loads, number, part

SUBSCRIBED, UNSUBSCRIBED = 1, 2  # the two that can be written; 0 and 3 cannot

LISTS = Resource(
    "lists",
    "list",
    "_List",
    filters={
        **with_operators("name", "name", contains("name")),
        "id": equals("id"),
        "channel": equals("channel"),
        "userid": equals("userid"),
    },
    orders={
        "name": "name",
        "id": "id",
        "channel": "channel",
        "userid": "userid",
        "created_timestamp": "created_timestamp",
    },
    required=("name", "stringid", "sender_url", "sender_reminder"),
    children=(("contactLists", "list"), ("listGroups", "listid")),
    unseen=403,  # docs: DELETE says not found with a 403
)
LIST_GROUPS = Resource("listGroups", "listGroup", "ListGroup", required=("listid", "groupid"))
CONTACT_LISTS = Resource(
    "contactLists",
    "contactList",
    "SubscriberList",
    filters={"contact": points("contact"), "list": points("list")},
    verbs="GET",
)


def _update_list(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    """Answers 200 without a body, as recorded."""
    key = LISTS.find(store, keys[0])
    update(LISTS, store, key, part(loads(call.body), "list"))
    return Reply(200)


def subscribe(store: Store, contact: int, list_: int, status: int, source: int) -> tuple[int, bool]:
    """Set the status of a contact on a list: (id of the relation, whether it is new).

    It overrides everything there was, an opt-out too, as POST /contactLists does.
    """
    now, links = store.now(), store.contact_lists
    left = now if status == UNSUBSCRIBED else 0
    found = pairs(links, contact, "list", list_)
    if not found:
        return links.add(contact, list_, status, now, left, 0, source, ""), True
    links.change(found, status=status, udate=now, sourceid=source)
    if status == SUBSCRIBED:
        links.change(found, sdate=now)
    return found, False


def _subscribe(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    sent = part(loads(call.body), "contactList")
    contact, list_, status = (number(sent.get(name)) for name in ("contact", "list", "status"))
    if contact not in store.people:
        raise _not_found("Contact not found")
    if list_ not in store.table("lists"):
        raise _not_found("List not found")
    if status not in {SUBSCRIBED, UNSUBSCRIBED}:
        raise invalid("The status must be 1 or 2.", "field_invalid", "status")
    source = number(sent.get("sourceid", 3))  # 3 is what the API itself fills in
    key, new = subscribe(store, contact, list_, status, source)
    body = {"contacts": [store.people.row(contact)], "contactList": _echo(store, key, sent, source)}
    return answer(body, 201 if new else 200)


def _echo(store: Store, key: int, sent: Row, source: int) -> Row:
    """The answer to a write: `status` is a number here and a string when it is read."""
    row, person = store.contact_lists.row(key), store.people[store.contact_lists.at(key, "contact")]
    return {
        "status": number(sent["status"]),
        "list": sent["list"],
        "contact": sent["contact"],
        "sdate": row["sdate"],
        "udate": row["udate"],
        "unsubreason": row["unsubreason"],
        "campaign": None,
        "message": None,
        "first_name": person.first,
        "last_name": person.last,
        "sourceid": source,
        "unsubscribeAutomation": None,
        "links": row["links"],
        "id": str(key),
    }


def _not_found(detail: str) -> Refused:
    return Refused(404, {"errors": [{"status": 404, "title": "Not Found", "detail": detail}]})


ROUTES: Routes = {
    **crud(LISTS),
    "PUT lists/*": _update_list,
    **crud(LIST_GROUPS),
    **crud(CONTACT_LISTS),
    "POST contactLists": _subscribe,
}
