"""Accounts (companies), their contacts and their custom fields.

Source: ActiveCampaign API v3 reference, "Accounts", "Account contacts", "Account custom fields";
read 2026-11-21.
"""

from __future__ import annotations

from sqlcrm.sdk import Filter, Read, Table, Type
from sqlcrm_activecampaign.columns import (
    changed,
    flag,
    made,
    number,
    own_id,
    ref,
    text,
    typed,
)
from sqlcrm_activecampaign.includes import CONTACTS_BESIDE
from sqlcrm_activecampaign.wire import BY_ID, CONTACTS, LISTED, UNCOUNTED, needle, whole
from sqlcrm_activecampaign.writes import delete, insert, update

# Without it both counts of every account are "0".
COUNTED = ("count_deals", "true")

UNCOUNTED_COLUMNS = ("id", "name", "account_url", "owner_id", "created_at", "updated_at")

accounts = Table(
    "accounts",
    doc="Companies. Values of their custom fields are in account_custom_field_data.",
    key=("id",),
    natural_key=("name",),
    columns=(
        own_id(),
        text("name", required=True, doc="Unique: a second one is refused as a duplicate."),
        text("account_url", "accountUrl", doc="Web site."),
        ref("owner_id", "owner", doc="Id of the user who owns it."),
        number("contact_count", "contactCount", readonly=True),
        number("deal_count", "dealCount", readonly=True),
        made("createdTimestamp"),
        changed("updatedTimestamp"),
    ),
    reads=(
        # No "contains": the reference says no more of `search` than that it is by name.
        Read(
            "/accounts",
            "accounts",
            LISTED,
            always=(COUNTED, BY_ID),
            filters=(Filter("name", "=", "search", wire=needle),),
        ),
        # Nothing says that a single account is counted as the list is: its counts are not asked.
        Read("/accounts/{id}", "account", by="id", columns=UNCOUNTED_COLUMNS),
    ),
    writes=(
        insert("/accounts", "account", unique=True),
        update("/accounts", "account"),
        delete("/accounts"),
    ),
    example="SELECT name, contact_count FROM accounts@ac ORDER BY contact_count DESC",
)

account_contacts = Table(
    "account_contacts",
    doc=(
        "Which contact works for which account. A contact has one account at most: to move it, "
        "update its row, or delete the row and insert another."
    ),
    key=("id",),
    natural_key=("contact_id", "account_id"),
    touches=("accounts", "contacts"),
    columns=(
        own_id(),
        ref("account_id", "account", required=True),
        ref("contact_id", "contact", required=True),
        text("job_title", "jobTitle"),
        made("createdTimestamp"),
        changed("updatedTimestamp"),
    ),
    reads=(
        Read(
            "/contacts",
            "accountContacts",
            CONTACTS,
            by="contact_id",
            param="ids[]",
            batch=100,
            always=(("include", "accountContacts"),),
            expects=("contacts[].accountContacts",),
            includes=(CONTACTS_BESIDE,),
        ),
        Read(
            "/accountContacts",
            "accountContacts",
            LISTED,
            by="account_id",
            param="filters[account]",
            always=(BY_ID,),
        ),
        Read("/contacts/{contact_id}/accountContacts", "accountContacts", by="contact_id"),
        Read("/accountContacts/{id}", "accountContact", by="id"),
        Read(
            "/accountContacts",
            "accountContacts",
            LISTED,
            always=(BY_ID,),
            filters=(
                Filter("account_id", "=", "filters[account]", exact=True, wire=whole),
                Filter("contact_id", "=", "filters[contact]", exact=True, wire=whole),
            ),
        ),
    ),
    writes=(
        insert("/accountContacts", "accountContact"),
        update(
            "/accountContacts",
            "accountContact",
            columns=("account_id", "job_title"),
            whole=("account_id", "contact_id"),
        ),
        delete("/accountContacts", undo=""),
    ),
    example=(
        "SELECT c.email, a.name FROM account_contacts@ac ac JOIN contacts@ac c "
        "ON c.id = ac.contact_id JOIN accounts@ac a ON a.id = ac.account_id"
    ),
)


def field_meta(of: str) -> Table:
    """Return the table of the definitions of custom fields of accounts or of deals."""
    path = f"/{of}CustomFieldMeta"
    return Table(
        f"{of}_custom_field_meta",
        doc=f"Custom fields of {of}s; their values are in {of}_custom_field_data.",
        key=("id",),
        natural_key=("field_label",),
        columns=(
            own_id(),
            text("field_label", "fieldLabel", "label", required=True, doc="The name people see."),
            text(
                "field_type",
                "fieldType",
                "type",
                required=True,
                doc="text, textarea, date, datetime, dropdown, multiselect, radio, checkbox, …",
            ),
            typed(
                "field_options", Type.TEXTS, "fieldOptions", doc="Choices, where the type has them."
            ),
            typed("field_default", Type.JSON, "fieldDefault"),
            text("field_default_currency", "fieldDefaultCurrency", doc="ISO code."),
            flag("is_form_visible", "isFormVisible"),
            flag("is_required", "isRequired"),
            number("display_order", "displayOrder"),
            text("personalization", readonly=True),
            ref("known_field_id", "knownFieldId", readonly=True),
            flag("hidden", "hideFieldFlag", readonly=True),
            made("createdTimestamp"),
            changed("updatedTimestamp"),
        ),
        reads=(
            Read(path, f"{of}CustomFieldMeta", UNCOUNTED),
            Read(f"{path}/{{id}}", f"{of}CustomFieldMetum", by="id"),
        ),
        writes=(
            insert(path, f"{of}CustomFieldMetum"),
            update(path, f"{of}CustomFieldMetum"),
            delete(path, "Made again, a field has a new id, and all its values are gone."),
        ),
        example=f"SELECT id, field_label, field_type FROM {of}_custom_field_meta@ac",  # noqa: S608 - words
    )


def field_data(of: str, filtered: str, *, counted: bool) -> Table:
    """Return the table of the values of custom fields of accounts or of deals."""
    path, parent = f"/{of}CustomFieldData", f"{of}_id"
    pages = LISTED if counted else UNCOUNTED
    return Table(
        f"{of}_custom_field_data",
        doc=f"Values of custom fields of {of}s, a row each.",
        key=("id",),
        natural_key=(parent, "custom_field_id"),
        columns=(
            own_id(),
            ref(parent, f"{of}Id", required=True),
            ref("custom_field_id", "customFieldId", required=True),
            text("field_value", "fieldValue", "value", doc="Of a currency field: whole cents."),
            text("field_currency", "fieldCurrency", doc="ISO code, for currency fields only."),
            made("createdTimestamp"),
            changed("updatedTimestamp"),
        ),
        reads=(
            Read(path, f"{of}CustomFieldData", pages, by=parent, param=filtered),
            Read(f"{path}/{{id}}", f"{of}CustomFieldDatum", by="id"),
            Read(path, f"{of}CustomFieldData", pages),
        ),
        writes=(
            insert(path, f"{of}CustomFieldDatum"),
            update(path, f"{of}CustomFieldDatum", columns=("field_value", "field_currency")),
            delete(path, undo=""),
        ),
        example=f"SELECT {parent}, field_value FROM {of}_custom_field_data@ac",  # noqa: S608 - words
    )


TABLES = (
    accounts,
    account_contacts,
    field_meta("account"),
    field_data("account", "filters[customerAccountId]", counted=False),
)
