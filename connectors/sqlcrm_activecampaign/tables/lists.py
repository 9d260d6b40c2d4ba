"""Mailing lists, and who is subscribed to which.

Source: ActiveCampaign API v3 reference, "Lists", "Update list status for a contact"; help centre
360021838379 for status 91; `GET /contactLists` and sideloads as public clients use them.
Read 2026-11-21.
"""

from __future__ import annotations

from typing import Any

from sqlcrm.sdk import Column, Consent, Filter, Read, Table, Type, Write
from sqlcrm_activecampaign.bulk import subscriptions
from sqlcrm_activecampaign.columns import (
    by_whom,
    changed,
    flag,
    made,
    number,
    own_id,
    ref,
    text,
    when,
)
from sqlcrm_activecampaign.importable import EMAIL, absent, imported, leaves
from sqlcrm_activecampaign.includes import CONTACTS_BESIDE
from sqlcrm_activecampaign.wire import BY_ID, CONTACTS, LISTED, WHOLE, needle

lists = Table(
    "lists",
    doc=(
        "Mailing lists. A new list is seen by no user until it is linked to a user group, which "
        "is done in the application."
    ),
    few=True,
    key=("id",),
    natural_key=("name",),
    columns=(
        own_id(),
        text("name", required=True),
        text("stringid", "", "string_id", required=True, doc="Name for URLs: `my-list`."),
        ref("user_id", "userid", "user", "owner_id", doc="Id of the user who owns it."),
        made(),
        changed(),
        text("channel", doc="email or sms."),
        text("sender_url", required=True, doc="Web site that the list is for."),
        text("sender_reminder", required=True, doc="Why contacts are on this list."),
        text("sender_name"),
        text("sender_addr1"),
        text("sender_addr2"),
        text("sender_city"),
        text("sender_state"),
        text("sender_zip"),
        text("sender_country"),
        text("sender_phone"),
        text("full_address", "fulladdress", readonly=True),
        text("to_name", doc="What contacts without a name are called."),
        flag("private"),
        flag("require_name"),
        flag("send_last_broadcast", doc="Whether new subscribers get the last broadcast."),
        text("carbon_copy", "carboncopy", doc="Addresses that get a copy, by commas."),
        text("subscription_notify", doc="Addresses told of new subscribers, by commas."),
        text("unsubscription_notify", doc="Addresses told of leavers, by commas."),
        ref("optinoptout_id", "optinoptout", doc="Id of the confirmation messages' set."),
        ref("optin_message_id", "optinmessageid"),
        text("optout_confirmation", "optoutconf"),
        when("deleted_at", "deletestamp"),
        flag("uses_tracking", "p_use_tracking"),
        flag("uses_analytics_read", "p_use_analytics_read"),
        flag("uses_analytics_link", "p_use_analytics_link"),
        flag("uses_captcha", "p_use_captcha"),
        *by_whom(),
    ),
    reads=(
        Read(
            "/lists",
            "lists",
            LISTED,
            always=(BY_ID,),
            filters=(
                Filter("name", "=", "filters[name][eq]", wire=needle),
                Filter("name", "contains", "filters[name][contains]", wire=needle),
                Filter("name", "prefix", "filters[name][starts_with]", wire=needle),
            ),
        ),
        Read("/lists/{id}", "list", by="id"),
    ),
    writes=(
        Write("insert", "POST", "/lists", wrap="list"),
        # Not in the reference; recorded traffic has it, answered by 200 with an empty body.
        Write("update", "PUT", "/lists/{id}", wrap="list", repeatable=True),
        Write(
            "delete",
            "DELETE",
            "/lists/{id}",
            repeatable=True,
            undo="Made again, a list has a new id and no subscribers.",
        ),
    ),
    example="SELECT id, name FROM lists@ac WHERE name LIKE 'News%'",
)


def _listed(value: Any) -> str | None:
    """Return a status by which contacts of a list can be asked for; others are not documented."""
    return str(value) if value in {0, 1, 2, 3} else None


