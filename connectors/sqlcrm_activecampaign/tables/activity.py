"""What contacts and deals did and what happened to them; to be read only.

Source: ActiveCampaign API v3 reference, "Contacts" (sub-collections), "Activities", "Deal
activities", "Event tracking"; public clients for the list of bounces. Read 2026-11-21.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Read, Table, Type
from sqlcrm_activecampaign.columns import (
    flag,
    made,
    number,
    own_id,
    ref,
    text,
    typed,
    when,
)
from sqlcrm_activecampaign.wire import BY_ID, LISTED, MAYBE_COUNTED, WHOLE


def _of_contact(name: str, resource: str, doc: str, columns: tuple[Column, ...]) -> Table:
    """Return a table of what one contact has, under `resource` of the contact."""
    return Table(
        name,
        doc=f"{doc} Of one contact: give `contact_id`, or join it.",
        key=("id",),
        columns=(own_id(), *columns),
        reads=(Read(f"/contacts/{{contact_id}}/{resource}", resource, WHOLE, by="contact_id"),),
        example=f"SELECT * FROM {name}@ac WHERE contact_id = 201",  # noqa: S608 - words
    )


tracking_logs = _of_contact(
    "tracking_logs",
    "trackingLogs",
    "Pages visited and events of the account's own.",
    (
        ref("contact_id", "contact", "subscriberid"),
        text("type", doc="The event's name."),
        text("value"),
        when("logged_at", "tstamp"),
        text("hash"),
    ),
)

geo_ips = _of_contact(
    "geo_ips",
    "geoIps",
    "Places from which messages were opened.",
    (
        ref("contact_id", "contact"),
        ref("campaign_id", "campaignid"),
        ref("message_id", "messageid"),
        ref("geo_address_id", "geoaddrid", "geoAddress"),
        text("ip4", doc="The address as one number."),
        when("logged_at", "tstamp"),
    ),
)

contact_goals = _of_contact(
    "contact_goals",
    "contactGoals",
    "Goals of automations that were reached.",
    (
        ref("contact_id", "contact", "subscriberid"),
        ref("goal_id", "goalid", "goal"),
        ref("automation_id", "seriesid", "automation"),
        ref("contact_automation_id", "subscriberseriesid", "contactAutomation"),
        number("timespan"),
        when("reached_at", "tstamp"),
    ),
)

automation_entry_counts = Table(
    "automation_entry_counts",
    doc="How often one contact entered each automation: give `contact_id`, or join it.",
    key=("contact_id", "automation_id"),
    columns=(
        Column("contact_id", Type.INTEGER, doc="Not in the reply: the contact asked for."),
        ref("automation_id", "id"),
        text("name", doc="The automation's."),
        number("status", doc="The automation's: 1 active, 2 inactive."),
        flag("hidden"),
        number("contact_entry_count", "contactEntryCount"),
    ),
    reads=(
        Read(
            "/contacts/{contact_id}/automationEntryCounts",
            "automationEntryCounts",
            WHOLE,
            by="contact_id",
        ),
    ),
    example="SELECT name, contact_entry_count FROM automation_entry_counts@ac WHERE contact_id = 2",
)

bounce_logs = Table(
    "bounce_logs",
    doc="Messages that came back.",
    key=("id",),
    columns=(
        own_id(),
        ref("contact_id", "contact", "subscriberid"),
        ref("campaign_id", "campaignid", "campaign"),
        ref("message_id", "messageid", "message"),
        ref("bounce_id", "bounceid", "bounce"),
        ref("code_id", "codeid", "code"),
        text("email"),
        text("error"),
        text("source", doc="The message that came back."),
        when("bounced_at", "tstamp"),
    ),
    reads=(
        Read("/contacts/{contact_id}/bounceLogs", "bounceLogs", WHOLE, by="contact_id"),
        Read("/bounceLogs", "bounceLogs", LISTED, always=(BY_ID,)),
    ),
    example="SELECT email, bounced_at, error FROM bounce_logs@ac ORDER BY bounced_at DESC",
)

activities = Table(
    "activities",
    doc="The history of one contact: give `contact_id`, or join it.",
    key=("id",),
    columns=(
        own_id(),
        Column("contact_id", Type.INTEGER, doc="The contact asked for."),
        ref("subscriber_id", "subscriberid", doc="The contact it happened to."),
        when("happened_at", "tstamp"),
        text("reference_type", doc="What it is about: SubscriberEmail, Deal, …"),
        ref("reference_id", "reference_id"),
        text("reference_action"),
        text("reference_model_name", "referenceModelName"),
        ref("user_id", "userid", "user"),
        typed("data", Type.JSON, "jsonData"),
    ),
    reads=(
        Read(
            "/activities",
            "activities",
            MAYBE_COUNTED,
            by="contact_id",
            param="contact",
            always=(("orders[tstamp]", "ASC"),),
        ),
    ),
    example="SELECT happened_at, reference_type FROM activities@ac WHERE contact_id = 201",
)

deal_activities = Table(
    "deal_activities",
    doc="The history of deals.",
    key=("id",),
    columns=(
        own_id(),
        ref("deal_id", "d_id", "deal"),
        ref("stage_id", "d_stageid", "stage"),
        ref("user_id", "userid", "user"),
        ref("automation_id", "seriesid", "automation"),
        ref("data_id", "dataId", doc="Id of the note, task, … that it is about."),
        text("data_type", "dataType", doc="task, note, contact, userid, …"),
        text("data_action", "dataAction"),
        text("old_value", "dataOldval"),
        flag("deleted"),
        made(),
    ),
    reads=(
        Read(
            "/dealActivities",
            "dealActivities",
            LISTED,
            by="deal_id",
            param="deal",
            always=(BY_ID,),
        ),
        Read("/dealActivities", "dealActivities", LISTED, always=(BY_ID,)),
    ),
    example="SELECT created_at, data_type, data_action FROM deal_activities@ac WHERE deal_id = 2",
)

event_tracking_events = Table(
    "event_tracking_events",
    doc="Names of the account's own events; they have no ids.",
    key=("name",),
    columns=(text("name"),),
    reads=(Read("/eventTrackingEvents", "eventTrackingEvents", LISTED),),
    example="SELECT name FROM event_tracking_events@ac",
)

TABLES = (
    tracking_logs,
    geo_ips,
    contact_goals,
    automation_entry_counts,
    bounce_logs,
    activities,
    deal_activities,
    event_tracking_events,
)
