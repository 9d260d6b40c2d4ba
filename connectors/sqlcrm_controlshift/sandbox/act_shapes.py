"""Signatures, attendees and members of groups, as REST and webhooks show them."""

from __future__ import annotations

from sqlcrm_controlshift.sandbox.people import anonymous, mix
from sqlcrm_controlshift.sandbox.store import COUNTRY, Store
from sqlcrm_controlshift.sandbox.wire import Row, iso

_UTM = ("source", "campaign", "medium", "content", "term")
_IP = "203.0.113.7"  # reserved for documentation
_AGENT = "Mozilla/5.0"


def opt_in_json(row: Row | None) -> Row | None:
    """An opt-in type."""
    if row is None:
        return None
    return {
        "context": row["context"],
        "kind": row["kind"],
        "mailable": row["mailable"],
        "external_id": row["external_id"],
        "active": row["active"],
    }


def version_json(row: Row | None) -> Row | None:
    """The consent text that somebody agreed to."""
    if row is None:
        return None
    return {"id": row["id"], "external_id": row["external_id"], "consent_type": "explicit"}


def new_act(parent: int, member: int, person: Row, now: int) -> Row:
    """An act with everything at its default; nobody has been asked for anything."""
    row = {
        "parent": parent,
        "member": member,
        "email": person["email"],
        "first_name": person["first_name"],
        "last_name": person["last_name"],
        "phone_number": person["phone_number"],
        "postcode": person["postcode"],
        "country": person["country"],
        "locale": person["locale"],
        "join_organisation": None,
        "opt_in_sms": None,
        "source": "",
        "bucket": None,
        "utm": {},
        "from_embed": False,
        "confirmed_at": None,
        "confirmed_reason": None,
        "last_signed_at": now,
        "additional_fields": {},
        "partnership_opt_ins": {},
        "opt_in_type": None,
        "eu_data_processing_consent": None,
        "consent_content_version": None,
        "created_at": now,
        "updated_at": now,
        "deleted_at": None,
        "unsubscribe_at": None,
        "new_member": False,
        "message_to_target": None,
        "share_click": None,
        "attending_status": "attending",
        "notification_level": "all_messages",
        "introduction": None,
        "type": "LocalChapterMember",
        "moment": (now, 0),
    }
    return row if person["email"] else anonymous(row)


def act_json(store: Store, row: Row) -> Row:
    """What signatures and attendees have in common; the member's id is in `member` only."""
    country, utm, opted = row["country"], row["utm"], row["partnership_opt_ins"]
    version = store["consent_content_versions"].get(row["consent_content_version"])
    eu_consent = row["eu_data_processing_consent"]
    return {
        "id": row["id"],
        "email": row["email"],
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "phone_number": row["phone_number"],
        "postcode": row["postcode"],
        "country": country or COUNTRY,
        "country_without_fallback": country,
        "locale": row["locale"],
        "join_organisation": row["join_organisation"],
        "opt_in_sms": row["opt_in_sms"],
        "new_mobile_subscriber": None,
        "source": row["source"],
        "bucket": row["bucket"],
        "utm_source": utm.get("source"),
        "utm_campaign": utm.get("campaign"),
        "utm_medium": utm.get("medium"),
        "utm_content": utm.get("content"),
        "utm_term": utm.get("term"),
        "user_ip": _IP,
        "user_agent": _AGENT,
        "from_embed": row["from_embed"],
        "confirmed_at": iso(row["confirmed_at"]),
        "confirmed_reason": row["confirmed_reason"],
        "last_signed_at": iso(row["last_signed_at"]),
        "additional_fields": row["additional_fields"],
        "partnership_opt_ins": _partners(store, opted) if opted else [],
        "email_opt_in_type": opt_in_json(store["email_opt_in_types"].get(row["opt_in_type"])),
        "sms_opt_in_type": None,
        "eu_data_processing_consent": eu_consent,
        "consent_content_version": version_json(version),
        "data_processing_consent_type": "explicit" if eu_consent else None,
        "member": {"id": row["member"], "created_at": iso(store.members.joined(row["member"]))},
        "token": token(row["id"]),
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
        "deleted_at": iso(row["deleted_at"]),
        "unsubscribe_at": iso(row["unsubscribe_at"]),
    }


def _partners(store: Store, opted: dict[int, bool]) -> list[Row]:
    return [
        {"partnership": {"slug": found["slug"]}, "opted_in": opted_in}
        for key, opted_in in opted.items()
        if (found := store["partnerships"].get(key))
    ]


def token(key: int) -> str:
    """What stands in the links of the e-mails that go to the person."""
    return f"{mix(key, 77):016x}"


def utm(sent: Row) -> Row:
    """The `utm_*` values of a body, by their short names."""
    return {name: sent[f"utm_{name}"] for name in _UTM if sent.get(f"utm_{name}") is not None}


def signature_json(store: Store, row: Row) -> Row:
    """A signature."""
    petition = store["petitions"].get(row["parent"])
    shown = act_json(store, row)
    if row["message_to_target"] is not None:
        shown["message_to_target"] = row["message_to_target"]
    slug = petition["slug"] if petition else None
    shown["petition"] = {"url": store.site(f"petitions/{slug}"), "slug": slug}
    return shown


def attendee_json(store: Store, row: Row) -> Row:
    """An attendee of an event."""
    event = store["events"].get(row["parent"])
    shown = act_json(store, row)
    slug = event["slug"] if event else None
    shown["attending_status"] = row["attending_status"]
    shown["notification_level"] = row["notification_level"]
    shown["join_group"] = None
    shown["event"] = {"url": store.site(f"events/{slug}"), "slug": slug}
    return shown


def chapter_member_json(store: Store, row: Row) -> Row:
    """A member of a group; fewer fields than the others have."""
    chapter = store["local_chapters"].get(row["parent"])
    full = act_json(store, row)
    names = (
        *("id", "email", "first_name", "last_name", "phone_number", "postcode", "country"),
        *("locale", "join_organisation", "email_opt_in_type", "additional_fields", "member"),
        *(f"utm_{name}" for name in _UTM),
        *("created_at", "updated_at", "deleted_at", "confirmed_at", "unsubscribe_at"),
    )
    slug = chapter["slug"] if chapter else None
    return {
        **{name: full[name] for name in names},
        "full_name": f"{row['first_name']} {row['last_name']}".strip(),
        "introduction": row["introduction"],
        "notification_level": row["notification_level"],
        "type": row["type"],
        "local_chapter": {
            "slug": slug,
            "name": chapter["name"] if chapter else None,
            "url": store.site(f"local_chapters/{slug}"),
        },
    }


def user_json(store: Store, key: int, act: Row | None = None) -> Row:
    """A person as `user.*` events show them, with the consent of what they just did."""
    person = store.members.get(key)
    if person is None:
        return {"id": key, "email": None}
    names = ("id", "email", "first_name", "last_name", "locale", "phone_number", "postcode")
    kind = act and store["email_opt_in_types"].get(act["opt_in_type"])
    version = act and store["consent_content_versions"].get(act["consent_content_version"])
    return {
        **{name: person[name] for name in names},
        "full_name": f"{person['first_name']} {person['last_name']}".strip(),
        "opt_in_sms": act and act["opt_in_sms"],
        "country": person["country"] or COUNTRY,
        "confirmed_at": iso(person["confirmed_at"]),
        "join_organisation": act and act["join_organisation"],
        "email_opt_in_type": opt_in_json(kind),
        "sms_opt_in_type": None,
        "eu_data_processing_consent": act and act["eu_data_processing_consent"],
        "consent_content_version": version_json(version),
    }
