"""Campaigns, their links, messages and forms.

Source: ActiveCampaign API v3 reference, "Campaigns", "Messages", "Forms"; the official MCP server
for status codes. Read 2026-11-21.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Filter, Read, Table, Type, Write
from sqlcrm_activecampaign.columns import (
    changed,
    flag,
    made,
    number,
    own_id,
    ref,
    text,
    typed,
    when,
)
from sqlcrm_activecampaign.wire import BY_ID, LISTED, WHOLE, sorts, whole
from sqlcrm_activecampaign.writes import append, delete, update


def _count(name: str, at: str, doc: str = "") -> Column:
    """A figure of a campaign's report."""
    return number(name, at, readonly=True, doc=doc)


campaigns = Table(
    "campaigns",
    doc=(
        "Campaigns and their figures. An INSERT makes a draft; content, audience and sending are "
        "the application's business."
    ),
    key=("id",),
    columns=(
        own_id(),
        text("name", required=True),
        text(
            "type",
            required=True,
            doc="single, recurring, split, responder, reminder, special, activerss or text.",
        ),
        number(
            "status",
            readonly=True,
            doc=(
                "0 draft, 1 scheduled, 2 sending, 3 paused, 4 stopped, 5 completed, 6 disabled, "
                "7 pending review."
            ),
        ),
        flag("public", readonly=True),
        ref("user_id", "userid", "user", readonly=True),
        ref("segment_id", "segmentid", readonly=True),
        ref("series_id", "seriesid", readonly=True, doc="Id of the automation that sends it."),
        ref("automation_id", "automation", readonly=True),
        ref("form_id", "formid", readonly=True),
        ref("address_id", "addressid", readonly=True),
        made(),
        changed("mdate", "udate"),
        when("sent_at", "sdate"),
        when("last_sent_at", "ldate"),
        when("scheduled_at", "scheduleddate"),
        _count("send_amount", "send_amt", "Messages sent so far."),
        _count("total_amount", "total_amt", "Messages to send."),
        _count("opens", "opens"),
        _count("unique_opens", "uniqueopens"),
        _count("link_clicks", "linkclicks"),
        _count("unique_link_clicks", "uniquelinkclicks"),
        _count("subscriber_clicks", "subscriberclicks", "Contacts that clicked."),
        _count("forwards", "forwards"),
        _count("unique_forwards", "uniqueforwards"),
        _count("hard_bounces", "hardbounces"),
        _count("soft_bounces", "softbounces"),
        _count("unsubscribes", "unsubscribes"),
        _count("unsubscribe_reasons", "unsubreasons", "Leavers who gave a reason."),
        _count("updates", "updates"),
        _count("social_shares", "socialshares"),
        _count("replies", "replies"),
        _count("unique_replies", "uniquereplies"),
        text("source", readonly=True),
        text("analytics_name", "analytics_campaign_name", readonly=True),
    ),
    reads=(
        Read(
            "/campaigns",
            "campaigns",
            LISTED,
            always=(BY_ID,),
            filters=(Filter("series_id", "=", "filters[seriesid]", exact=True, wire=whole),),
            sorts=(*sorts("sent_at", "sdate"), *sorts("last_sent_at", "ldate")),
        ),
        Read("/campaigns/{id}", "campaign", by="id"),
    ),
    writes=(
        # Bodies without an envelope, other paths than the list's.
        Write(
            "insert",
            "POST",
            "/campaign",
            append=True,
            columns=("name", "type"),
            id_at="campaign.id",
        ),
        Write("update", "PUT", "/campaigns/{id}/edit", repeatable=True, columns=("name", "type")),
        delete("/campaigns", "A deleted campaign's content and figures are gone."),
    ),
    example=(
        "SELECT name, unique_opens * 100.0 / nullif(send_amount, 0) AS open_rate "
        "FROM campaigns@ac WHERE status = 5 ORDER BY sent_at DESC LIMIT 20"
    ),
)

campaign_links = Table(
    "campaign_links",
    doc="Links in one campaign: give `campaign_id`, or join it.",
    key=("id",),
    columns=(
        own_id(),
        ref("campaign_id", "campaignid"),
        ref("message_id", "messageid"),
        text("link", doc="Its URL; `open` stands for the picture that tells opens."),
        text("name"),
        text("ref"),
        flag("tracked"),
    ),
    reads=(Read("/campaigns/{campaign_id}/links", "links", WHOLE, by="campaign_id"),),
    example="SELECT name, link FROM campaign_links@ac WHERE campaign_id = 1",
)

messages = Table(
    "messages",
    doc="Contents of e-mails. Rows are large: name the columns you need.",
    key=("id",),
    columns=(
        own_id(),
        text("name"),
        text("subject"),
        text("from_name", "fromname"),
        text("from_email", "fromemail", check="email"),
        text("reply_to", "reply2", check="email"),
        text("preheader_text"),
        text("text"),
        text("html"),
        text("format", readonly=True),
        text("charset", readonly=True),
        text("encoding", readonly=True),
        number("priority", readonly=True),
        flag("hidden", readonly=True),
        ref("user_id", "userid", "user", readonly=True),
        made(),
        changed("mdate", "udate"),
    ),
    reads=(
        Read("/messages", "messages", LISTED, always=(BY_ID,)),
        Read("/messages/{id}", "message", by="id"),
    ),
    writes=(append("/messages", "message"), update("/messages", "message"), delete("/messages")),
    example="SELECT id, subject FROM messages@ac",
)

forms = Table(
    "forms",
    doc="Forms. What they do and how they look is JSON, to be read only.",
    few=True,
    key=("id",),
    columns=(
        own_id(),
        text("name"),
        text("title"),
        text("layout"),
        text("url"),
        text("action"),
        typed("action_data", Type.JSON, "actiondata", doc="What happens to a contact."),
        text("submit"),
        typed("submit_data", Type.JSON, "submitdata"),
        text("body"),
        text("button"),
        text("thanks"),
        Column("style", Type.JSON),
        Column("options", Type.JSON),
        typed("fields", Type.JSON, "cfields"),
        number("entries", doc="Times it was sent in."),
        ref("parent_form_id", "parentformid"),
        ref("user_id", "userid"),
        ref("address_id", "addressid"),
        made(),
        changed(),
    ),
    reads=(
        Read("/forms", "forms", LISTED, always=(BY_ID,)),
        Read("/forms/{id}", "form", by="id"),
    ),
    writes=(delete("/forms"),),
    example="SELECT id, name, entries FROM forms@ac",
)

TABLES = (campaigns, campaign_links, messages, forms)
