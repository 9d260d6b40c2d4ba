"""The group's actions, tags, lists, messages and the like; what people did is in `seeding`."""

from __future__ import annotations

from random import Random

from sqlcrm_action_network.sandbox.messages import UNSENT
from sqlcrm_action_network.sandbox.names import CAUSES, FIELDS, PLACES, TAGS
from sqlcrm_action_network.sandbox.population import END, START
from sqlcrm_action_network.sandbox.store import Store
from sqlcrm_action_network.sandbox.tables import Table
from sqlcrm_action_network.sandbox.wire import HOME, Row, iso

_DAY = 86_400
_COUNTS = {  # enough for several pages of each
    "petitions": 60, "forms": 55, "fundraising_pages": 52, "advocacy_campaigns": 40,
    "surveys": 35, "campaigns": 30,
}  # fmt: skip
_EVENTS = 80
_CAMPAIGNS = 6
_HOSTED = 30  # events of the campaigns, some of each
_WORDS = {
    "petitions": "Petition for", "forms": "Sign-up:", "fundraising_pages": "Chip in for",
    "advocacy_campaigns": "Write about", "surveys": "Survey on", "campaigns": "Action center:",
}  # fmt: skip
_LISTS, _MESSAGES, _QUERIES, _WRAPPERS, _ID_LISTS = 60, 55, 30, 28, 6


def furnish(store: Store, random: Random) -> None:
    """Fill all collections but people and records."""
    for path, count in _COUNTS.items():
        for number in range(count):
            store.tables[path].make(_action(store, random, path, number))
    _events(store, random)
    _tags(store, random)
    _lists(store, random)
    _messages(store, random)
    old = iso(START)
    for name, notes, _, _ in FIELDS:
        dates = {"created_date": old, "modified_date": old}
        store.custom_fields.append({"name": name, **dates, "notes": notes})


def _dates(random: Random) -> Row:
    created = START + int(random.random() * (END - START - 90 * _DAY))
    changed = created + int(random.random() * 90 * _DAY)
    return {"created_date": iso(created), "modified_date": iso(changed)}


def _action(store: Store, random: Random, path: str, number: int) -> Row:
    cause = CAUSES[number % len(CAUSES)]
    title = f"{_WORDS[path]} {cause} {number + 1}"
    slug = title.lower().replace(" ", "-").replace(":", "").replace("'", "")
    api = number % 2 == 1  # every second one was made by the API: no page of its own
    row: Row = {
        "identifiers": [f"old_site:{path}-{number}"] if number % 10 == 3 else [],
        "origin_system": "Old site" if api else "Action Network",
        **_dates(random),
        "title": title,
        "name": cause,
        "description": f"<p>{cause}: it's our turn.</p>",
        "browser_url": None if api else f"{HOME}/{path}/{slug}",
        "featured_image_url": None,
        "call_to_action": "Act now",
        "action_network:hidden": number % 9 == 4,
        "tag_list": [cause],
        "_api": api,
    }
    if store.people.made.count and path != "campaigns":
        row["_creator"] = int(random.random() * store.people.made.count)
    return {**row, **_own(path, number, cause)}


def _own(path: str, number: int, cause: str) -> Row:
    if path == "petitions":
        return {"petition_text": f"We want {cause}.", "target": [{"name": "The Governor"}]}
    if path == "advocacy_campaigns":
        return {"type": ("email", "phone")[number % 2], "targets": "U.S. House"}
    if path == "campaigns":
        page = {"title": f"Petition for {cause} 1", "browser_url": f"{HOME}/petitions/one"}
        return {"actions": [page]}
    return {}


def _events(store: Store, random: Random) -> None:
    campaigns, events = store.tables["event_campaigns"], store.tables["events"]
    for number in range(_CAMPAIGNS):
        title = f"Days of action: {CAUSES[number]}"
        campaigns.make(
            {
                "identifiers": [],
                "origin_system": "Action Network",
                **_dates(random),
                "title": title,
                "name": CAUSES[number],
                "description": f"<p>{title}</p>",
                "browser_url": f"{HOME}/event_campaigns/days-{number}",
                "featured_image_url": None,
                "call_to_action": "Host one",
                "action_network:hidden": False,
                "tag_list": [],
                "host_pitch": "Host an event in your town",
                "host_instructions": "<p>Bring water.</p>",
                "host_url": f"{HOME}/event_campaigns/days-{number}/host",
                "_foreign": number == _CAMPAIGNS - 1,  # somebody else's
            }
        )
    for number in range(_EVENTS):
        campaign = number % _CAMPAIGNS if number < _HOSTED else None
        events.make(_event(random, number, campaign))


