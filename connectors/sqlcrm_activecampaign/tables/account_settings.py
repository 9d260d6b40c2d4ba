"""What an account is set up with: addresses, replies, variables, brandings, calendars, webhooks.

Source: ActiveCampaign API v3 reference, sections of the same names; recorded traffic for how
addresses are spelled. Read 2026-11-21.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Read, Table, Type
from sqlcrm_activecampaign.columns import changed, flag, made, number, own_id, ref, text, when
from sqlcrm_activecampaign.wire import BY_ID, LISTED
from sqlcrm_activecampaign.writes import delete, insert, update

addresses = Table(
    "addresses",
    doc="Postal addresses that the law wants in every campaign.",
    few=True,
    key=("id",),
    natural_key=("company_name", "address1"),
    # The reference spells the keys of writes `company_name`, `address_1`; the API takes and sends
    # back `companyName`, `address1` (recorded traffic).
    columns=(
        own_id(),
        text("company_name", "companyName", required=True),
        text("address1", "", "address_1", required=True),
        text("address2", "", "address_2"),
        text("city"),
        text("state"),
        text("zip"),
        text("district"),
        text("country", required=True, doc="Two letters."),
        flag("all_groups", "allgroup", doc="Whether every user group may use it."),
        flag("is_default", "isDefault"),
    ),
    reads=(
        Read("/addresses", "addresses", LISTED, always=(BY_ID,)),
        Read("/addresses/{id}", "address", by="id"),
    ),
    writes=(
        insert("/addresses", "address"),
        update("/addresses", "address", whole=("company_name", "address1", "country")),
        delete("/addresses"),
    ),
    example="SELECT company_name, address1, city FROM addresses@ac WHERE is_default",
)

saved_responses = Table(
    "saved_responses",
    doc="Ready-made replies.",
    few=True,
    key=("id",),
    natural_key=("title",),
    columns=(
        own_id(),
        text("title", required=True),
        text("subject", required=True),
        text("body", required=True),
        when("last_sent_at", "ldate"),
        ref("last_sent_user_id", "last_sent_user_id", readonly=True),
        made(),
        changed("mdate", "udate"),
    ),
    reads=(
        Read("/savedResponses", "savedResponses", LISTED, always=(BY_ID,)),
        Read("/savedResponses/{id}", "savedResponse", by="id"),
    ),
    writes=(
        insert("/savedResponses", "savedResponse"),
        update("/savedResponses", "savedResponse"),
        delete("/savedResponses"),
    ),
    example="SELECT title, subject FROM saved_responses@ac",
)

personalizations = Table(
    "personalizations",
    doc="Variables that messages can show.",
    few=True,
    key=("id",),
    natural_key=("tag",),
    columns=(
        own_id(),
        text("tag", required=True, doc="How messages name it."),
        text("name"),
        text("format", choices=("html", "text")),
        text("content"),
        text("list_ids", "listIds", readonly=True, doc="Ids of lists, by commas."),
        text("list_names", "listNames", readonly=True),
        flag("is_locked", "isLocked", readonly=True),
    ),
    reads=(
        # One of the newer endpoints, which refuse what they do not know: ordered as documented.
        Read("/personalizations", "personalizations", LISTED, always=(("orders[tag]", "ASC"),)),
        Read("/personalizations/{id}", "personalization", by="id"),
    ),
    writes=(
        insert("/personalizations", "personalization"),
        update("/personalizations", "personalization"),
        delete("/personalizations"),
    ),
    example="SELECT tag, content FROM personalizations@ac",
)

brandings = Table(
    "brandings",
    doc="How a user group's pages look.",
    few=True,
    key=("id",),
    columns=(
        own_id(),
        ref("group_id", "groupid"),
        text("site_name", "siteName"),
        text("site_logo", "siteLogo"),
        text("site_logo_small", "siteLogoSmall"),
        text("header_text", "headerTextValue"),
        text("header_html", "headerHtmlValue"),
        text("footer_text", "footerTextValue"),
        text("footer_html", "footerHtmlValue"),
        text("favicon"),
    ),
    reads=(
        Read("/brandings", "brandings", LISTED, always=(BY_ID,)),
        Read("/brandings/{id}", "branding", by="id"),
    ),
    example="SELECT group_id, site_name FROM brandings@ac",
)

calendars = Table(
    "calendars",
    doc="Calendar feeds of tasks.",
    few=True,
    key=("id",),
    natural_key=("title",),
    columns=(
        own_id(),
        text("title", required=True),
        text("type", required=True, choices=("All", "Deals", "Contacts")),
        flag("notification"),
        ref("user_id", "userid", readonly=True),
        made(),
        changed("mdate", "udate"),
    ),
    reads=(
        Read("/calendars", "calendars", LISTED, always=(BY_ID,)),
        Read("/calendars/{id}", "calendar", by="id"),
    ),
    writes=(
        insert("/calendars", "calendar"),
        update("/calendars", "calendar"),
        delete("/calendars"),
    ),
    example="SELECT id, title, type FROM calendars@ac",
)

webhooks = Table(
    "webhooks",
    doc=(
        "Addresses that the API calls when something happens, unsigned and at least once. Bulk "
        "imports call none."
    ),
    few=True,
    key=("id",),
    natural_key=("url", "name"),
    columns=(
        own_id(),
        text("name", required=True),
        text("url", required=True),
        Column(
            "events", Type.TEXTS, required=True, doc="Such as subscribe, update, contact_tag_added."
        ),
        Column("sources", Type.TEXTS, required=True, doc="Of public, admin, api and system."),
        number("list_id", "listid", doc="0: of every list."),
        made(),
    ),
    reads=(
        Read("/webhooks", "webhooks", LISTED, always=(BY_ID,)),
        Read("/webhooks/{id}", "webhook", by="id"),
    ),
    writes=(
        insert("/webhooks", "webhook"),
        update("/webhooks", "webhook"),
        delete("/webhooks"),
    ),
    example="SELECT name, url, events FROM webhooks@ac",
)

TABLES = (addresses, saved_responses, personalizations, brandings, calendars, webhooks)
