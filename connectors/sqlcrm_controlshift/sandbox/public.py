"""The JSON of the public pages: no key, only what everybody may see, five kinds of paging.

They do not count against the API's limit; JSONP is answered where `callback` is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import urlencode

from sqlcrm.sandbox import Call, Reply
from sqlcrm_controlshift.sandbox.lists import find
from sqlcrm_controlshift.sandbox.shapes import (
    event_json,
    goal,
    location_json,
    partnership_json,
    person_json,
    plain,
)
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.wire import (
    Row,
    answer,
    iso,
    links,
    missing,
    page_number,
    pages,
    query,
)

SIZE = 10  # rows of a public page
_CORS = ((b"access-control-allow-origin", b"*"),)
_FLAT = ("id", "slug", "title", "who", "ended", "successful", "ended_type", "locale", "image")
_NEARBY = 5
Page = Callable[[Store, Call, tuple[str, ...]], Reply]


def petition_json(store: Store, row: Row) -> Row:
    """A flat petition, with the numeric id that webhooks lack."""
    creator = person_json(store, row["user_id"])
    hidden = row["hide_petition_creator"]
    name = row["petition_creator_name_override"] or (creator or {}).get("full_name")
    place = location_json(store, row["location_id"], numbers=True)
    if place is not None:
        place = {**place, "street_address": place["street"], "country_name": place["country"]}
    return {
        **{name: row[name] for name in _FLAT},
        "what": plain(row["what"]),
        "why": plain(row["why"]),
        "url": store.site(f"petitions/{row['slug']}"),
        "signature_count": store.signature_count(row),
        "goal": goal(store, row),
        "creator_name": None if hidden else name,
        "location": place,
        "categories": [found["slug"] for found in store.categories_of(row)],
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
    }


def _shown(store: Store, slug: str) -> Row:
    row = find(store, "petitions", slug)
    if not store.public(row):
        raise missing()
    return row


def _all(store: Store) -> list[Row]:
    return [row for row in store["petitions"] if store.public(row)]


def _petition(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    return answer(petition_json(store, _shown(store, keys[0])))


def _rich(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    text = _shown(store, keys[0])[keys[1]]
    return answer({"plain_text": plain(text), "rich_text": text})


def _slice(rows: list[Row], page: int) -> list[Row]:
    return rows[(page - 1) * SIZE : page * SIZE]


def _data(store: Store, rows: list[Row], page: int) -> list[Row]:
    return [petition_json(store, row) for row in _slice(rows, page)]


def _featured(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    locale, page = query(call, "locale"), page_number(call)
    rows = [row for row in _all(store) if row["admin_status"] == "awesome"]
    rows = [row for row in rows if not locale or row["locale"] == locale]
    last = pages(len(rows), SIZE)

    def link(number: int | None) -> str | None:
        asked: Row = {"locale": locale, "page": number} if locale else {"page": number}
        if number is None:
            return None
        return f"{store.origin}/petitions/featured.json?{urlencode(asked)}"

    steps = links(page, last)
    ends: Row = {"self": link(page), "first": link(1), "last": link(last)}
    near: Row = {"prev": link(steps["previous_page"]), "next": link(steps["next_page"])}
    meta: Row = {"total_pages": last, "total_entries": len(rows), "per_page": SIZE}
    body: Row = {"meta": meta, "data": _data(store, rows, page), "links": {**ends, **near}}
    return answer(body)


def _search(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    term, page = query(call, "query"), page_number(call)
    wanted = term.casefold()
    rows = [row for row in _all(store) if wanted in f"{row['title']} {row['what']}".casefold()]
    meta = {"total_pages": pages(len(rows), SIZE), "total_entries": len(rows)}
    meta_all: Row = {**meta, "per_page": SIZE, "search_term": term}
    return answer({"meta": meta_all, "data": _data(store, rows, page)})


def _in_category(store: Store, category: Row) -> list[Row]:
    return [row for row in _all(store) if category["id"] in row["category_ids"]]


def _categories(store: Store, _: Call, __: tuple[str, ...]) -> Reply:
    rows = []
    for category in store["categories"]:
        petitions = _in_category(store, category)
        rows.append(
            {
                "category_name": category["name"],
                "category_count": len(petitions),
                "slug": category["slug"],
                "url": store.site(f"categories/{category['slug']}.json"),
                "signature_count": sum(store.signature_count(row) for row in petitions),
                "locales": category["locales"],
            }
        )
    return answer(rows)


def _results(store: Store, call: Call, name: object, rows: list[Row]) -> Reply:
    page = page_number(call)
    paging = links(page, pages(len(rows), SIZE))
    return answer({**paging, "name": name, "results": _data(store, rows, page)})


def _category(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    row = find(store, "categories", keys[0])
    return _results(store, call, row["name"], _in_category(store, row))


def _partnership(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    row = find(store, "partnerships", keys[0])
    found = [petition for petition in _all(store) if row["id"] in petition["partnership_ids"]]
    return _results(store, call, partnership_json(store, row)["title"], found)


def _in_effort(store: Store, effort: Row) -> list[Row]:
    return [row for row in _all(store) if row["effort_id"] == effort["id"]]


def _effort_json(store: Store, row: Row) -> Row:
    count = sum(store.signature_count(petition) for petition in _in_effort(store, row))
    names = ("title", "slug", "description", "goal")
    return {**{name: row[name] for name in names}, "signature_count": count}


def _efforts(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """Here `title` is a map of locales."""
    rows, page = list(store["efforts"]), page_number(call)
    meta: Row = {"count": len(rows), "page": page, "per_page": SIZE}
    data = [_effort_json(store, row) for row in _slice(rows, page)]
    meta["total_pages"] = pages(len(rows), SIZE)
    return answer({"meta": meta, "data": data})


def _effort(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    """Everything at once, without pages; here `title` is a text."""
    row = find(store, "efforts", keys[0])
    petitions = [petition_json(store, petition) for petition in _in_effort(store, row)]
    shown = {**_effort_json(store, row), "title": row["title"]["en"]}
    return answer({**shown, "petitions": petitions})


def _nearest(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    """Petitions of an effort at a place; a place is found by its name or its postal code."""
    row = find(store, "efforts", keys[0])
    asked = (query(call, "location_query") or query(call, "query")).casefold()
    if not asked:
        return answer({"code": "location_required"})
    petitions = _in_effort(store, row)
    if not petitions:
        return answer({"code": "no_nearby_petitions"})
    near = [petition for petition in petitions if asked in _place(store, petition)]
    if not near:
        return answer({"code": "no_nearby_targets"})
    found = [petition_json(store, petition) for petition in near[: _NEARBY + 1]]
    return answer({"closest_target": found[0], "other_targets": found[1:]})


def _place(store: Store, petition: Row) -> str:
    row = store["locations"].get(petition["location_id"] or 0) or {}
    return f"{row.get('locality')} {row.get('postal_code')}".casefold()


def _calendar(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    row = find(store, "calendars", keys[0])
    events = store["events"].having("calendar_id", row["id"])
    attendees = sum(len(store.attendees.of(event["id"])) for event in events)
    counts = {"events_count": len(events), "attendees_count": attendees}
    return answer({"slug": row["slug"], "name": row["name"], **counts})


def _on_map(store: Store) -> list[Row]:
    """Events at a place. The sheet names the two pages of the map and shows neither."""
    return [row for row in store["events"] if row["location_id"]]


def _local(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    rows, page = _on_map(store), page_number(call)
    meta: Row = {"count": len(rows), "page": page, "per_page": SIZE}
    names = ("title", "description", "start_at")
    shown = [event_json(store, row) for row in _slice(rows, page)]
    data = [{"type": "Event", "id": e["slug"], **{n: e[n] for n in names}} for e in shown]
    meta["total_pages"] = pages(len(rows), SIZE)
    return answer({"meta": meta, "data": data})


def _points(store: Store, _: Call, __: tuple[str, ...]) -> Reply:
    places = [
        (row, location_json(store, row["location_id"], numbers=True) or {})
        for row in _on_map(store)
    ]
    return answer(
        [
            {"type": "Event", "id": row["slug"], "lat": at["latitude"], "lon": at["longitude"]}
            for row, at in places
        ]
    )


_SLUG = r"([^/]+)"
_PAGES: tuple[tuple[str, Page], ...] = (
    (r"/(?:petitions/)?featured\.json", _featured),
    (r"/petitions/search\.json", _search),
    (rf"/petitions/{_SLUG}\.json", _petition),
    (rf"/api/petitions/{_SLUG}/(what|why)\.json", _rich),
    (r"/categories\.json", _categories),
    (rf"/categories/{_SLUG}\.json", _category),
    (rf"/partnerships/{_SLUG}/petitions\.json", _partnership),
    (r"/efforts\.json", _efforts),
    (rf"/efforts/{_SLUG}/lookup/query\.json", _nearest),
    (rf"/efforts/{_SLUG}\.json", _effort),
    (rf"/calendars/{_SLUG}\.json", _calendar),
    (r"/api/local\.json", _local),
    (r"/api/local/points\.json", _points),
)
_ROUTES = tuple((re.compile(pattern), page) for pattern, page in _PAGES)


def public(store: Store, call: Call) -> Reply | None:
    """The answer to a call of a public page, or None where it is none. Raises: Refused."""
    if call.method != "GET":
        return None
    for pattern, page in _ROUTES:
        found = pattern.fullmatch(call.path)
        if found:
            reply = page(store, call, found.groups())
            return _wrapped(call, reply)
    return None


def _wrapped(call: Call, reply: Reply) -> Reply:
    callback = query(call, "callback")
    if not re.fullmatch(r"[A-Za-z_$][\w$.]*", callback):
        return Reply(reply.status, reply.body, _CORS)
    body = f"/**/{callback}({json.dumps(json.loads(reply.body))})".encode()
    return Reply(reply.status, body, _CORS, "application/javascript")