def _event(random: Random, number: int, campaign: int | None) -> Row:
    town, state, postal, latitude, longitude = PLACES[number % len(PLACES)]
    dates = _dates(random)
    start = END + int((random.random() * 2 - 1) * 400) * _DAY // 2
    row: Row = {
        "identifiers": [],
        "origin_system": "Action Network",
        **dates,
        "title": f"Canvass in {town} {number + 1}",
        "name": f"{town} canvass",
        "description": f"<p>Meet us in {town}.</p>",
        "browser_url": f"{HOME}/events/canvass-{number + 1}",
        "featured_image_url": None,
        "call_to_action": "RSVP",
        "action_network:hidden": False,
        "tag_list": [],
        "status": "cancelled" if number % 13 == 7 else "confirmed",
        "start_date": iso(start),
        "end_date": iso(start + 7200) if number % 3 else None,
        "location": {
            "venue": f"{town} library",
            "address_lines": ["1 Main St"],
            "locality": town,
            "region": state,
            "postal_code": f"{postal}01",
            "country": "US",
            "location": {
                "latitude": latitude, "longitude": longitude, "accuracy": "Approximate",
            },
        },
        "instructions": "Ring twice",
        "transparence": "opaque",
        "visibility": "public",
        "guests_can_invite_others": True,
        "capacity": 20 + number if number % 4 else None,
        "reminders": [{"method": "email", "minutes": 1440}],
    }  # fmt: skip
    if campaign is not None:
        row |= {"_campaign": campaign, "_foreign": campaign == _CAMPAIGNS - 1}
    return row


def _tags(store: Store, random: Random) -> None:
    for number in range(70 + store.people.made.count // 5000):
        round_, place = divmod(number, len(TAGS))
        name = f"{TAGS[place]} {2015 + round_}" if round_ else TAGS[place]
        store.tables["tags"].make({**_dates(random), "name": name})


def _lists(store: Store, random: Random) -> None:
    lists = store.tables["lists"]
    for number in range(_LISTS):
        report = number % 3 == 0
        title = f"{CAUSES[number % len(CAUSES)]} {'report' if report else 'mailing'} {number + 1}"
        lists.make(
            {
                "origin_system": "Action Network",
                **_dates(random),
                "name": title,
                "title": title,
                "description": "Report" if report else "Email",
                "browser_url": f"{HOME}/reports/{number + 1}/manage",
            }
        )
    _plain(store.tables["queries"], random, "query", _QUERIES)
    for number in range(_WRAPPERS):
        row = {
            "header": "<table>",
            "footer": "</table>",
            "wrapper_type": "email",
            "default": number == 0,
            "action_network:suffix": "",
            "administrative_url": f"{HOME}/email_wrappers/{number + 1}/edit",
        }
        named = {"origin_system": "Action Network", "name": f"Wrapper {number + 1}"}
        store.tables["wrappers"].make({**_dates(random), **named, **row})
    for number in range(_ID_LISTS):
        ids = {f"id-{one}" for one in range(5 + number)}
        row = {"origin_system": "Action Network", "count": len(ids), "_ids": ids}
        named = {"name": f"Coupons {number + 1}"}
        store.tables["unique_id_lists"].make({**_dates(random), **named, **row})


def _plain(table: Table, random: Random, word: str, count: int) -> None:
    for number in range(count):
        row = {"origin_system": "Action Network", "name": f"Saved {word} {number + 1}"}
        url = {"browser_url": f"{HOME}/queries/{number + 1}"}
        table.make({**_dates(random), **row, **url})


def _messages(store: Store, random: Random) -> None:
    table, lists = store.tables["messages"], store.tables["lists"].ids
    wrappers, reach = store.tables["wrappers"].ids, store.people.made.count
    for number in range(_MESSAGES):
        draft = number % 5 == 4
        dates = _dates(random)
        targeted = reach // (2 + number % 4)
        opened = targeted // 3
        sent = {
            "sent": targeted, "opened": opened, "clicked": opened // 5, "actions": opened // 9,
            "unsubscribed": opened // 90, "bounced": targeted // 50, "spam_reports": 0,
        }  # fmt: skip
        table.make(
            {
                "origin_system": "Action Network",
                **dates,
                "name": f"Blast {number + 1}",
                "subject": f"{CAUSES[number % len(CAUSES)]}: what's next?",
                "body": "<p>Dear friend,</p>",
                "from": "Our group",
                "reply_to": "info@example.org",
                "administrative_url": f"{HOME}/emails/blast-{number + 1}/manage",
                "total_targeted": targeted,
                "status": "draft" if draft else "sent",
                "sent_start_date": None if draft else dates["modified_date"],
                "type": "email",
                "targets": [],
                "statistics": dict(UNSENT) if draft else {**UNSENT, **sent},
                "_wrappers": wrappers.of(0),
                "_lists": "" if draft else lists.of(number % _LISTS),
            }
        )