contact_lists = Table(
    "contact_lists",
    doc=(
        "Who is or was on which list. Writing a status subscribes or unsubscribes; a row is never "
        "deleted, so that an opt-out is remembered."
    ),
    key=("id",),
    natural_key=("contact_id", "list_id"),
    touches=("contacts", "lists", "activities"),
    columns=(
        own_id(),
        ref("contact_id", "contact", required=True),
        ref("list_id", "list", required=True),
        Column(
            "status",
            Type.INTEGER,
            choices=(1, 2),
            doc=(
                "0 unconfirmed, 1 subscribed, 2 unsubscribed, 3 bounced, 91 taken off by an old "
                "integration. Only 1 and 2 can be written."
            ),
        ),
        when("subscribed_at", "sdate"),
        changed(doc="When it was unsubscribed or changed last."),
        text("unsubscribe_reason", "unsubreason", readonly=True),
        ref("form_id", "form", readonly=True),
        ref("series_id", "seriesid", readonly=True, doc="Id of the automation that added it."),
        ref("automation_id", "automation", readonly=True),
        ref("unsubscribe_automation_id", "unsubscribeAutomation", readonly=True),
        ref("campaign_id", "campaign", readonly=True, doc="Campaign it was left through."),
        ref("message_id", "message", readonly=True, doc="Message it was left through."),
        number(
            "source_id",
            "sourceid",
            readonly=True,
            doc="How it came to be; 4: subscribed again on purpose.",
        ),
        text("first_name", readonly=True, doc="As given for this list."),
        text("last_name", readonly=True, doc="As given for this list."),
        flag("responder", readonly=True, doc="Whether automated messages are sent."),
        flag("sync", readonly=True),
        text("subscribed_ip", "ip4Sub", readonly=True),
        text("last_ip", "ip4_last", readonly=True),
        text("unsubscribed_ip", "ip4Unsub", readonly=True),
        text("autosync_log", "autosyncLog", readonly=True),
        when("created_at", "created_timestamp", "cdate"),
        when("updated_timestamp", doc="US Central; see updated_at."),
        *by_whom(),
    ),
    consent=Consent(
        column="status",
        subscribed=(1,),
        safe=2,
        # Marks a re-subscription as meant ("Update list status for a contact").
        opted_in={"sourceid": 4},
        person=EMAIL,
        scope="list_id",
    ),
    reads=(
        Read(
            "/contacts",
            "contactLists",
            CONTACTS,
            by="contact_id",
            param="ids[]",
            batch=100,
            always=(("include", "contactLists"),),
            expects=("contacts[].contactLists",),
            includes=(CONTACTS_BESIDE,),
        ),
        # Status -1: whatever the status. The rows of other lists of these contacts come along.
        Read(
            "/contacts",
            "contactLists",
            CONTACTS,
            by="list_id",
            param="listid",
            always=(("status", "-1"), ("include", "contactLists")),
            filters=(Filter("status", "=", "status", wire=_listed),),
            expects=("contacts[].contactLists",),
            includes=(CONTACTS_BESIDE,),
        ),
        Read("/contacts/{contact_id}/contactLists", "contactLists", WHOLE, by="contact_id"),
        Read("/contactLists", "contactLists", LISTED, always=(BY_ID,)),
    ),
    writes=(
        # One call makes or changes the row of a contact and a list; there is no PUT or DELETE.
        Write(
            "insert",
            "POST",
            "/contactLists",
            wrap="contactList",
            repeatable=True,
            columns=("contact_id", "list_id", "status"),
            undo="The row stays, with status 2 (unsubscribed): the API cannot delete it.",
        ),
        # For who was never on the list. That unsubscribing such a person leaves a row behind, as
        # the single call does, is not documented: where it does not, the single call is made.
        imported(
            "insert",
            subscriptions,
            absent,
            columns=("contact_id", "list_id", "status"),
            per="contact_id",
            needs=(EMAIL,),
        ),
        Write(
            "update",
            "POST",
            "/contactLists",
            wrap="contactList",
            repeatable=True,
            columns=("status",),
            whole=("contact_id", "list_id", "status"),
        ),
        imported(
            "update",
            subscriptions,
            leaves,
            columns=("status",),
            whole=("contact_id", "list_id", "status"),
            per="contact_id",
            needs=(EMAIL,),
        ),
    ),
    example=(
        "SELECT c.email, cl.status FROM contacts@ac c JOIN contact_lists@ac cl "
        "ON cl.contact_id = c.id WHERE cl.list_id = 2"
    ),
)

TABLES = (lists, contact_lists)
