"""What ControlShift sends by itself: every type of event to every address.

Source: ControlShift developer documentation, "Webhook Endpoints"; read 2026-11-22. Of some types
the payload is not shown, or shown wrongly: their tables have the whole of it as `payload`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlcrm.sdk import Column, Event, EventTable, ShapeChanged, Signature, Webhooks, dig
from sqlcrm_controlshift.columns import (
    email,
    fixed,
    flag,
    mentor,
    nested,
    number,
    own_id,
    own_slug,
    times,
    when,
)
from sqlcrm_controlshift.tables.actions import attendees, signatures
from sqlcrm_controlshift.tables.events import event_columns

PERSON = ("email", "member.email", "creator.email", "host.email", "user.email")
"""Where the address of the person may be whom an event is about."""

PAYLOAD = nested("payload", doc="All that came.")


def events(body: Any) -> Sequence[Event]:
    """Return the event of a call. Its job's id is the same when it is sent again."""
    type_, data = dig(body, "type"), dig(body, "data")
    if not isinstance(type_, str) or not type_ or not isinstance(data, Mapping):
        raise ShapeChanged("a call has no type, or no data")
    found = (dig(data, path) for path in PERSON)
    address = next((one for one in found if isinstance(one, str) and one), "")
    row = {**data, "payload": data} if type_ in OPEN else data
    return [Event(type_, str(body.get("jid") or ""), address.strip().lower(), row)]


def _shown(columns: Sequence[Column]) -> tuple[Column, ...]:
    return tuple(column for column in columns if not column.write_only)


PETITION = (
    own_slug("What names it; events tell no number."),
    fixed("title"),
    fixed("url"),
    fixed("admin_status"),
    fixed("admin_reason"),
    when("administered_at"),
    fixed("image_url"),
    fixed("who"),
    fixed("what"),
    fixed("rich_what"),
    fixed("why"),
    fixed("rich_why"),
    number("goal"),
    number("signature_count"),
    email("creator_email", "creator.email"),
    fixed("creator_first_name", "creator.first_name"),
    fixed("creator_last_name", "creator.last_name"),
    fixed("creator_full_name", "creator.full_name"),
    fixed("creator_phone_number", "creator.phone_number"),
    fixed("creator_postcode", "creator.postcode"),
    flag("creator_join_organisation", "creator.join_organisation"),
    flag("creator_email_opt_in_type_mailable", "creator.email_opt_in_type.mailable"),
    when("creator_confirmed_at", "creator.confirmed_at"),
    fixed("locale"),
    *times(),
    flag("ended"),
    fixed("ended_type"),
    fixed("ended_reason"),
    flag("successful"),
    fixed("ended_story"),
    *mentor(),
)

USER = (
    own_id(),
    email(),
    fixed("full_name"),
    fixed("first_name"),
    fixed("last_name"),
    fixed("locale"),
    flag("opt_in_sms"),
    fixed("phone_number"),
    fixed("postcode"),
    fixed("country"),
    when("confirmed_at"),
    flag("join_organisation", doc="Yes, no, or NULL where it was not asked."),
    fixed("email_opt_in_type_external_id", "email_opt_in_type.external_id"),
    flag("email_opt_in_type_mailable", "email_opt_in_type.mailable"),
    nested("sms_opt_in_type"),
    flag("eu_data_processing_consent"),
    nested("consent_content_version"),
)

CHANGES = nested("changes", doc="By field, the value before and the one after.")

EVENT = (*_shown(event_columns()), fixed("image_url"), flag("unconfirmed_location"))

CHAPTER_MEMBER = (
    own_id(),
    email(),
    fixed("full_name"),
    fixed("first_name"),
    fixed("last_name"),
    fixed("phone_number"),
    fixed("postcode"),
    fixed("country"),
    fixed("introduction"),
    fixed("notification_level"),
    flag("join_organisation"),
    flag("email_opt_in_type_mailable", "email_opt_in_type.mailable"),
    fixed("local_chapter_slug", "local_chapter.slug"),
    fixed("local_chapter_name", "local_chapter.name"),
    fixed("utm_source"),
    fixed("utm_campaign"),
    *times(),
)

CHAPTER = (own_slug(), fixed("name"), fixed("url"), *mentor())

UNSUBSCRIBE = (
    own_id(),
    email(),
    flag("unsubscribe_organisation", doc="True: from everything."),
    fixed("unsubscribable_type", doc="Signature, PartnershipSubscription, or NULL."),
    when("created_at"),
)

