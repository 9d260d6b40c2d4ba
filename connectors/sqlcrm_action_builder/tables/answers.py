"""Tags, which are the possible answers, and taggings, which are the answers given.

Source: Action Builder API v1 docs, "Tags", "Taggings", "Person signup helper"; clients for what
repeated writes do. Read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Filter, Read, Table, Type, Write
from sqlcrm_action_builder.answers import (
    OF_CONNECTION,
    OF_PERSON,
    OF_TAG,
    TAGGINGS_AT,
    answer,
    answer_connection,
    of_tags,
    remove_tag,
    take_back,
)
from sqlcrm_action_builder.columns import IDENTIFIERS, MADE, own, own_id
from sqlcrm_action_builder.objects import connection_taggings, named, taggings
from sqlcrm_action_builder.wire import PAGES, SETTLES, TAGS, equals, yes

TAGS_AT = "_embedded.osdi:tags"

tags = Table(
    "tags",
    doc=(
        "Possible answers: values of a field, which stands in a section. The same value may stand "
        "in several fields. Sections and fields are made in the application only."
    ),
    few=True,
    key=("id",),
    natural_key=("name", "section", "field"),
    touches=("taggings", "connection_taggings"),
    each=named,
    columns=(
        own_id(),
        own("section", required=True, doc="One that exists."),
        own("field", required=True, doc="One that exists in the section."),
        Column("name", required=True, doc="The answer."),
        own(
            "field_type",
            readonly=True,
            doc="standard, number, date, address, note (also notes) or shift.",
        ),
        own("locked", Type.BOOLEAN, readonly=True),
        own("allow_multiple_responses", Type.BOOLEAN, readonly=True),
        own("postal_addresses", Type.JSON, readonly=True, doc="Of fields of the type address."),
        IDENTIFIERS,
        *MADE,
    ),
    reads=(
        Read(TAGS, TAGS_AT, PAGES, filters=(Filter("name", "=", "filter", wire=equals("name")),)),
        Read(f"{TAGS}/{{id}}", "", by="id"),
        Read(TAGS, TAGS_AT, PAGES, by="name", param="filter", wire=equals("name")),
    ),
    writes=(
        # No UPDATE: PUT is an error.
        Write("insert", "POST", TAGS, settles=SETTLES),
        Write(
            "delete",
            send=remove_tag,
            whole=("id",),
            repeatable=True,
            undo=(
                "It is removed from this campaign, and the answers with it. Made again, nobody has "
                "given it."
            ),
        ),
    ),
    example="SELECT section, field, name FROM tags@ab ORDER BY ALL",
)

WHAT = (
    own("section", required=True),
    own("field", required=True),
    Column("name", required=True, doc="The answer, or the label of a number, date or note."),
    own("number_response", Type.FLOAT, doc="Of a field of the type number."),
    own("date_response", Type.DATE, doc="Of a field of the type date."),
    own("note_response", doc="Of a field of the type note."),
)

RESPONSES = ("number_response", "date_response", "note_response")

MORE = (
    Column("responses", Type.JSON, readonly=True, doc="All responses, of every type of field."),
    own(
        "create_tag",
        Type.BOOLEAN,
        write_only=True,
        to_wire=yes,
        doc="Make the answer where section and field exist and it does not. Only INSERT.",
    ),
    Column("item_type", readonly=True, doc="person or connection."),
    *MADE,
)

ADDED = "What the answer replaced does not come back."

SAME = (
    "An answer of the same section, field, name and response is the same answer; another number, "
    "date or note is one more, where the field keeps several. "
)

taggings_table = Table(
    "taggings",
    doc=(
        f"Answers that people and other entities have given. {SAME}An INSERT of several answers of "
        "one person takes one call, and is read back: the API ignores what is not activated in the "
        "campaign. Answers in universal sections count in all campaigns, and cannot be deleted."
    ),
    key=("id",),
    natural_key=("person_id", "section", "field", "name", *RESPONSES),
    optional=RESPONSES,
    touches=("tags", "people", "entities"),
    each=taggings,
    columns=(
        own_id(),
        Column("person_id", required=True, doc="Id of the entity; mostly a person."),
        Column("tag_id", readonly=True),
        *WHAT,
        *MORE,
    ),
    reads=(
        # Over entities, though there are fewer tags: those of universal sections refuse to be
        # listed, and their answers would be missing.
        Read(OF_PERSON, TAGGINGS_AT, PAGES, by="person_id", over=("entities", "id")),
        Read(OF_TAG, TAGGINGS_AT, by="tag_id", batch=25, fetch=of_tags),
    ),
    writes=(
        Write("insert", send=answer, per="person_id", calls=3, settles=SETTLES, undo=ADDED),
        Write("delete", send=take_back, whole=("id", "person_id", "tag_id"), repeatable=True),
    ),
    example=(
        "SELECT p.email, g.name FROM tags@ab t JOIN taggings@ab g ON g.tag_id = t.id "
        "JOIN people@ab p ON p.id = g.person_id WHERE t.section = 'Assessment'"
    ),
)

connection_taggings_table = Table(
    "connection_taggings",
    doc=(
        f"Answers about connections. {SAME}The API takes one with the two ends of its connection, "
        "which an INSERT therefore gives too."
    ),
    key=("id",),
    natural_key=("connection_id", "section", "field", "name", *RESPONSES),
    optional=RESPONSES,
    touches=("tags", "connections"),
    each=connection_taggings,
    columns=(
        own_id(),
        Column("connection_id", required=True),
        Column("person_id", required=True, write_only=True, doc="One end, for an INSERT."),
        Column("other_person_id", required=True, write_only=True, doc="The other end."),
        Column("tag_id", readonly=True),
        *WHAT,
        *MORE,
    ),
    reads=(
        Read(OF_CONNECTION, TAGGINGS_AT, PAGES, by="connection_id", over=("connections", "id")),
        Read(OF_TAG, TAGGINGS_AT, PAGES, by="tag_id"),
    ),
    writes=(
        Write(
            "insert",
            send=answer_connection,
            per="connection_id",
            calls=3,
            settles=SETTLES,
            undo=ADDED,
        ),
        Write("delete", send=take_back, whole=("id", "connection_id", "tag_id"), repeatable=True),
    ),
    example="SELECT connection_id, field, name FROM connection_taggings@ab",
)

TABLES = (tags, taggings_table, connection_taggings_table)
