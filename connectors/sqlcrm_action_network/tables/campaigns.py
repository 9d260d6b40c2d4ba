"""Event campaigns with their events and attendances, and campaigns (pages that list actions).

Source: Action Network API v2 documentation, "Event campaigns", "Campaigns"; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Read, Table
from sqlcrm_action_network.columns import number, text, value
from sqlcrm_action_network.flows import campaign_attendances
from sqlcrm_action_network.shapes import (
    OF_RECORDS,
    action_columns,
    action_reads,
    action_writes,
    flat,
    record_columns,
)
from sqlcrm_action_network.tables.actions import CHANGED, EVENT, NATURAL, SECOND
from sqlcrm_action_network.wire import COUNTED

OVER = ("event_campaigns", "id")

event_campaigns = Table(
    "event_campaigns",
    doc=f"Campaigns in which people host events. {SECOND}",
    key=("id",),
    natural_key=NATURAL,
    modified=CHANGED,
    touches=(),
    columns=action_columns(
        text("host_pitch"),
        text("host_instructions"),
        text("host_url", readonly=True),
        number("total_events", readonly=True),
        number("total_rsvps", readonly=True),
    ),
    reads=action_reads("/event_campaigns", "_embedded.action_network:event_campaigns"),
    writes=action_writes("/event_campaigns"),
    example="SELECT title, total_events, total_rsvps FROM event_campaigns@an",
)

campaign_events = Table(
    "campaign_events",
    doc="Events of event campaigns, those of other groups, too, which events does not have.",
    key=("event_campaign_id", "id"),
    columns=(
        Column("event_campaign_id", readonly=True),
        *action_columns(*EVENT, writable=False),
    ),
    reads=(
        Read(
            "/event_campaigns/{event_campaign_id}/events", "_embedded.osdi:events", COUNTED,
            by="event_campaign_id", over=OVER,
        ),
    ),
    example="SELECT c.title, e.title, e.start_date FROM campaign_events@an e "
    "JOIN event_campaigns@an c ON c.id = e.event_campaign_id",
)  # fmt: skip

campaign_attendances_ = Table(
    "campaign_attendances",
    doc=(
        "Who comes to the events of event campaigns, those of other groups, too. Reading takes a "
        "call or more for each event."
    ),
    key=("event_campaign_id", "id"),
    columns=(
        Column("event_campaign_id", readonly=True),
        *record_columns(flat("event_id"), text("status", readonly=True)),
    ),
    reads=(
        Read(
            "/event_campaigns", "_embedded.osdi:attendances", by="event_campaign_id",
            fetch=campaign_attendances, over=OVER, filters=OF_RECORDS,
        ),
    ),
    example="SELECT event_id, count(*) FROM campaign_attendances@an GROUP BY event_id",
)  # fmt: skip

campaigns = Table(
    "campaigns",
    doc="Pages that list actions.",
    key=("id",),
    modified=CHANGED,
    columns=action_columns(
        value("actions", readonly=True, doc='JSON: [{"title": …, "browser_url": …}].'),
        writable=False,
    ),
    reads=action_reads("/campaigns", "_embedded.action_network:campaigns"),
    example="SELECT title, browser_url FROM campaigns@an",
)

TABLES = (event_campaigns, campaign_events, campaign_attendances_, campaigns)
