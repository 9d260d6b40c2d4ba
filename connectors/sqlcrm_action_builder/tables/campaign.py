"""Campaigns of the network, and what the campaign has types of. All are made in the application.

Source: Action Builder API v1 docs, "Campaigns", "Entity types", "Connection types"; their fields
are those of the clients' samples, where the docs say nothing. Read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Read, Table
from sqlcrm_action_builder.columns import IDENTIFIERS, MADE, own_id
from sqlcrm_action_builder.objects import named
from sqlcrm_action_builder.wire import CAMPAIGN, PAGES

COLUMNS = (own_id(), Column("name"), IDENTIFIERS, *MADE)


def _listed(name: str, path: str, doc: str, example: str) -> Table:
    """A table that is read only, as a whole or by id."""
    return Table(
        name,
        doc=doc,
        few=True,
        key=("id",),
        each=named,
        columns=COLUMNS,
        reads=(
            Read(path, f"_embedded.action_builder:{name}", PAGES),
            Read(f"{path}/{{id}}", "", by="id"),
        ),
        example=example,
    )


TABLES = (
    _listed(
        "campaigns",
        "/campaigns",
        "All campaigns of the network that the key may see; a connection is one of them.",
        "SELECT id, name FROM campaigns@ab",
    ),
    _listed(
        "entity_types",
        f"{CAMPAIGN}/entity_types",
        "Types of entities that the campaign has.",
        "SELECT name FROM entity_types@ab",
    ),
    _listed(
        "connection_types",
        f"{CAMPAIGN}/connection_types",
        "Types of connections between types of entities.",
        "SELECT name FROM connection_types@ab",
    ),
)
