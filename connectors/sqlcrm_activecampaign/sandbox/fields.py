"""Custom fields of contacts: definitions, options, values. Source: the fact sheet, §4.5, §4.6."""

from __future__ import annotations

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.filters import equals, points, where
from sqlcrm_activecampaign.sandbox.resources import (
    Resource,
    Routes,
    create,
    crud,
    echo,
    listing,
)
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import (
    Refused,
    Row,
    answer,
    array,
    invalid,
    loads,
    missing,
    number,
    objects,
    part,
)

TYPES = frozenset(
    (
        "text", "textarea", "date", "datetime", "dropdown", "listbox", "radio", "checkbox",
        "hidden", "NULL", "number", "currency",
    )
)  # fmt: skip
FIELDS = Resource(
    "fields",
    "field",
    "Field",
    filters={"perstag": equals("perstag"), "title": equals("title"), "type": equals("type")},
    required=("title", "type"),
    children=(("fieldOptions", "field"), ("fieldRels", "field"), ("fieldValues", "field")),
)
OPTIONS = Resource("fieldOptions", "fieldOption", "FieldOption", required=("field", "value"))
RELS = Resource("fieldRels", "fieldRel", "FieldRel", required=("field",))
VALUES = Resource(
    "fieldValues",
    "fieldValue",
    "FieldValue",
    filters={
        "fieldid": points("field"),
        "val": where("value", lambda have, want: have == want),
    },
    verbs="GET DELETE",
)


def prepare(store: Store) -> None:
    """A field shows the ids of its options and of the lists it is related to."""
    options, rels = store.table("fieldOptions"), store.table("fieldRels")

    def related(row: Row, key: int) -> Row:
        return {
            **row,
            "options": [str(option) for option in options.having("field", key)],
            "relations": [str(rel) for rel in rels.having("field", key)],
        }

    store.table("fields").render = related


def _list(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    """Fields of the page, with the options and relations of all fields beside them."""
    sides = [
        (name, array(map(store.table(name).encoded, store.table(name).ids())))
        for name in ("fieldOptions", "fieldRels")
    ]
    return listing(FIELDS, store, call, sides=sides, meta={"selected": None})


def _create(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    sent = part(loads(call.body), "field")
    title = str(sent.get("title") or "").casefold()
    fields = store.table("fields")
    if any(fields.value(key, "title").casefold() == title for key in fields.ids() if title):
        raise invalid("A field with this title already exists.", "duplicate", "title")
    if sent.get("type") and str(sent["type"]) not in TYPES:
        raise invalid("The field type is not valid.", "field_invalid", "type")
    key, known = create(FIELDS, store, sent)
    if not known.get("perstag"):
        perstag = "".join(c if c.isalnum() else "_" for c in title.upper())
        fields.change(key, {"perstag": perstag})
    return echo(FIELDS, store, key, known, 201)


def _bulk_options(store: Store, call: Call, _: tuple[str, ...]) -> Reply:
    given = loads(call.body).get("fieldOptions")
    if not isinstance(given, list):
        text = "Bulk operation failed. Request must contain an array of fieldOption objects."
        raise Refused(422, {"errors": text})
    rows = []
    for sent in objects(given):
        if number(sent.get("field")) not in store.table("fields"):
            raise missing("Field", number(sent.get("field")))
        key, known = create(OPTIONS, store, sent)
        rows.append({**store.table("fieldOptions").row(key), **known})
    return answer({"fieldOptions": rows}, 201)


def _set_value(store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
    """Set a value; there is one for each contact and field, whichever way it is set."""
    if keys:
        VALUES.find(store, keys[0])
    sent = part(loads(call.body), "fieldValue")
    contact, field = number(sent.get("contact")), number(sent.get("field"))
    if contact not in store.people:
        raise missing("Subscriber", contact)
    if field not in store.table("fields"):
        raise missing("Field", field)
    value = sent.get("value")
    key, new = store.set_field(contact, field, "" if value is None else str(value))
    row = {**store.field_values.row(key), "contact": sent["contact"], "field": sent["field"]}
    body = {"contacts": [store.people.row(contact)], "fieldValue": row}
    return answer(body, 201 if new and not keys else 200)


ROUTES: Routes = {
    **crud(FIELDS),
    "GET fields": _list,
    "POST fields": _create,
    **crud(OPTIONS),
    "POST fieldOption/bulk": _bulk_options,
    "POST fieldOptions/bulk": _bulk_options,
    **crud(RELS),
    **crud(VALUES),
    "POST fieldValues": _set_value,
    "PUT fieldValues/*": _set_value,
}
