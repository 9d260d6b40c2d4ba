"""Tags, and which person has which.

Source: Action Network API v2 documentation, "Tags", "Taggings"; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Need, Read, Table, Write
from sqlcrm_action_network.columns import (
    identity,
    linked,
    made_and_changed,
    text,
    titled,
)
from sqlcrm_action_network.tagging import CALLS, TAGGINGS, add_tags, remove_tags
from sqlcrm_action_network.wire import COUNTED

tags = Table(
    "tags",
    doc="Labels. Insert one before applying it; the API neither changes nor deletes tags.",
    few=True,
    key=("id",),
    natural_key=("name",),
    columns=(*identity(), titled("name"), *made_and_changed()),
    reads=(
        Read("/tags", "_embedded.osdi:tags", COUNTED),
        Read("/tags/{id}", "", by="id"),
    ),
    writes=(
        Write(
            "insert", "POST", "/tags", reply="", id_at="identifiers", columns=("name",),
            undo="The tag stays: the API cannot delete tags.",
        ),
    ),
    example="SELECT id, name FROM tags@an",
)  # fmt: skip

NAME = Need("tag_name", "tag_id", "tags", "name")

BOTH = ("tag_id", "person_id")

taggings = Table(
    "taggings",
    doc="Which person has which tag. Read by person where you can: it takes fewer calls.",
    key=("id",),
    natural_key=BOTH,
    link=True,
    columns=(
        *identity(),
        linked("tag_id", "osdi:tag", "/tags", required=True),
        linked("person_id", "osdi:person", "/people", required=True),
        text("item_type", readonly=True),
        *made_and_changed(),
    ),
    touches=("people", "mobile_subscriptions"),
    reads=(
        Read("/tags/{tag_id}/taggings", TAGGINGS, COUNTED, by="tag_id", over=("tags", "id")),
        Read("/people/{person_id}/taggings", TAGGINGS, COUNTED, by="person_id"),
    ),
    writes=(
        Write(
            "insert", "POST", "/tags/{tag_id}/taggings", reply="", id_at="identifiers",
            columns=BOTH, repeatable=True,
        ),
        Write(
            "insert", send=add_tags, per="person_id", calls=CALLS, needs=(NAME,), columns=BOTH,
            repeatable=True,
        ),
        Write("delete", "DELETE", "/tags/{tag_id}/taggings/{id}", repeatable=True),
        Write(
            "delete", send=remove_tags, per="person_id", calls=CALLS, needs=(NAME,), whole=BOTH,
            repeatable=True,
        ),
    ),
    example=(
        "SELECT t.name FROM taggings@an g JOIN tags@an t ON t.id = g.tag_id "
        "WHERE g.person_id = '11111111-1111-4111-8111-111111111111'"
    ),
)  # fmt: skip

TABLES = (tags, taggings)
