"""What people do: signatures of petitions and attendances of events.

Source: ControlShift developer documentation, "Signatures", "Attendees"; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Consent, Modified, Read, Table, Type, Write
from sqlcrm_controlshift.columns import (
    email,
    fixed,
    flag,
    nested,
    number,
    own_id,
    text,
    times,
    typed,
    when,
)
from sqlcrm_controlshift.wire import LISTED, REST, given, truth
from sqlcrm_controlshift.writes import GONE, kept_mailable

CREATABLE = (
    *("first_name", "last_name", "email", "postcode", "phone_number", "country", "locale"),
    *("join_organisation", "email_opt_in_type_external_id", "eu_data_processing_consent"),
    *("consent_content_version_external_id", "utm_source", "utm_campaign", "utm_medium"),
    *("utm_content", "utm_term"),
)
"""What the API takes of a new signature or attendance, but for opt-ins to partnerships, which
would subscribe a person to somebody else's mails."""

CONSENT = Consent("join_organisation", subscribed=(True,), safe=False, person="email", unseen=True)
"""That a person joins is an answer to a form: yes, no, or null where nobody asked. A yes subscribes
again who has left all mails ("Members", "Unsubscribe"), and no call tells who has."""


CHANGED = Modified("updated_at")
"""The list has no filter by it: each run reads the list, and goes on with what changed."""


def action_columns() -> tuple[Column, ...]:
    """The columns that signatures and attendances have in common."""
    return (
        email(required=True),
        text("first_name", required=True),
        text("last_name", required=True),
        text("phone_number"),
        text("postcode"),
        text("country", "country_without_fallback", into="country",
             doc="As the person gave it; see country_or_default."),
        fixed("country_or_default", "country", doc="Without one, the organisation's."),
        text("locale"),
        number("member_id", "member.id", readonly=True, doc="The only place that tells it."),
        when("member_created_at", "member.created_at"),
        *_joining(),
        *_agreeing(),
        *times(),
        when("confirmed_at", doc="NULL where nobody has confirmed it, and where nobody must."),
        fixed("confirmed_reason", doc="authenticated, double_opt_in, facebook, …"),
        when("deleted_at", doc='When the person said "this was not me".'),
        *_origin(),
    )  # fmt: skip


def _joining() -> tuple[Column, ...]:
    return (
        typed(
            "join_organisation",
            Type.BOOLEAN,
            to_wire=truth,
            doc="Whether the person wants mails: yes, no, or NULL where it was not asked.",
        ),
        text("email_opt_in_type_external_id", "email_opt_in_type.external_id",
             into="email_opt_in_type_external_id", required=True,
             doc="How the person was asked; a new row needs a type of the context external."),
        fixed("email_opt_in_type_context", "email_opt_in_type.context"),
        fixed("email_opt_in_type_kind", "email_opt_in_type.kind"),
        flag("email_opt_in_type_mailable", "email_opt_in_type.mailable", readonly=True,
             doc="Whether such an opt-in is enough to write to the person."),
        flag("opt_in_sms", readonly=True),
        nested("sms_opt_in_type"),
        flag("new_mobile_subscriber", readonly=True),
        when("unsubscribe_at", doc="When the person left the mails about this one."),
        typed("unsubscribed", Type.BOOLEAN, "unsubscribe_at", into="unsubscribed",
              from_wire=given, to_wire=truth, choices=(True,),
              doc="True where unsubscribe_at is set, else NULL. Written, it ends the mails of "
                  "this petition's or event's people; only a new opt-in brings them back."),
        nested("partnership_opt_ins", doc="What was opted in to, by slug of the partnership."),
    )  # fmt: skip


def _agreeing() -> tuple[Column, ...]:
    return (
        flag("eu_data_processing_consent"),
        text("consent_content_version_external_id", "consent_content_version.external_id",
             into="consent_content_version_external_id"),
        number("consent_content_version_id", "consent_content_version.id", readonly=True),
        fixed("data_processing_consent_type"),
    )  # fmt: skip


def _origin() -> tuple[Column, ...]:
    utm = ("utm_source", "utm_campaign", "utm_medium", "utm_content", "utm_term")
    return (
        fixed("source"),
        *(text(name) for name in utm),
        nested("additional_fields", doc="Answers to the form's own questions."),
        fixed("user_ip"),
        fixed("token", doc="Part of the addresses in the person's mails: keep it to yourself."),
    )


def _reads(parents: str, parent: str, name: str) -> tuple[Read, ...]:
    """How rows of one parent are read: by pages, or one by the person's address."""
    path = f"{REST}/{parents}/{{{parent}}}/{name}s"
    over = (parents, "slug")
    return (
        Read(f"{path}/lookup", name, by="email", param="email", within=parent, over=over),
        Read(path, f"{name}s", LISTED, by=parent, over=over),
    )


def _writes(parents: str, parent: str, name: str, more: tuple[str, ...] = ()) -> tuple[Write, ...]:
    path = f"{REST}/{parents}/{{{parent}}}/{name}s"
    shown = ("email_opt_in_type_mailable",)
    return (
        # What becomes of a second one of the same person is not documented: it is looked for first.
        Write("insert", "POST", path, wrap=name, columns=(parent, *CREATABLE, *more)),
        Write(
            "update",
            send=kept_mailable(f"{name}s", parents, parent),
            columns=("email_opt_in_type_external_id", "unsubscribed"),
            whole=(parent, "id", *shown),
            repeatable=True,
            undo="What ended mails stays so: only a new opt-in brings them back.",
        ),
        Write("delete", "DELETE", f"{path}/{{id}}", repeatable=True, undo=GONE),
    )


signatures = Table(
    "signatures",
    doc=(
        "Who signed which petition. For a large petition the exports take fewer calls: see "
        "exported_signatures. A new one sets off what any signature does: mails, webhooks, the "
        "CRM's own integrations. A DELETE lowers the petition's count."
    ),
    key=("id",),
    natural_key=("petition_slug", "email"),
    modified=CHANGED,
    columns=(
        own_id(),
        text("petition_slug", "petition.slug", required=True),
        *action_columns(),
        when("last_signed_at"),
        flag("from_embed", readonly=True),
        fixed("bucket"),
        fixed("user_agent"),
        nested("message_to_target"),
    ),
    reads=_reads("petitions", "petition_slug", "signature"),
    writes=_writes("petitions", "petition_slug", "signature"),
    consent=CONSENT,
    touches=("petitions", "members", "member_activities", "organisations"),
    example=(
        "SELECT email, join_organisation FROM signatures@cs WHERE petition_slug = 'save-the-park'"
    ),
)

attendees = Table(
    "attendees",
    doc="Who said of which event whether to come. A new one sets off what any answer does: mails.",
    key=("id",),
    natural_key=("event_slug", "email"),
    modified=CHANGED,
    columns=(
        own_id(),
        text("event_slug", "event.slug", required=True),
        text(
            "attending_status",
            required=True,
            choices=("attending", "not_attending", "attended", "confirmed", "no_show"),
        ),
        text(
            "notification_level",
            required=True,
            choices=("all_messages", "none", "pending"),
            doc="Mails of the event's forum.",
        ),
        *action_columns(),
        flag("join_group", readonly=True),
    ),
    reads=_reads("events", "event_slug", "attendee"),
    writes=_writes("events", "event_slug", "attendee", ("attending_status", "notification_level")),
    consent=CONSENT,
    touches=("events", "members", "member_activities", "organisations"),
    example="SELECT email, attending_status FROM attendees@cs WHERE event_slug = 'the-march'",
)

TABLES = (signatures, attendees)
