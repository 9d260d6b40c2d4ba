"""Actions: petitions, events, forms, fundraising pages, letters and calls, surveys.

Source: Action Network API v2 documentation, "Petitions", "Events", "Forms", "Fundraising pages",
"Advocacy campaigns", "Surveys"; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Modified, Table
from sqlcrm_action_network.columns import (
    amount,
    flag,
    number,
    text,
    texts,
    titled,
    value,
    when,
)
from sqlcrm_action_network.shapes import (
    action_columns,
    action_reads,
    action_writes,
    creator,
    organizer,
)
from sqlcrm_action_network.wire import LAG, by_time

NATURAL = ("origin_system", "title")

CHANGED = Modified("modified_date", lag=LAG)

SECOND = "Those made through the API have no public page, answer nobody and charge nothing."

petitions = Table(
    "petitions",
    doc=f"Petitions. {SECOND}",
    key=("id",),
    natural_key=NATURAL,
    modified=CHANGED,
    touches=(),
    columns=action_columns(
        text("petition_text"),
        value("target", doc='JSON: [{"name": …}].'),
        creator(),
        organizer(),
        number("total_signatures", readonly=True),
    ),
    reads=action_reads("/petitions", "_embedded.osdi:petitions"),
    writes=action_writes("/petitions"),
    example="SELECT title, total_signatures FROM petitions@an ORDER BY total_signatures DESC",
)

PLACE = tuple(
    f"location_{part}"
    for part in ("venue", "address_lines", "locality", "region", "postal_code", "country")
)
"""Parts of an event's place, which are sent together."""

EVENT: tuple[Column, ...] = (
    text("status", doc="confirmed or cancelled; while an event is vetted, others."),
    when("start_date", readonly=False),
    when("end_date", readonly=False),
    text("location_venue", "location.venue"),
    texts("location_address_lines", "location.address_lines"),
    text("location_locality", "location.locality"),
    text("location_region", "location.region"),
    text("location_postal_code", "location.postal_code"),
    text("location_country", "location.country"),
    amount("location_latitude", "location.location.latitude", readonly=True),
    amount("location_longitude", "location.location.longitude", readonly=True),
    text("location_accuracy", "location.location.accuracy", readonly=True),
    text("instructions"),
    text("transparence"),
    text("visibility"),
    flag("guests_can_invite_others"),
    number("capacity"),
    value("reminders", doc='JSON: [{"method": …, "minutes": …}].'),
    number("total_accepted", readonly=True, doc="People who come."),
)
"""The columns that only events have."""

events = Table(
    "events",
    doc=f"Events of the group; those of others in event campaigns: campaign_events. {SECOND}",
    key=("id",),
    natural_key=NATURAL,
    modified=CHANGED,
    touches=(),
    columns=action_columns(*EVENT, creator(), organizer()),
    reads=action_reads(
        "/events", "_embedded.osdi:events", *by_time("start_date"), *by_time("end_date")
    ),
    writes=action_writes("/events", PLACE),
    example="SELECT title, start_date, total_accepted FROM events@an WHERE start_date > now()",
)

forms = Table(
    "forms",
    doc=f"Forms. {SECOND}",
    key=("id",),
    natural_key=NATURAL,
    modified=CHANGED,
    touches=(),
    columns=action_columns(creator(), number("total_submissions", readonly=True)),
    reads=action_reads("/forms", "_embedded.osdi:forms"),
    writes=action_writes("/forms"),
    example="SELECT title, total_submissions FROM forms@an",
)

fundraising_pages = Table(
    "fundraising_pages",
    doc=f"Fundraising pages. {SECOND}",
    key=("id",),
    natural_key=NATURAL,
    modified=CHANGED,
    touches=(),
    columns=action_columns(
        creator(),
        number("total_donations", readonly=True),
        amount("total_amount", readonly=True),
    ),
    reads=action_reads("/fundraising_pages", "_embedded.osdi:fundraising_pages"),
    writes=action_writes("/fundraising_pages"),
    example="SELECT title, total_donations, total_amount FROM fundraising_pages@an",
)

advocacy_campaigns = Table(
    "advocacy_campaigns",
    doc=f"Letters and calls to decision makers. {SECOND}",
    key=("id",),
    natural_key=NATURAL,
    modified=CHANGED,
    touches=(),
    columns=action_columns(
        titled("type", doc="email, phone, …"),
        text("targets"),
        creator(),
        number("total_outreaches", readonly=True),
    ),
    reads=action_reads("/advocacy_campaigns", "_embedded.osdi:advocacy_campaigns"),
    writes=action_writes("/advocacy_campaigns"),
    example="SELECT title, type, total_outreaches FROM advocacy_campaigns@an",
)

surveys = Table(
    "surveys",
    doc=f"Surveys. {SECOND}",
    key=("id",),
    natural_key=NATURAL,
    modified=CHANGED,
    touches=(),
    columns=action_columns(creator(), number("total_responses", readonly=True)),
    reads=action_reads("/surveys", "_embedded.action_network:surveys"),
    writes=action_writes("/surveys"),
    example="SELECT title, total_responses FROM surveys@an",
)

TABLES = (petitions, events, forms, fundraising_pages, advocacy_campaigns, surveys)