GONE = (
    number("member_id", "member.id"),
    email("email", "member.email"),
    nested("new_owner", "resources.new_owner"),
)

CATEGORY = (own_id(), fixed("name"), own_slug(), fixed("external_id"), *times())

EXPORT = (
    fixed("url", doc="Good for 6 hours; it opens the file to whoever has it."),
    fixed("table"),
    fixed("compression_format", doc="bzip2 or none."),
    fixed("s3_bucket", "s3.bucket"),
    fixed("s3_key", "s3.key"),
)

MAIL = (email(), fixed("url"), PAYLOAD)

HELP = (
    email(),
    fixed("title"),
    fixed("current_step"),
    fixed("locale"),
    when("created_at"),
    when("help_requested_at"),
    PAYLOAD,
)

SIGNATURE, ATTENDEE = _shown(signatures.columns), _shown(attendees.columns)

KINDS: tuple[tuple[tuple[Column, ...], str, tuple[str, ...]], ...] = (
    (SIGNATURE, "signature", ("created", "updated", "deleted", "confirmed")),
    (ATTENDEE, "attendee", ("created", "confirmed", "updated", "deleted")),
    (
        PETITION,
        "petition",
        (
            *("launched", "launched.ham", "launched.requires_moderation", "updated", "ended"),
            *("updated.requires_moderation", "flagged", "reactivated", "mentor_assigned"),
            *("inappropriate.creator_message", "mentor_removed", "target.response"),
        ),
    ),
    (HELP, "petition.start", ("help_requested",)),
    (
        EVENT,
        "event",
        ("created", "created.requires_moderation", "updated", "mentor_assigned", "mentor_removed"),
    ),
    (USER, "user", ("created", "confirmed")),
    ((*USER, CHANGES), "user", ("updated",)),
    ((own_id(), email(), CHANGES), "user", ("changed",)),
    (CHAPTER_MEMBER, "local_chapter", ("member.created", "member.deleted", "organiser.created")),
    (
        CHAPTER,
        "local_chapter",
        ("created", "last_organiser.deleted", "mentor_assigned", "mentor_removed"),
    ),
    ((PAYLOAD,), "local_chapter.organiser_request", ("created", "approved")),
    (UNSUBSCRIBE, "unsubscribe", ("created",)),
    (GONE, "member", ("deleted", "deleted.resources_transferred")),
    (CATEGORY, "category", ("created", "updated", "deleted")),
    (EXPORT, "data", ("full_table_exported", "incremental_table_exported")),
    (MAIL, "email", ("open", "click")),
    ((PAYLOAD,), "petition", ("member_email_reply_received",)),
    ((PAYLOAD,), "event", ("member_email_reply_received",)),
    ((PAYLOAD,), "local_chapter", ("member_email_reply_received",)),
    ((PAYLOAD,), "blast_email", ("created",)),
    ((PAYLOAD,), "flag", ("created",)),
    ((PAYLOAD,), "locale", ("created",)),
    ((PAYLOAD,), "forum.message", ("requires_moderation",)),
    ((PAYLOAD,), "label", ("applied", "removed")),
)
"""Columns, and the types of events that have them."""


ABOUT = {
    "signature.deleted": "A signature that somebody took back. It is no unsubscription.",
    "unsubscribe.created": "Somebody left mails: of one petition or event, a partner, or all.",
    "data.full_table_exported": "A file with all rows of a table: see the tables exported_….",
    "data.incremental_table_exported": (
        "A file with rows of a table that are new; changes and deletions are only in the full one."
    ),
}


def _table(type_: str, columns: tuple[Column, ...]) -> EventTable:
    words = type_.replace(".", " ").replace("_", " ")
    doc = ABOUT.get(type_, f"{words[0].upper()}{words[1:]}.")
    return EventTable(type_.replace(".", "_"), type_, columns, doc=doc)


TABLES = tuple(
    _table(f"{of}.{name}", columns) for columns, of, names in KINDS for name in names
)  # fmt: skip

OPEN = frozenset(table.type for table in TABLES if PAYLOAD in table.columns)
"""Types of which the whole payload is kept."""

WEBHOOKS = Webhooks(
    events=events,
    tables=TABLES,
    # HMAC-SHA256 over the raw body with the secret of the endpoint, `sha256:` and not `sha256=`.
    signature=Signature("x-controlshift-webhook-signature", prefix="sha256:"),
)
