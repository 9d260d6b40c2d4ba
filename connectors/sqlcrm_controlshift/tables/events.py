"""Events of the organisation's own, not those brought in from elsewhere; their types; calendars.

Source: ControlShift developer documentation, "Events", "Event Types", "Calendars"; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Read, Table, Write
from sqlcrm_controlshift.columns import (
    email,
    fixed,
    flag,
    location,
    mentor,
    nested,
    number,
    own_slug,
    reviewer,
    text,
    texts,
    times,
    when,
)
from sqlcrm_controlshift.wire import LISTED, REST
from sqlcrm_controlshift.writes import STAFF, settings_of, settings_write

CREATABLE = (
    *("title", "description", "start_at", "end_at", "time_zone", "virtual", "locale"),
    *("host_email", "host_first_name", "host_last_name", "host_phone_number", "host_postcode"),
    *("host_locale", "latitude", "longitude", "country", "region", "locality", "postal_code"),
    *("street", "street_number", "location_venue", "extra_location_info", "event_type_id"),
    *("group_slug", "partnership_slug", "region_slug", "labels", "max_attendees_count"),
    *("web_conference_url", "forum_enabled", "hidden_address", "hide_recent_attendees"),
    *("event_host_name_override", "campaigner_contactable"),
)
"""What the API takes of a new event."""

CHANGEABLE = (
    *("campaigner_contactable", "description", "event_host_name_override", "extra_location_info"),
    *("forum_enabled", "hidden_address", "hide_recent_attendees", "host_address"),
    *("location_venue", "max_attendees_count", "redirect_to", "sharing_disabled", "title"),
    *("web_conference_url", "mentor_email", "reviewer_email", "reviewer_team"),
)
"""What the API changes of an event: neither when it is, nor where."""


def event_columns() -> tuple[Column, ...]:
    """The columns of an event in the authenticated API."""
    return (
        own_slug(),
        text("title", required=True),
        text("description", required=True),
        when("start_at", readonly=False, required=True),
        when("end_at", readonly=False),
        text("time_zone", required=True, doc="By its IANA name, like America/New_York."),
        fixed("start_in_zone", doc="As its own clocks show it, with their offset."),
        fixed("end_in_zone", doc="As its own clocks show it, with their offset."),
        flag("virtual"),
        when("launched_at"),
        fixed("admin_status"),
        fixed("url"),
        text("locale"),
        *times(),
        *_host(),
        *location(),
        text("location_venue"),
        text("extra_location_info", doc="In new events, and with the place where it is shown."),
        flag("hidden_address"),
        number("max_attendees_count", doc="NULL for no limit."),
        text("web_conference_url"),
        *_showing(),
        *_belonging(),
        *mentor(),
        *reviewer(),
        nested("shifts"),
    )


def _host() -> tuple[Column, ...]:
    return (
        email("host_email", "host.email", required=True, doc="A new event's is asked by mail."),
        text("host_first_name", "host.first_name"),
        text("host_last_name", "host.last_name"),
        fixed("host_full_name", "host.full_name"),
        text("host_phone_number", "host.phone_number"),
        text("host_postcode", "host.postcode"),
        text("host_locale", "host.locale", write_only=True),
        number("host_member_id", "host.member_id", readonly=True),
        text("host_address"),
    )


def _showing() -> tuple[Column, ...]:
    return (
        flag("campaigner_contactable", doc="Whether anybody may write to the host."),
        text("event_host_name_override"),
        flag("forum_enabled"),
        flag("hide_recent_attendees"),
        flag("sharing_disabled"),
        text("redirect_to", doc="Where visitors are sent instead."),
    )


def _belonging() -> tuple[Column, ...]:
    return (
        texts("labels", doc="Unknown ones are made with a new event; see event_labelings."),
        fixed("petition_slug", "petition.slug"),
        fixed("calendar_slug", "calendar.slug"),
        text("group_slug", "local_chapter.slug", into="group.slug"),
        number("event_type_id", "event_type.id", write_only=True),
        fixed("event_type_name", "event_type.name"),
        text("partnership_slug", "partnership.slug", write_only=True),
        text("region_slug", "region.slug", write_only=True),
        fixed("external_id"),
    )


events = Table(
    "events",
    doc=(
        "Events made in ControlShift, unlaunched ones too. Every INSERT makes a new one, whose "
        "host is asked by mail to confirm it; the API deletes none, and changes no dates."
    ),
    key=("slug",),
    columns=event_columns(),
    reads=(
        Read(f"{REST}/events", "events", LISTED),
        Read(f"{REST}/events/{{slug}}", "event", by="slug"),
    ),
    writes=(
        Write(
            "insert",
            "POST",
            f"{REST}/events",
            wrap="event",
            append=True,
            columns=CREATABLE,
            id_at="event.slug",
            undo="The API deletes no events.",
        ),
        settings_write(settings_of("events", "event", staff=STAFF), CHANGEABLE),
    ),
    touches=("attendees", "event_labelings", "calendar_events", "partnership_events"),
    example="SELECT slug, title, start_at FROM events@cs WHERE start_at > now()",
)

event_types = Table(
    "event_types",
    doc="Kinds of events.",
    few=True,
    key=("id",),
    columns=(
        number("id", readonly=True),
        fixed("name"),
        nested("localized_names"),
        *times(),
        fixed("external_id", doc="Where a CRM is connected that knows types of events."),
    ),
    reads=(Read(f"{REST}/event_types", "event_types", LISTED),),
    example="SELECT id, name FROM event_types@cs",
)

calendars = Table(
    "calendars",
    doc="Collections of events, by their slug; the API cannot list them.",
    key=("slug",),
    columns=(
        own_slug(),
        fixed("name"),
        fixed("description"),
        fixed("url"),
        fixed("partnership_slug", "partnership.slug"),
    ),
    reads=(Read(f"{REST}/calendars/{{slug}}", "calendar", by="slug"),),
    example="SELECT name, url FROM calendars@cs WHERE slug = 'day-of-action'",
)

calendar_totals = Table(
    "calendar_totals",
    doc="What the public page of a calendar counts, by the calendar's slug.",
    key=("slug",),
    columns=(
        own_slug(),
        fixed("name"),
        fixed("description"),
        fixed("image_url"),
        number("event_count", readonly=True),
        number("attendee_count", readonly=True),
        number("events_upcoming", readonly=True),
    ),
    reads=(Read("/calendars/{slug}.json", "calendar", by="slug"),),
    example="SELECT event_count FROM calendar_totals@cs WHERE slug = 'day-of-action'",
)

calendar_events = Table(
    "calendar_events",
    doc="Events of a calendar, by the calendar's slug. Every INSERT makes a new event in it.",
    key=("slug",),
    columns=(
        text("calendar_slug", required=True),
        *(column for column in event_columns() if column.name != "calendar_slug"),
        text("target_slug", "target.slug", write_only=True, doc="A decision maker's, if needed."),
    ),
    reads=(
        Read(f"{REST}/calendars/{{calendar_slug}}/events", "events", LISTED, by="calendar_slug"),
    ),
    writes=(
        Write(
            "insert",
            "POST",
            f"{REST}/calendars/{{calendar_slug}}/events",
            wrap="event",
            append=True,
            columns=("calendar_slug", *CREATABLE, "host_address", "target_slug"),
            id_at="event.slug",
            undo="The API deletes no events.",
        ),
    ),
    touches=("events", "calendars", "calendar_totals"),
    example="SELECT slug, start_at FROM calendar_events@cs WHERE calendar_slug = 'day-of-action'",
)

TABLES = (events, event_types, calendars, calendar_totals, calendar_events)
