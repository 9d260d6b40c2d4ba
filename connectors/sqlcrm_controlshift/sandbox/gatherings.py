"""Events, calendars, partnerships, groups, and the webhook endpoints."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlcrm.sandbox import Call, Reply
from sqlcrm_controlshift.sandbox.furnishing import EVENT
from sqlcrm_controlshift.sandbox.joining import person_of
from sqlcrm_controlshift.sandbox.lists import Routes, find, page_of, rows_page, save
from sqlcrm_controlshift.sandbox.places import add_location
from sqlcrm_controlshift.sandbox.shapes import (
    chapter_json,
    event_json,
    event_payload,
    partnership_json,
    petition_json,
)
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.tagging import label_all
from sqlcrm_controlshift.sandbox.wire import Row, answer, body, epoch, invalid, iso, number, part

_CREATE = (
    *("title", "description", "virtual", "location_venue", "extra_location_info", "locale"),
    *("max_attendees_count", "web_conference_url", "forum_enabled", "hidden_address", "time_zone"),
    *("hide_recent_attendees", "event_host_name_override", "campaigner_contactable"),
)
_UPDATE = (
    *("campaigner_contactable", "description", "event_host_name_override", "host_address"),
    *("extra_location_info", "forum_enabled", "hidden_address", "hide_recent_attendees"),
    *("location_venue", "max_attendees_count", "redirect_to", "sharing_disabled", "title"),
    "web_conference_url",
)


def _list(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    return rows_page(store, call, "events", list(store["events"]), event_json)


def _get(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    return answer({"event": event_json(store, find(store, "events", keys[0]))})


def _create(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    sent = part(body(call), "event")
    calendar = find(store, "calendars", keys[0]) if keys else None
    row = create(store, sent, calendar)
    shown = {"status": "success", "event": event_json(store, row)}
    return answer(shown, store.switches.created_status)


def create(store: Store, sent: Row, calendar: Row | None = None) -> Row:
    """A new event. Raises: Refused."""
    for name in ("title", "description", "start_at", "time_zone", "host"):
        if not sent.get(name):
            raise invalid(name, "can't be blank")
    try:
        ZoneInfo(str(sent["time_zone"]))
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise invalid("time_zone", "is not a time zone") from problem
    row: Row = {**EVENT, "slug": sent["title"], "labelings": []}
    save(row, sent, _CREATE)
    if not sent.get("virtual") and not sent.get("location"):
        raise invalid("location", "can't be blank for an event in person")
    row["start_at"] = epoch(sent["start_at"], "start_at")
    row["end_at"] = epoch(sent.get("end_at"), "end_at")
    row["calendar_id"] = calendar and calendar["id"]
    _belong(store, row, sent)
    row["user_id"] = person_of(store, sent["host"], "host")
    if sent.get("location"):
        row["location_id"] = add_location(store, sent["location"])
    row["launched_at"] = store.now()
    row = store["events"].add(row)
    label_all(store, "Event", row, sent.get("labels") or [])
    store.hooks.emit("event.created", event_payload(store, row))
    store.hooks.emit("event.created.requires_moderation", event_payload(store, row))
    return row


def _belong(store: Store, row: Row, sent: Row) -> None:
    for name, table, column in (
        ("group", "local_chapters", "local_chapter_id"),
        ("partnership", "partnerships", "partnership_id"),
        ("region", "regions", "region_id"),
    ):
        value = sent.get(name)
        if value:
            found = store[table].named(value.get("slug") if isinstance(value, dict) else value)
            if found is None:
                raise invalid(name, "does not exist")
            row[column] = found["id"]
    kind = sent.get("event_type")
    if kind:
        found = store["event_types"].get(number(kind.get("id") if isinstance(kind, dict) else kind))
        if found is None:
            raise invalid("event_type", "does not exist")
        row["event_type_id"] = found["id"]


def _update(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    """No dates and no location: those sent are ignored."""
    row = find(store, "events", keys[0])
    save(row, part(body(call), "event"), _UPDATE)
    return _changed(store, row)


def _changed(store: Store, row: Row) -> Reply:
    store["events"].touch(row)
    store.hooks.emit("event.updated", event_payload(store, row))
    return answer({"status": "success", "event": event_json(store, row)})


def _image(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    row = find(store, "events", keys[0])
    if call.method == "DELETE":
        row["image"] = None
    else:
        sent = body(call)
        if not isinstance(sent.get("file"), bytes) or not sent["file"]:
            raise invalid("file", "can't be blank")
        url = f"https://images.example.org/events/{row['id']}/original.jpg"
        row["image"] = {"urls": {"original": url}, "description": None}
    return _changed(store, row)


def _calendar_json(row: Row) -> Row:
    times = {name: iso(row[name]) for name in ("created_at", "updated_at")}
    return {"id": row["id"], "slug": row["slug"], "name": row["name"], **times}


def _calendar(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    return answer({"calendar": _calendar_json(find(store, "calendars", keys[0]))})


def _calendar_events(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    row = find(store, "calendars", keys[0])
    found = store["events"].having("calendar_id", row["id"])
    parent = {"calendar": {"slug": row["slug"], "name": row["name"]}}
    return rows_page(store, call, "events", found, event_json, parent)


def _event_type_json(_: Store, row: Row) -> Row:
    times = {name: iso(row[name]) for name in ("created_at", "updated_at")}
    return {**{name: row[name] for name in ("id", "name", "localized_names")}, **times}


def _event_types(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    return rows_page(store, call, "event_types", list(store["event_types"]), _event_type_json)


def _partnerships(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    return rows_page(store, call, "partnerships", list(store["partnerships"]), partnership_json)


def _partnership(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    found = find(store, "partnerships", keys[0])
    return answer({"partnership": partnership_json(store, found)})


def _partner_petitions(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    row = find(store, "partnerships", keys[0])
    found = [
        petition for petition in store["petitions"] if row["id"] in petition["partnership_ids"]
    ]
    parent = {"partnership": {"slug": row["slug"], "title": row["title"]}}
    return rows_page(store, call, "petitions", found, petition_json, parent)


def _partner_events(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    row = find(store, "partnerships", keys[0])
    found = store["events"].having("partnership_id", row["id"])
    parent = {"partnership": {"slug": row["slug"], "title": row["title"]}}
    return rows_page(store, call, "events", found, event_json, parent)


def _chapters(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    found = list(store["local_chapters"])
    return rows_page(store, call, "local_chapters", found, chapter_json)


def _chapter(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    found = find(store, "local_chapters", keys[0])
    return answer({"local_chapter": chapter_json(store, found)})


def _chapter_members(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    row, acts = find(store, "local_chapters", keys[0]), store.chapter_members
    parent = {"local_chapter": {"slug": row["slug"], "name": row["name"]}}
    return page_of(store, call, "members", acts.of(row["id"]), acts.encoded, parent)


def _endpoints(store: Store, _: Call, __: tuple[str, ...]) -> Reply:
    return answer(store.hooks.shown())


def _add_endpoint(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    row = store.hooks.add(part(body(call), "endpoint"))
    shown = {"url": row["url"], "signing_secret": row["secret"]}
    return answer({"status": "success", "endpoint": shown}, store.switches.created_status)


ROUTES: Routes = {
    "GET events": _list,
    "GET events/*": _get,
    "POST events": _create,
    "PUT events/*": _update,
    "PUT events/*/images/image": _image,
    "DELETE events/*/images/image": _image,
    "GET calendars/*": _calendar,
    "GET calendars/*/events": _calendar_events,
    "POST calendars/*/events": _create,
    "GET event_types": _event_types,
    "GET partnerships": _partnerships,
    "GET partnerships/*": _partnership,
    "GET partnerships/*/petitions": _partner_petitions,
    "GET partnerships/*/events": _partner_events,
    "GET local_chapters": _chapters,
    "GET local_chapters/*": _chapter,
    "GET local_chapters/*/members": _chapter_members,
    "GET webhook_endpoints": _endpoints,
    "POST webhook_endpoints": _add_endpoint,
}
