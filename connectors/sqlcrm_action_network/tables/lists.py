"""Lists and their items, saved queries, unique ID lists, the catalogue of custom fields.

Source: Action Network API v2 documentation, "Lists", "Items", "Queries", "Unique ID lists",
"Metadata"; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Read, Table, Write
from sqlcrm_action_network.columns import (
    identity,
    made_and_changed,
    number,
    text,
    texts,
    titled,
    when,
)
from sqlcrm_action_network.flows import CUSTOM_FIELDS
from sqlcrm_action_network.shapes import STAYS
from sqlcrm_action_network.wire import COUNTED, UNCOUNTED, last_part

lists = Table(
    "lists",
    doc="Reports, and the recipients of e-mails. Read only.",
    key=("id",),
    columns=(
        *identity(),
        text("name", readonly=True),
        text("title", readonly=True),
        text("description", readonly=True, doc="Report or Email."),
        text("browser_url", readonly=True),
        *made_and_changed(),
    ),
    reads=(
        Read("/lists", "_embedded.osdi:lists", COUNTED),
        Read("/lists/{id}", "", by="id"),
    ),
    example="SELECT id, title FROM lists@an WHERE description = 'Report'",
)

items = Table(
    "items",
    doc="Who is on which list. Read only.",
    key=("id",),
    columns=(
        *identity(),
        Column("list_id", at="action_network:list_id", readonly=True),
        Column(
            "person_id", at="_links.osdi:person.href", readonly=True, from_wire=last_part
        ),
        text("item_type", readonly=True),
        *made_and_changed(),
    ),
    reads=(
        Read(
            "/lists/{list_id}/items", "_embedded.osdi:items", UNCOUNTED, by="list_id",
            over=("lists", "id"),
        ),
    ),
    example="SELECT person_id FROM items@an WHERE list_id = "
    "'22222222-2222-4222-8222-222222222222'",
)  # fmt: skip

queries = Table(
    "queries",
    doc="Saved queries. Read only.",
    key=("id",),
    columns=(
        *identity(),
        text("name", readonly=True),
        text("browser_url", readonly=True),
        *made_and_changed(),
    ),
    reads=(
        Read("/queries", "_embedded.osdi:queries", COUNTED),
        Read("/queries/{id}", "", by="id"),
    ),
    example="SELECT id, name FROM queries@an",
)

unique_id_lists = Table(
    "unique_id_lists",
    doc="Lists of codes that messages hand out, one to each person.",
    key=("id",),
    natural_key=("name",),
    columns=(
        *identity(),
        titled("name"),
        texts("unique_ids", write_only=True, doc="The codes; they cannot be read."),
        number("count", readonly=True),
        text("origin_system", readonly=True),
        *made_and_changed(),
    ),
    reads=(
        Read("/unique_id_lists", "_embedded.action_network:unique_id_lists", COUNTED),
        Read("/unique_id_lists/{id}", "", by="id"),
    ),
    writes=(
        Write(
            "insert", "POST", "/unique_id_lists", reply="", id_at="identifiers", undo=STAYS
        ),
        Write(
            "update", "PUT", "/unique_id_lists/{id}", reply="", repeatable=True, shows=True,
            undo="The codes that were there cannot be read, so they cannot be restored.",
        ),
    ),
    example="SELECT name, count FROM unique_id_lists@an",
)  # fmt: skip

custom_fields = Table(
    "custom_fields",
    doc="The custom fields of people, which are columns there. Read only.",
    few=True,
    key=("name",),
    columns=(
        Column("name", readonly=True),
        text("notes", readonly=True),
        number("numeric_id", readonly=True),
        when("created_date"),
        when("modified_date"),
    ),
    reads=(Read("/metadata/custom_fields", CUSTOM_FIELDS),),
    example="SELECT name, notes FROM custom_fields@an",
)

TABLES = (lists, items, queries, unique_id_lists, custom_fields)
