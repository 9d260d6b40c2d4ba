"""Petitions as the staff sees them, hidden and unlaunched ones too.

Source: ControlShift developer documentation, "Petitions"; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Modified, Read, Table, Write
from sqlcrm_controlshift.columns import (
    email,
    fixed,
    flag,
    location,
    mentor,
    nested,
    number,
    own_id,
    own_slug,
    reviewer,
    text,
    texts,
    times,
)
from sqlcrm_controlshift.wire import LISTED, REST, by_slug, named, single, slugs
from sqlcrm_controlshift.writes import (
    GONE,
    STAFF,
    destroyed,
    destruction,
    settings_of,
    settings_write,
    singly,
)

LOCKS = (
    *("title_locked", "what_locked", "who_locked", "why_locked", "delivery_details_locked"),
    *("external_facebook_page_locked", "external_site_locked", "categories_locked"),
)
"""Fields that the creator of a petition cannot change while the flag is set."""

CREATABLE = (
    *("title", "what", "who", "why", "categories", "labels", "delivery_details", "group_slug"),
    *("external_facebook_page", "external_site", "hide_petition_creator", "hide_recent_signers"),
    *("campaigner_contactable", "locale", "latitude", "longitude", "country", "region"),
    *("locality", "postal_code", "street", "street_number", "partnership_slug", "region_slug"),
    *("petition_creator_name_override", "source", "target", "creator_email"),
    *("creator_first_name", "creator_last_name", "creator_phone_number", "creator_postcode"),
    "creator_locale",
)
"""What the API takes of a new petition."""

CHANGEABLE = (
    *("admin_events_status", "alias", "campaigner_contactable", "can_download_signers"),
    *("custom_goal", "delivery_details", "external_facebook_page", "external_site"),
    *("hide_petition_creator", "hide_recent_signers", "hide_signature_form", "partnerships"),
    *("petition_creator_name_override", "redirect_to", "show_progress_bar"),
    *("signature_count_add_amount", "title", "what", "who", "why", *LOCKS),
    *("mentor_email", "reviewer_email", "reviewer_team"),
)
"""What the API changes of a petition: not its categories, its creator, nor how it stands."""


def petition_columns() -> tuple[Column, ...]:
    """The columns of a petition in the authenticated API."""
    return (
        own_slug("What names it in addresses; only the staff of ControlShift changes it."),
        own_id(),
        text("title", required=True),
        text("what", required=True, doc="What is asked for; HTML when written."),
        fixed("rich_what"),
        text("who", doc="Who is asked; needed in a new petition without a target."),
        fixed("public_who"),
        text("why", doc="HTML when written."),
        fixed("rich_why"),
        text("alias", doc="Name in the short address: /p/ALIAS."),
        fixed("admin_status", doc="good, suspicious, inappropriate, unreviewed and others."),
        text("admin_events_status", choices=("on", "off", "auto")),
        flag("launched", readonly=True),
        *_ending(),
        *times(),
        fixed("url"),
        text("locale"),
        number("goal", readonly=True),
        number("custom_goal", doc="NULL lets the goal follow from the signatures."),
        number("public_signature_count", readonly=True, doc="As shown, additions included."),
        number("signature_count_add_amount", doc="Shown above what was counted; may be negative."),
        *_showing(),
        *(flag(name) for name in LOCKS),
        text("source", doc="Where it came from; `API` where a new one says nothing."),
        *_belonging(),
        *_creator(),
        *mentor(),
        *reviewer(),
        *location(),
        nested("decision_makers"),
        nested("target", into="targets", to_wire=single, write_only=True, readonly=False,
               doc='Decision maker of a new petition: `{"slug": …}` or `{"name": …}`.'),
        nested("image"),
        nested("admin_notes"),
    )  # fmt: skip


def _ending() -> tuple[Column, ...]:
    return (
        flag("ended", readonly=True),
        flag("successful", readonly=True),
        fixed("ended_type", doc="won, lost or other."),
        fixed("ended_reason"),
        fixed("ended_story"),
    )


def _showing() -> tuple[Column, ...]:
    return (
        flag("campaigner_contactable", doc="Whether anybody may write to the creator."),
        flag("can_download_signers", doc="Whether the creator may."),
        text("delivery_details"),
        text("external_facebook_page"),
        text("external_site"),
        flag("hide_petition_creator"),
        flag("hide_recent_signers"),
        flag("hide_signature_form"),
        text("petition_creator_name_override"),
        text("redirect_to", doc="Where visitors are sent instead."),
        flag("show_progress_bar"),
    )


def _creator() -> tuple[Column, ...]:
    return (
        email(
            "creator_email", "creator.email", doc="A new petition's is asked by mail to lead it."
        ),
        text("creator_first_name", "creator.first_name"),
        text("creator_last_name", "creator.last_name"),
        fixed("creator_full_name", "creator.full_name"),
        text("creator_phone_number", "creator.phone_number"),
        text("creator_postcode", "creator.postcode", write_only=True),
        text("creator_locale", "creator.locale", write_only=True),
    )


def _belonging() -> tuple[Column, ...]:
    return (
        texts("labels", doc="Unknown ones are made with a new petition; see petition_labelings."),
        texts("categories", from_wire=named, doc="Names of categories that exist."),
        texts("category_slugs", "categories", from_wire=slugs, readonly=True),
        fixed("effort_slug", "effort.slug"),
        text("partnership_slug", "partnership.slug"),
        fixed("partnership_title", "partnership.title"),
        texts("partnerships", to_wire=by_slug, write_only=True,
              doc="Slugs of all partnerships that it is to have: others are taken off."),
        text("group_slug", "group.slug", write_only=True),
        text("region_slug", "region.slug", write_only=True),
    )  # fmt: skip


petitions = Table(
    "petitions",
    doc=(
        "Petitions, hidden and unlaunched ones too. Every INSERT makes a new one; a DELETE takes "
        "its signatures with it, and minutes."
    ),
    key=("slug",),
    modified=Modified("updated_at"),
    columns=petition_columns(),
    reads=(
        Read(f"{REST}/petitions", "petitions", LISTED),
        Read(f"{REST}/petitions/{{slug}}", "petition", by="slug"),
    ),
    writes=(
        Write(
            "insert",
            "POST",
            f"{REST}/petitions",
            wrap="petition",
            append=True,
            columns=CREATABLE,
            id_at="petition.slug",
            undo="The petition is deleted; who was asked to lead it has been asked.",
        ),
        settings_write(settings_of("petitions", "petition", staff=STAFF), CHANGEABLE),
        # Not repeatable: what is scheduled for deletion and still there is not refused.
        Write("delete", send=singly(destroyed), whole=("slug",), finish=destruction, undo=GONE),
    ),
    # Its signatures, events, labels, and what is counted of it elsewhere.
    touches=None,
    example="SELECT slug, title, public_signature_count FROM petitions@cs WHERE NOT ended",
)

TABLES = (petitions,)
