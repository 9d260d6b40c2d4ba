"""All 58 types of webhook messages, and a sample payload for each: action `emit`."""

from __future__ import annotations

from collections.abc import Callable

from sqlcrm_controlshift.sandbox.act_shapes import (
    attendee_json,
    chapter_member_json,
    signature_json,
    user_json,
)
from sqlcrm_controlshift.sandbox.consent import unsubscribe_json, unsubscribes
from sqlcrm_controlshift.sandbox.shapes import (
    category_json,
    chapter_payload,
    event_payload,
    petition_payload,
)
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.tagging import label_payload
from sqlcrm_controlshift.sandbox.wire import Row, iso


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PETITION = _words(
    "petition.launched petition.launched.ham petition.launched.requires_moderation "
    "petition.updated petition.updated.requires_moderation petition.ended petition.flagged "
    "petition.reactivated petition.inappropriate.creator_message petition.mentor_assigned "
    "petition.mentor_removed petition.target.response"
)
_EVENT = _words(
    "event.created event.created.requires_moderation event.updated event.mentor_assigned "
    "event.mentor_removed"
)
_USER = _words("user.created user.confirmed user.updated user.changed")
_MEMBER = _words("local_chapter.member.created local_chapter.member.deleted")
_CHAPTER = _words(
    "local_chapter.created local_chapter.last_organiser.deleted local_chapter.mentor_assigned "
    "local_chapter.mentor_removed"
)
_REQUEST = _words(
    "local_chapter.organiser_request.created local_chapter.organiser_request.approved"
)
_ACTS = ("created", "updated", "deleted", "confirmed")
_REPLIES = tuple(
    f"{word}.member_email_reply_received" for word in ("petition", "event", "local_chapter")
)
_DELETED = _words("member.deleted member.deleted.resources_transferred")
_CATEGORY = _words("category.created category.updated category.deleted")
_DATA = _words("data.full_table_exported data.incremental_table_exported")
_MAIL = _words("email.open email.click")
_OTHER = _words("blast_email.created flag.created locale.created forum.message.requires_moderation")
_LABEL = _words("label.applied label.removed")


def _signature(store: Store) -> Row:
    return signature_json(store, next(store.signatures.rows()))


def _attendee(store: Store) -> Row:
    return attendee_json(store, next(store.attendees.rows()))


def _chapter_member(store: Store) -> Row:
    return chapter_member_json(store, next(store.chapter_members.rows()))


def _petition(store: Store) -> Row:
    return petition_payload(store, next(iter(store["petitions"])))


def _event(store: Store) -> Row:
    return event_payload(store, next(iter(store["events"])))


def _chapter(store: Store) -> Row:
    return chapter_payload(store, next(iter(store["local_chapters"])))


def _user(store: Store) -> Row:
    return user_json(store, next(store.members.ids()))


def _updated(store: Store) -> Row:
    user = _user(store)
    return {**user, "changes": {"first_name": ["Before", user["first_name"]]}}


def _changed(store: Store) -> Row:
    user = _updated(store)
    return {name: user[name] for name in ("id", "email", "changes")}


def _category(store: Store) -> Row:
    return category_json(next(iter(store["categories"])))


def _label(store: Store) -> Row:
    label, petition = next(iter(store["labels"])), next(iter(store["petitions"]))
    return label_payload(label, "Petition", petition)


def _deleted(store: Store) -> Row:
    user = _user(store)
    told = {"id": user["id"], "email": user["email"]}
    return {"member": told, "resources": {"new_owner": user}}


def _start(store: Store) -> Row:
    user = _user(store)
    times = {"created_at": iso(store.now()), "help_requested_at": iso(store.now())}
    more = {"current_step": "who", "title": "Save it", "token": "0" * 16}
    return {**times, **more, "email": user["email"], "locale": user["locale"]}


def _mail(store: Store) -> Row:
    return {"email": _user(store)["email"], "timestamp": store.now(), "sg_event_id": "x"}


def _reply(store: Store) -> Row:
    return {"from": _user(store)["email"], "subject": "Re: Save it", "body": "Thank you."}


def _unsubscribe(store: Store) -> Row:
    return unsubscribe_json(next(unsubscribes(store)))


def _exported(store: Store) -> Row:
    return {"url": f"{store.origin}/_s3/none", "table": "categories", "compression_format": "none"}


def _other(store: Store) -> Row:
    return {"id": 1, "created_at": iso(store.now())}


SAMPLES: dict[str, Callable[[Store], Row]] = {
    **dict.fromkeys(_PETITION, _petition),
    "petition.start.help_requested": _start,
    **dict.fromkeys((f"signature.{done}" for done in _ACTS), _signature),
    **dict.fromkeys((f"attendee.{done}" for done in _ACTS), _attendee),
    **dict.fromkeys(_EVENT, _event),
    **dict.fromkeys(_USER, _user),
    "user.updated": _updated,
    "user.changed": _changed,
    **dict.fromkeys(_MEMBER, _chapter_member),
    "local_chapter.organiser.created": _chapter_member,
    **dict.fromkeys(_CHAPTER, _chapter),
    **dict.fromkeys(_REQUEST, _chapter_member),
    "unsubscribe.created": _unsubscribe,
    **dict.fromkeys(_DELETED, _deleted),
    **dict.fromkeys(_CATEGORY, _category),
    **dict.fromkeys(_DATA, _exported),
    **dict.fromkeys(_MAIL, _mail),
    **dict.fromkeys(_REPLIES, _reply),
    **dict.fromkeys(_OTHER, _other),
    **dict.fromkeys(_LABEL, _label),
}
