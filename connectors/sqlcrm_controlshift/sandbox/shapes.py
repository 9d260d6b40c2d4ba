"""Petitions, events, groups and what they belong to, as REST and webhooks show them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.wire import Row, iso

LOCKABLE = (
    *("title", "what", "who", "why", "delivery_details", "external_facebook_page"),
    *("external_site", "categories"),
)
_PETITION = (
    *("id", "slug", "title", "alias", "admin_status", "admin_events_status"),
    *("campaigner_contactable", "can_download_signers", "custom_goal", "delivery_details"),
    *("external_facebook_page", "external_site", "hide_petition_creator", "hide_recent_signers"),
    *("hide_signature_form", "launched", "locale", "petition_creator_name_override"),
    *("redirect_to", "show_progress_bar", "signature_count_add_amount", "source", "who"),
    *("public_who",),
    *("ended", "successful", "ended_type", "ended_reason", "ended_story", "image", "mentor"),
    *("reviewer", "decision_makers"),
)  # fmt: skip
_HOST = ("full_name", "first_name", "last_name", "email", "phone_number")


def plain(html: str | None) -> str | None:
    """Rich text without its tags."""
    if html is None:
        return None
    kept, inside = [], False
    for c in html:
        inside = c == "<" or (inside and c != ">")
        if not inside and c != ">":
            kept.append(c)
    return "".join(kept)


def goal(store: Store, petition: Row) -> int:
    """The goal shown: staff's own, else the next round number."""
    count = store.signature_count(petition)
    return int(petition["custom_goal"] or max(100, -(-count // 100) * 100))


def person_json(store: Store, key: int | None) -> Row | None:
    """Who created a petition or hosts an event."""
    person = store.members.get(key) if key else None
    if person is None:
        return None
    full = f"{person['first_name']} {person['last_name']}".strip()
    return {"full_name": full, **{name: person[name] for name in _HOST[1:]}}


def location_json(store: Store, key: int | None, *, numbers: bool = False) -> Row | None:
    """A place; latitude and longitude are texts in the REST API and numbers on public pages."""
    row = store["locations"].get(key) if key else None
    if row is None:
        return None
    names = ("query", "street", "locality", "region", "postal_code", "country")
    kind = float if numbers else str
    spots = {name: row[name] and kind(row[name]) for name in ("latitude", "longitude")}
    return {**{name: row[name] for name in names}, **spots}


def labels_of(store: Store, row: Row) -> list[str]:
    """The names of the labels on a petition, an event or a group."""
    labels = (store["labels"].get(link["label_id"]) for link in labelings_of(store, row))
    return [label["name"] for label in labels if label]


def labelings_of(store: Store, row: Row) -> list[Row]:
    """The labelings of one thing."""
    found = (store["labelings"].get(key) for key in row["labelings"])
    return [link for link in found if link]


def _slug(row: Row | None) -> Row | None:
    return row and {"slug": row["slug"]}


def petition_json(store: Store, row: Row) -> Row:
    """A petition in full."""
    partnership = store["partnerships"].get(next(iter(row["partnership_ids"]), 0))
    notes = [{"text": text} for text in row["admin_notes"]]
    return {
        **{name: row[name] for name in _PETITION},
        **{f"{name}_locked": name in row["locked"] for name in LOCKABLE},
        "what": plain(row["what"]),
        "rich_what": row["what"],
        "why": plain(row["why"]),
        "rich_why": row["why"],
        "url": store.site(f"petitions/{row['slug']}"),
        "goal": goal(store, row),
        "public_signature_count": store.signature_count(row),
        "admin_notes": notes,
        "creator": person_json(store, row["user_id"]),
        "location": location_json(store, row["location_id"]),
        "effort": _slug(store["efforts"].get(row["effort_id"] or 0)),
        "partnership": partnership and {"slug": partnership["slug"], "title": partnership["title"]},
        "labels": labels_of(store, row),
        "categories": [
            {"slug": found["slug"], "name": found["name"]} for found in store.categories_of(row)
        ],
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
    }


def petition_payload(store: Store, row: Row) -> Row:
    """A petition as webhooks tell it: by its slug, without an id (T9)."""
    names = (
        *("slug", "title", "admin_status", "admin_reason", "who", "locale", "ended", "ended_type"),
        *("ended_reason", "successful", "ended_story", "mentor"),
    )
    image = row["image"] or {}
    return {
        **{name: row[name] for name in names},
        "url": store.site(f"petitions/{row['slug']}"),
        "administered_at": iso(row["administered_at"]),
        "image_url": image.get("urls", {}).get("original"),
        "additional_image_sizes_url": list(image.get("urls", {}).values()),
        "what": plain(row["what"]),
        "rich_what": row["what"],
        "why": plain(row["why"]),
        "rich_why": row["why"],
        "goal": goal(store, row),
        "signature_count": store.signature_count(row),
        "creator": person_json(store, row["user_id"]),
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
    }


def _zoned(epoch: int | None, zone: str) -> str | None:
    if epoch is None:
        return None
    return datetime.fromtimestamp(epoch, UTC).astimezone(ZoneInfo(zone)).isoformat()


def _start(row: Row, name: str) -> str | None:
    """Some times come without seconds, as some samples of the documentation do."""
    text = iso(row[name])
    return f"{text[:16]}Z" if text and row["id"] % 4 == 0 else text


def event_json(store: Store, row: Row) -> Row:
    """An event in full."""
    names = (
        *("id", "slug", "title", "description", "time_zone", "virtual", "location_venue"),
        *("extra_location_info", "admin_status", "max_attendees_count", "locale", "hidden_address"),
        *("hide_recent_attendees", "event_host_name_override", "campaigner_contactable"),
        *("forum_enabled", "redirect_to", "sharing_disabled", "web_conference_url", "mentor"),
        *("reviewer", "image", "host_address"),
    )
    calendar = store["calendars"].get(row["calendar_id"] or 0)
    petition = store["petitions"].get(row["petition_id"] or 0)
    chapter = store["local_chapters"].get(row["local_chapter_id"] or 0)
    partnership = store["partnerships"].get(row["partnership_id"] or 0)
    kind = store["event_types"].get(row["event_type_id"] or 0)
    return {
        **{name: row[name] for name in names},
        "start_at": _start(row, "start_at"),
        "end_at": _start(row, "end_at"),
        "start_in_zone": _zoned(row["start_at"], row["time_zone"]),
        "end_in_zone": _zoned(row["end_at"], row["time_zone"]),
        "cancelled_at": iso(row["cancelled_at"]),
        "launched_at": iso(row["launched_at"]),
        "url": store.site(f"events/{row['slug']}"),
        "location": location_json(store, row["location_id"]),
        "unconfirmed_location": None,
        "host": person_json(store, row["user_id"]),
        "labels": labels_of(store, row),
        "calendar": _slug(calendar),
        "petition": _slug(petition),
        "local_chapter": _slug(chapter),
        "partnership": _slug(partnership),
        "event_type": kind and {"id": kind["id"], "name": kind["name"]},
        "attendees_count": len(store.attendees.of(row["id"])),
        "shifts": [],
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
    }


def event_payload(store: Store, row: Row) -> Row:
    """An event as webhooks tell it."""
    shown = event_json(store, row)
    shown["image_url"] = (row["image"] or {}).get("urls", {}).get("original")
    shown["host"] = person_json(store, row["user_id"])
    return {name: value for name, value in shown.items() if name not in {"id", "image"}}


def chapter_json(store: Store, row: Row) -> Row:
    """A group."""
    names = ("id", "slug", "name", "description", "mentor")
    return {
        **{name: row[name] for name in names},
        "url": store.site(f"local_chapters/{row['slug']}"),
        "location": location_json(store, row["location_id"]),
        "labels": labels_of(store, row),
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
    }


def chapter_payload(store: Store, row: Row) -> Row:
    """A group as webhooks tell it."""
    url = store.site(f"local_chapters/{row['slug']}")
    return {"slug": row["slug"], "name": row["name"], "url": url, "mentor": row["mentor"]}


def partnership_json(store: Store, row: Row) -> Row:
    """A partnership."""
    names = ("id", "slug", "title", "description", "external_id", "image")
    url = store.site(f"partnerships/{row['slug']}")
    return {**{name: row[name] for name in names}, "url": url}


def category_json(row: Row) -> Row:
    """A category as webhooks tell it."""
    names = ("id", "name", "slug", "external_id")
    times = {name: iso(row[name]) for name in ("created_at", "updated_at")}
    return {**{name: row[name] for name in names}, **times}
