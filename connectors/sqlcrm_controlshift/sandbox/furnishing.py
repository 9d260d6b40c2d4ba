"""What staff and campaigners set up: petitions, events, groups, categories and the like."""

from __future__ import annotations

from itertools import count
from random import Random

from sqlcrm_controlshift.sandbox.people import END, FIRST_ID, START
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.wire import Row

_FIRST_TYPE = 1401  # the table of opt-in types begins here
WEB, RADIO, UNMAILABLE = _FIRST_TYPE, _FIRST_TYPE + 1, _FIRST_TYPE + 2
MAILABLE = (WEB, RADIO, _FIRST_TYPE + 3, _FIRST_TYPE + 4, _FIRST_TYPE + 5)
_OPT_IN_TYPES = (
    ("web_form", "unchecked_checkbox", True, True, None),
    ("web_form", "radio_sure", True, True, None),
    ("web_form", "radio", False, False, None),
    ("email", "email_confirmation", True, True, None),
    ("offline", "physical_signature", True, True, "offline"),
    ("external", "external", True, False, "paper-2026"),
    ("external", "external", True, False, "paper-2026-b"),
    ("external", "external", False, False, "no-mail-2026"),
    ("external", "external", True, False, "web_form"),
)
_CATEGORIES = (
    *("Environment", "Education", "Health & Care", "Transport", "Housing", "Énergie", "Animals"),
    *("Workers' Rights", "Local", "Democracy", "Empty so far"),
)
_LABELS = ("urgent", "needs review", "press, local", "50% done", "spring/summer", "größer")
_CITIES = (
    ("Dayton", "OH", "45402", "US", "39.7589478", "-84.1916069"),
    ("New York", "NY", "10001", "US", "40.7127753", "-74.0059728"),
    ("London", "England", "SW1A 1AA", "GB", "51.5073219", "-0.1276474"),
    ("São Paulo", "SP", "01310-100", "BR", "-23.5506507", "-46.6333824"),
)
_VERBS = ("Save", "Stop", "Fund", "Protect", "Reopen", "Don't close")
_THINGS = (
    "the park", "our school", "O'Connor's library", "the Müller hospital", "bus route 7",
    "the night train", "the old mill", "São João square", "the river, now", "fair rents",
)  # fmt: skip
_IMAGE = "https://images.example.org/petitions/{}/{}.jpg"
_STATUSES = ("good", "awesome", "unreviewed", "good", "awesome", "good")
PETITION: Row = {
    "alias": None,
    "admin_status": "unreviewed",
    "admin_events_status": "auto",
    "admin_reason": None,
    "administered_at": None,
    "campaigner_contactable": True,
    "can_download_signers": False,
    "custom_goal": None,
    "delivery_details": None,
    "external_facebook_page": None,
    "external_site": None,
    "hide_petition_creator": False,
    "hide_recent_signers": False,
    "hide_signature_form": False,
    "launched": False,
    "locale": "en",
    "petition_creator_name_override": None,
    "redirect_to": None,
    "show_progress_bar": True,
    "signature_count_add_amount": None,
    "source": "",
    "why": None,
    "public_who": None,
    "ended": False,
    "successful": False,
    "ended_type": None,
    "ended_reason": None,
    "ended_story": None,
    "ended_at": None,
    "image": None,
    "social_share_image": None,
    "mentor": None,
    "reviewer": None,
    "user_id": None,
    "location_id": None,
    "effort_id": None,
    "region_id": None,
    "local_chapter_id": None,
    "target_id": None,
    "disowned": 0,
    "delete_at": None,
}
EVENT: Row = {
    "description": "",
    "end_at": None,
    "virtual": False,
    "location_venue": None,
    "location_id": None,
    "extra_location_info": None,
    "admin_status": "unreviewed",
    "max_attendees_count": None,
    "locale": "en",
    "hidden_address": False,
    "user_id": None,
    "hide_recent_attendees": False,
    "event_host_name_override": None,
    "mentor": None,
    "campaigner_contactable": True,
    "forum_enabled": False,
    "redirect_to": None,
    "sharing_disabled": False,
    "web_conference_url": None,
    "reviewer": None,
    "image": None,
    "host_address": None,
    "calendar_id": None,
    "petition_id": None,
    "local_chapter_id": None,
    "partnership_id": None,
    "event_type_id": None,
    "region_id": None,
    "cancelled_at": None,
    "cancel_reason": None,
    "launched_at": None,
    "hidden_at": None,
    "time_zone": "UTC",
}


def lists() -> Row:
    """What each petition has of its own; never shared between two."""
    lists: Row = {name: [] for name in ("admin_notes", "decision_makers", "labelings")}
    return {**lists, "category_ids": [], "partnership_ids": [], "locked": set()}


def furnish(store: Store) -> None:
    """Set everything up, the same for the same seed."""
    random = Random(f"{store.options.seed}:furniture")  # noqa: S311 - made-up data, no secret
    for context, kind, mailable, active, external_id in _OPT_IN_TYPES:
        row = {"context": context, "kind": kind, "mailable": mailable, "active": active}
        store["email_opt_in_types"].add({**row, "external_id": external_id})
    for number in (1, 2):
        texts = ("privacy_policy", "tos", "data_processing_consent_label")
        text = {name: f"<p>{name} {number}</p>" for name in texts}
        version = {"external_id": f"consent-v{number}", "current": number == 2, **text}
        store["consent_content_versions"].add({**version, "created_at": START})
    for name in _CATEGORIES:
        store["categories"].add({"name": name, "slug": name, "external_id": None, "locales": {}})
    for name in (*_LABELS, *(f"topic {number}" for number in range(30))):
        store["labels"].add({"name": name, "public": False, "crm_settings": None})
    _places(store)
    _petitions(store, random)
    _events(store, random)
    for _ in range(20):
        store["share_clicks"].add({"auto_generated": random.random() < 0.5})
        store["crm_sync_logs"].add({"action_type": "Signature", "message": "Timeout"})


