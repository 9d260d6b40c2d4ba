"""Custom fields of contacts: definitions, choices, where they show, and values.

Source: ActiveCampaign API v3 reference, "Custom fields", "Custom field values"; recorded traffic
for status codes. Read 2026-11-21.
"""

from __future__ import annotations

from sqlcrm.sdk import Filter, Read, Table, Type, Write
from sqlcrm_activecampaign.bulk import field_values as import_values
from sqlcrm_activecampaign.columns import (
    by_whom,
    changed,
    flag,
    made,
    number,
    own_id,
    ref,
    text,
    typed,
)
from sqlcrm_activecampaign.flows import add_options
from sqlcrm_activecampaign.importable import EMAIL, absent, imported, revalues
from sqlcrm_activecampaign.includes import CONTACTS_BESIDE
from sqlcrm_activecampaign.wire import BY_ID, CONTACTS, LISTED, WHOLE, Beside, needle, whole

BESIDE_FIELDS = Beside(LISTED, "fields")

fields = Table(
    "fields",
    doc=(
        "Custom fields of contacts. Their values are columns of contacts. A new field is not seen "
        "in the application until it has a row in field_rels."
    ),
    few=True,
    key=("id",),
    natural_key=("title",),
    columns=(
        own_id(),
        text("title", required=True, doc="The name people see; must be unique."),
        text(
            "type",
            required=True,
            doc=(
                "text, textarea, date, datetime, dropdown, radio, listbox, checkbox (these two "
                "hold several values), hidden, number or currency."
            ),
        ),
        text("description", "descript"),
        text("perstag", doc="Personalisation tag; in lower case, the column's name in contacts."),
        text("default_value", "defval"),
        flag("is_required", "isrequired"),
        flag("visible", doc="Whether the form builder shows it."),
        text("service"),
        number("order_number", "ordernum"),
        flag("show_in_list"),
        number("rows", doc="Height of a textarea."),
        number("cols", doc="Width of a textarea."),
        typed("option_ids", Type.TEXTS, "options", readonly=True, doc="See field_options."),
        typed("relation_ids", Type.TEXTS, "relations", readonly=True, doc="See field_rels."),
        made(),
        changed(),
        *by_whom(),
    ),
    reads=(
        Read(
            "/fields",
            "fields",
            LISTED,
            always=(BY_ID,),
            filters=(Filter("perstag", "=", "filters[perstag]", wire=needle),),
        ),
        Read("/fields/{id}", "field", by="id"),
    ),
    writes=(
        # A second field of the same title is refused with 422 `duplicate`.
        Write("insert", "POST", "/fields", wrap="field", unique=True),
        Write("update", "PUT", "/fields/{id}", wrap="field", repeatable=True),
        Write(
            "delete",
            "DELETE",
            "/fields/{id}",
            repeatable=True,
            undo="Made again, a field has a new id, and all its values are gone.",
        ),
    ),
    example="SELECT id, title, type, perstag FROM fields@ac ORDER BY order_number",
)

field_options = Table(
    "field_options",
    doc="Choices of dropdown, radio, listbox and checkbox fields.",
    key=("id",),
    natural_key=("field_id", "value"),
    columns=(
        own_id(),
        ref("field_id", "field", required=True),
        text("value", required=True, doc="What is stored in a contact."),
        text("label", doc="What people see."),
        number("order_id", "orderid", doc="Place among the choices of the field."),
        flag("is_default", "isdefault"),
        made(),
        changed(),
    ),
    reads=(
        # The reference has no list of options; they lie beside the list of fields.
        Read("/fields", "fieldOptions", BESIDE_FIELDS, always=(BY_ID,)),
        Read("/fieldOptions/{id}", "fieldOption", by="id"),
    ),
    writes=(
        Write("insert", batch=100, send=add_options),
        Write("delete", "DELETE", "/fieldOptions/{id}", repeatable=True),
    ),
    example=(
        "INSERT INTO field_options@ac (field_id, value, label) VALUES (62, 'nl', 'Nederlands')"
    ),
)

field_rels = Table(
    "field_rels",
    doc="On which lists a custom field shows. Without a row here nobody sees the field.",
    key=("id",),
    natural_key=("field_id", "list_id"),
    link=True,
    columns=(
        own_id(),
        ref("field_id", "field", required=True),
        typed(
            "list_id",
            Type.INTEGER,
            "relid",
            required=True,
            doc="0: all lists.",
        ),
        made(),
    ),
    reads=(Read("/fields", "fieldRels", BESIDE_FIELDS, always=(BY_ID,)),),
    writes=(
        Write("insert", "POST", "/fieldRels", wrap="fieldRel"),
        Write("delete", "DELETE", "/fieldRels/{id}", repeatable=True),
    ),
    example="INSERT INTO field_rels@ac (field_id, list_id) VALUES (8, 0)",
)

field_values = Table(
    "field_values",
    doc="Values of custom fields, a row each. As columns they are in contacts.",
    key=("id",),
    natural_key=("contact_id", "field_id"),
    touches=("contacts",),
    columns=(
        own_id(),
        ref("contact_id", "contact", "owner", required=True),
        ref("field_id", "field", required=True),
        text(
            "value",
            required=True,
            doc="As the API stores it: listbox and checkbox fields hold `||a||b||`.",
        ),
        made(),
        changed(),
        *by_whom(),
    ),
    reads=(
        Read(
            "/contacts",
            "fieldValues",
            CONTACTS,
            by="contact_id",
            param="ids[]",
            batch=100,
            always=(("include", "fieldValues"),),
            expects=("contacts[].fieldValues",),
            includes=(CONTACTS_BESIDE,),
        ),
        Read(
            "/fieldValues",
            "fieldValues",
            LISTED,
            by="field_id",
            param="filters[fieldid]",
            always=(BY_ID,),
        ),
        Read("/contacts/{contact_id}/fieldValues", "fieldValues", WHOLE, by="contact_id"),
        Read("/fieldValues/{id}", "fieldValue", by="id"),
        Read(
            "/fieldValues",
            "fieldValues",
            LISTED,
            always=(BY_ID,),
            filters=(
                Filter("field_id", "=", "filters[fieldid]", exact=True, wire=whole),
                Filter("value", "=", "filters[val]", wire=needle),
            ),
        ),
    ),
    writes=(
        # A value that exists is probably updated, which the reference does not say: look first.
        Write("insert", "POST", "/fieldValues", wrap="fieldValue"),
        imported("insert", import_values, absent, per="contact_id", needs=(EMAIL,)),
        Write(
            "update",
            "PUT",
            "/fieldValues/{id}",
            wrap="fieldValue",
            repeatable=True,
            columns=("value",),
            whole=("contact_id", "field_id", "value"),
        ),
        imported(
            "update",
            import_values,
            revalues,
            columns=("value",),
            whole=("contact_id", "field_id", "value"),
            per="contact_id",
            needs=(EMAIL,),
        ),
        Write("delete", "DELETE", "/fieldValues/{id}", repeatable=True),
    ),
    example="SELECT contact_id, value FROM field_values@ac WHERE field_id = 3 AND value = 'Gold'",
)

TABLES = (fields, field_options, field_rels, field_values)
