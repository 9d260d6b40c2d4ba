"""Connections between entities.

Source: Action Builder API v1 docs, "Connections", "Connection helper"; ccef_connections for the
PUT. Read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Read, Table, Type, Write
from sqlcrm_action_builder.columns import IDENTIFIERS, MADE, own_id
from sqlcrm_action_builder.objects import connections
from sqlcrm_action_builder.wire import PAGES, PEOPLE, yes

OF_PERSON = f"{PEOPLE}/{{person_id}}/connections"

connections_table = Table(
    "connections",
    doc=(
        "Connections between two entities, each seen from both ends: a row for either. The API "
        "finds a connection by its ends, and its type by theirs. None can be deleted: set inactive."
    ),
    key=("id", "person_id"),
    natural_key=("person_id", "other_person_id"),
    touches=("people", "entities", "connection_taggings"),
    each=connections,
    columns=(
        own_id(),
        # Not in a reply's row: whose connections they are, its address has said.
        Column("person_id", at="from_person", required=True, doc="This end."),
        Column("other_person_id", at="person_id", required=True, doc="The other end."),
        Column("connection_type", readonly=True, doc="Types are in connection_types."),
        Column("inactive", Type.BOOLEAN, to_wire=yes),
        IDENTIFIERS,
        *MADE,
    ),
    reads=(
        Read(
            OF_PERSON,
            "_embedded.action_builder:connections",
            PAGES,
            by="person_id",
            over=("entities", "id"),
        ),
    ),
    writes=(
        Write(
            "insert",
            "POST",
            OF_PERSON,
            wrap="connection",
            reply="",
            repeatable=True,
            undo="The API cannot delete it; UPDATE … SET inactive = true ends it.",
        ),
        Write(
            "update",
            "PUT",
            f"{OF_PERSON}/{{id}}",
            repeatable=True,
            shows=True,
            columns=("inactive",),
        ),
    ),
    example="SELECT person_id, other_person_id, connection_type FROM connections@ab",
)

TABLES = (connections_table,)