def _places(store: Store) -> None:
    names = ("locality", "region", "postal_code", "country", "latitude", "longitude")
    for city in _CITIES:
        row = dict(zip(names, city, strict=True))
        store["locations"].add({**row, "query": city[0], "street": None})
    for name in ("North", "South"):
        store["regions"].add({"slug": name, "name": name})
    for title in ("Partner One", "Ünited Partners", "Partner Three"):
        partner = {"slug": title, "title": title, "description": f"<p>{title}</p>"}
        store["partnerships"].add({**partner, "external_id": None, "image": None})
    for title in ("Every council", "Clean rivers"):
        names_of = {"en": title, "de": f"{title} (de)"}
        effort = {"slug": title, "title": names_of, "description": f"About {title.lower()}"}
        store["efforts"].add({**effort, "goal": 5000})
    for name in ("City calendar", "Online calendar"):
        store["calendars"].add({"slug": name, "name": name})
    for name in ("Meeting", "March", "Phone bank"):
        store["event_types"].add({"name": name, "localized_names": {"en": name}})
    for number in range(30):
        group = {"name": f"Group {number + 1}", "slug": f"group-{number + 1}", "mentor": None}
        place = {"location_id": 1301 + number % 4, "description": "We meet on Mondays."}
        store["local_chapters"].add({**group, **place, "labelings": [], "organisers": 1})
    store["targets"].add({"slug": "Mayor of Dayton", "name": "Mayor of Dayton", "context": None})


def _petitions(store: Store, random: Random) -> None:
    people = max(store.options.people, 1)
    wanted = max(60, min(people // 100, 2000))
    for number in range(wanted):
        title = f"{_VERBS[number % 6]} {_THINGS[number // 6 % 10]}"
        created = int(START + number * 86_400 % (END - START))
        petition: Row = {**PETITION, **lists(), "slug": title, "title": title}
        petition |= {
            "what": f"<p>We ask that you {title.lower()}.</p>", "who": "The council",
            "why": None if number % 5 == 0 else "<p>It is <b>ours</b>.</p>",
            "created_at": created, "updated_at": created + 3600, "source": "web",
            "launched": number % 12 != 7, "user_id": FIRST_ID + random.randrange(people),
            "admin_status": _STATUSES[number % 6], "custom_goal": 1000 if number % 9 == 4 else None,
            "location_id": 1301 + number % 4 if number % 2 else None, "public_who": "The council",
        }  # fmt: skip
        petition["category_ids"] = [801 + number % 10] if number % 7 else []
        petition["partnership_ids"] = [501 + number % 3] if number % 8 == 3 else []
        petition["effort_id"] = 401 + number % 2 if number % 10 in {3, 6} else None
        _vary(petition, number)
        row = store["petitions"].add(petition)
        if number % 6 == 1:
            _label(store, "Petition", row, 901 + number % 36)
    hidden = {**PETITION, **lists(), "title": "Hidden one", "slug": "Hidden one", "launched": True}
    text = {"what": "<p>No.</p>", "who": "Nobody", "admin_status": "suppressed"}
    store["petitions"].add({**hidden, **text, "created_at": START, "updated_at": START})


def _vary(petition: Row, number: int) -> None:
    if number % 15 == 14:
        petition["admin_status"] = ("suppressed", "inappropriate")[number // 15 % 2]
    if number % 11 == 5:
        ended = {"ended": True, "ended_type": ("won", "lost", "other")[number // 11 % 3]}
        petition.update(ended, successful=ended["ended_type"] == "won", ended_story="<p>Done.</p>")
    if number % 4 == 1:
        sizes = ("original", "hero", "form")
        urls = {size: _IMAGE.format(number, size) for size in sizes}
        petition["image"] = {"urls": urls, "description": "A picture"}


def _label(store: Store, kind: str, row: Row, label: int) -> None:
    link = store["labelings"].add(
        {"label_id": label, "labelable_type": kind, "labelable_id": row["id"]}
    )
    row["labelings"].append(link["id"])


def _events(store: Store, random: Random) -> None:
    people = max(store.options.people, 1)
    numbers = count()
    for number in range(max(40, min(people // 200, 1000))):
        title = f"{('Meeting', 'March', 'Picnic')[number % 3]} no. {next(numbers) + 1}"
        start = END - (number - 20) * 86_400 * 3
        zone = ("America/New_York", "Europe/Berlin", "UTC")[number % 3]
        event = {**EVENT, "slug": title, "title": title, "labelings": [], "time_zone": zone}
        store["events"].add(
            event
            | {
                "description": f"<p>{title}</p>",
                "start_at": start,
                "created_at": START,
                "end_at": start + 7200 if number % 3 else None,
                "updated_at": START,
                "virtual": number % 5 == 0,
                "user_id": FIRST_ID + random.randrange(people),
                "location_id": 1301 + number % 4 if number % 5 else None,
                "calendar_id": 301 + number % 2,
                "event_type_id": 1101 + number % 3,
                "launched_at": START,
                "admin_status": "good",
                "partnership_id": 501 if number % 9 == 2 else None,
            }
        )
