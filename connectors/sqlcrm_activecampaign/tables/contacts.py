"""Contacts.

Source: ActiveCampaign API v3 reference, "Contacts"; recorded replies of public clients for the
columns that it does not list. Read 2026-11-21.
"""

from __future__ import annotations

from functools import partial

from sqlcrm.sdk import Column, Filter, Modified, Param, Read, Sort, Table, Type, Write
from sqlcrm_activecampaign.bulk import changed_contacts, new_contacts
from sqlcrm_activecampaign.columns import (
    CENTRAL,
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
from sqlcrm_activecampaign.flows import contact_fields
from sqlcrm_activecampaign.importable import absent, changes, imported
from sqlcrm_activecampaign.includes import BESIDE_CONTACTS
from sqlcrm_activecampaign.wire import (
    CONTACTS,
    NEWEST_CONTACTS,
    above,
    below,
    from_,
    moment,
    needle,
    sorts,
    up_to,
)

COLUMNS = (
    own_id(),
    text(
        "email",
        nocase=True,
        required=True,
        check="email",
        doc="Unique in the account, without regard to case. NULL for phone-only contacts.",
    ),
    text("first_name", "firstName"),
    text("last_name", "lastName"),
    text("phone", doc="As typed in: the API neither checks nor normalises it."),
    made(),
    changed(),
    ref("organization_id", "orgid", readonly=True, doc="Deprecated; see account_contacts."),
    text("organization_name", "orgname", readonly=True, doc="Deprecated; see accounts."),
    flag("deleted", readonly=True),
    when("deleted_at"),
    flag("anonymized", readonly=True),
    number("bounced_hard", readonly=True, doc="Number of hard bounces."),
    number("bounced_soft", readonly=True, doc="Number of soft bounces."),
    Column("bounced_date", Type.DATE, readonly=True, doc="Day of the last bounce."),
    text("ip", readonly=True, doc="Address the contact was added from."),
    text("user_agent", "ua", readonly=True),
    text("hash", readonly=True, doc="Identifies the contact in links of messages."),
    text("segmentio_id", readonly=True),
    text("email_local", readonly=True, doc="The address up to the @."),
    text("email_domain", readonly=True, doc="The address after the @."),
    flag("email_empty", readonly=True, doc="Whether the contact has no address."),
    number("sent_count", "sentcnt", readonly=True, doc="Messages sent to the contact."),
    when("rated_at", "rating_tstamp"),
    when("social_data_checked_at", "socialdata_lastcheck"),
    text("gravatar", readonly=True),
    text("mpp_tracking", readonly=True, doc="Whether Apple Mail hides this contact's opens."),
    text("best_send_hour", readonly=True, doc="Hour of the day in which the contact reads."),
    when("last_click_at", "last_click_date"),
    when("last_open_at", "last_open_date"),
    when("last_mpp_open_at", "last_mpp_open_date", doc="Last open by Apple Mail's proxy."),
    when("active_at", "adate", doc="The API's `adate`: last activity."),
    when("edited_at", "edate", doc="The API's `edate`: last edit."),
    when("created_central_at", "created_utc_timestamp", "created_timestamp", doc=CENTRAL),
    when("updated_central_at", "updated_utc_timestamp", "updated_timestamp", doc=CENTRAL),
    *by_whom(),
)

TAKEN = frozenset(s.casefold() for column in COLUMNS for s in (column.name, *column.aliases))

# Not pushed: first and last names and custom fields, which the API cannot filter by. `search` is a
# parameter and no filter of those columns, since how it splits words is not documented.
FILTERS = (
    # `email` is exact, but for case. `email_like` and `phone` find parts and beginnings.
    Filter("email", "=", "email", wire=needle),
    Filter("email", "contains", "email_like", wire=needle),
    Filter("email", "prefix", "email_like", wire=needle),
    Filter("phone", "=", "phone", wire=needle),
    Filter("phone", "prefix", "phone", wire=needle),
    Filter("id", ">", "id_greater", exact=True, wire=above),
    Filter("id", ">=", "id_greater", exact=True, wire=from_),
    Filter("id", "<", "id_less", exact=True, wire=below),
    Filter("id", "<=", "id_less", exact=True, wire=up_to),
    # Whether these include their border is not documented for contacts: one second of slack.
    Filter("created_at", ">=", "filters[created_after]", slack=-1, wire=moment),
    Filter("created_at", ">", "filters[created_after]", slack=-1, wire=moment),
    Filter("created_at", "<", "filters[created_before]", slack=1, wire=moment),
    Filter("created_at", "<=", "filters[created_before]", slack=1, wire=moment),
    Filter("updated_at", ">=", "filters[updated_after]", slack=-1, wire=moment),
    Filter("updated_at", ">", "filters[updated_after]", slack=-1, wire=moment),
    Filter("updated_at", "<", "filters[updated_before]", slack=1, wire=moment),
    Filter("updated_at", "<=", "filters[updated_before]", slack=1, wire=moment),
)


# Not by names and addresses: the API's order of texts is not DuckDB's.
SORTS = (
    Sort("id"),
    Sort("id", descending=True, pages=NEWEST_CONTACTS),
    *sorts("created_at", "cdate"),
)


# No `segment_id`: a segment is computed asynchronously, the first answer may be short or empty
# without saying so, and nothing in it tells when it is complete ("Contacts", `segmentid`).
def _member(name: str, param: str, doc: str) -> Param:
    """An argument that names a list, tag, …; the reply repeats how it was understood."""
    echo = f"meta.page_input.{param}"
    return Param(name, param, Type.INTEGER, least=1, echo=echo, doc=doc)


PARAMS = (
    _member("list_id", "listid", "Contacts with any status on this list."),
    Param(
        "status",
        "status",
        Type.INTEGER,
        choices=(-1, 0, 1, 2, 3),
        echo="meta.page_input.status",
        doc="With list_id: -1 any, 0 to 3 as contact_lists.",
    ),
    _member("tag_id", "tagid", "Contacts that have this tag."),
    _member("automation_id", "seriesid", "Contacts in this automation."),
    _member("wait_id", "waitid", "Contacts waiting in this automation block."),
    _member("form_id", "formid", "Contacts who came through this form."),
    Param(
        "search",
        "search",
        echo="meta.page_input.search",
        doc="Part of a name, organisation, phone or e-mail address.",
    ),
)

contacts = Table(
    "contacts",
    doc=(
        "People, whatever their status on lists. Custom fields are columns, named after their "
        "personalisation tags. Automations may start on every change of a contact."
    ),
    key=("id",),
    natural_key=("email",),
    # A deletion takes what belongs to the contact along.
    touches=(
        "contact_tags",
        "contact_lists",
        "field_values",
        "account_contacts",
        "contact_automations",
        "contact_deals",
        "contact_notes",
        "score_values",
        "activities",
        "tags",
        "lists",
    ),
    columns=COLUMNS,
    more_columns=partial(contact_fields, TAKEN),
    reads=(
        Read(
            "/contacts",
            "contacts",
            CONTACTS,
            filters=FILTERS,
            sorts=SORTS,
            params=PARAMS,
            includes=BESIDE_CONTACTS,
        ),
        Read(
            "/contacts",
            "contacts",
            CONTACTS,
            by="id",
            param="ids[]",
            batch=100,
            includes=BESIDE_CONTACTS,
        ),
        # Paged although an address has one contact: should the API ignore the parameter, as it
        # ignores those that it does not know, then all rows come and none is missed.
        Read(
            "/contacts", "contacts", CONTACTS, by="email", param="email", includes=BESIDE_CONTACTS
        ),
    ),
    writes=(
        # Strict: an address that exists is refused with 422 `duplicate`.
        Write("insert", "POST", "/contacts", wrap="contact", unique=True),
        imported("insert", new_contacts, absent),
        # Matches by address only: a changed address must go through the update by id.
        Write("upsert", "POST", "/contact/sync", wrap="contact", repeatable=True),
        Write("update", "PUT", "/contacts/{id}", wrap="contact", repeatable=True),
        imported("update", changed_contacts, changes, whole=("email",)),
        Write(
            "delete",
            "DELETE",
            "/contacts/{id}",
            repeatable=True,
            undo=(
                "A deleted contact stays deleted: made again, it has a new id, and its tags, "
                "subscriptions, values and history are gone."
            ),
        ),
    ),
    # How late the filter may be is not documented; ten minutes is what other APIs need.
    modified=Modified("updated_at", lag=600),
    example="SELECT id, email, first_name FROM contacts@ac WHERE updated_at >= DATE '2026-01-01'",
)

TABLES = (contacts,)
