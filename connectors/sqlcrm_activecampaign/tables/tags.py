"""Tags, and which contact has which.

Source: ActiveCampaign API v3 reference, "Tags", "Contact tags"; `GET /contactTags`, orders and
sideloads as public clients use them. Read 2026-11-21.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Filter, Need, Read, Table, Write
from sqlcrm_activecampaign.bulk import tags as import_tags
from sqlcrm_activecampaign.columns import (
    by_whom,
    changed,
    made,
    number,
    own_id,
    ref,
    text,
)
from sqlcrm_activecampaign.importable import EMAIL, applied, imported
from sqlcrm_activecampaign.includes import CONTACTS_BESIDE, TAGS_BESIDE
from sqlcrm_activecampaign.wire import BY_ID, CONTACTS, LISTED, WHOLE, needle

tags = Table(
    "tags",
    doc="Labels. A tag has no value: a contact has it or not. Insert one before applying it.",
    few=True,
    key=("id",),
    natural_key=("tag", "tag_type"),
    touches=("contact_tags",),
    columns=(
        own_id(),
        text(
            "tag",
            "",
            "name",
            nocase=True,
            required=True,
            doc="The tag's name, unique without regard to case among tags of its type.",
        ),
        Column(
            "tag_type",
            at="tagType",
            aliases=("tagType",),
            default="contact",
            choices=("contact", "template"),
            doc="What it can be put on.",
        ),
        text("description"),
        number("subscriber_count", readonly=True, doc="Contacts that have it."),
        made(),
        # Tags have no `udate`. This one carries no zone: US Central.
        changed("updated_timestamp", "udate"),
        *by_whom(),
    ),
    reads=(
        # No `<` and `>`, which the API has: its order of texts is not DuckDB's.
        Read(
            "/tags",
            "tags",
            LISTED,
            always=(BY_ID,),
            filters=(
                Filter("tag", "=", "filters[search][eq]", wire=needle),
                Filter("tag", "contains", "filters[search][contains]", wire=needle),
                Filter("tag", "prefix", "filters[search][starts_with]", wire=needle),
            ),
        ),
        Read("/tags/{id}", "tag", by="id"),
        Read("/tags", "tags", LISTED, by="tag", param="filters[search][eq]", always=(BY_ID,)),
    ),
    writes=(
        # A name that exists is refused with the raw message of the database.
        Write("insert", "POST", "/tags", wrap="tag", unique=True),
        Write("update", "PUT", "/tags/{id}", wrap="tag", repeatable=True),
        Write(
            "delete",
            "DELETE",
            "/tags/{id}",
            repeatable=True,
            undo="Made again, a tag has a new id, and no contact has it.",
        ),
    ),
    example="SELECT t.tag, t.subscriber_count FROM tags@ac t ORDER BY t.subscriber_count DESC",
)

contact_tags = Table(
    "contact_tags",
    doc="Which contact has which tag. Applying a tag twice changes nothing.",
    key=("id",),
    natural_key=("contact_id", "tag_id"),
    link=True,
    touches=("contacts", "tags", "activities"),
    columns=(
        Column(
            "id",
            own_id().type,
            readonly=True,
            doc="Id of the relation, by which a tag is taken off; not the tag's.",
        ),
        ref("contact_id", "contact", required=True),
        ref("tag_id", "tag", required=True),
        made(),
        changed("updated_timestamp", "udate"),
        *by_whom(),
    ),
    reads=(
        # Tags lie beside a page of contacts: 100 contacts a call instead of one. The ids in each
        # contact prove that the API understood `include`, which it would otherwise just ignore.
        Read(
            "/contacts",
            "contactTags",
            CONTACTS,
            by="contact_id",
            param="ids[]",
            batch=100,
            always=(("include", "contactTags"),),
            expects=("contacts[].contactTags",),
            includes=(CONTACTS_BESIDE, TAGS_BESIDE),
        ),
        # All tags of the contacts that have this one; the engine keeps those asked for.
        Read(
            "/contacts",
            "contactTags",
            CONTACTS,
            by="tag_id",
            param="tagid",
            always=(("include", "contactTags"),),
            expects=("contacts[].contactTags",),
            includes=(CONTACTS_BESIDE, TAGS_BESIDE),
        ),
        Read("/contacts/{contact_id}/contactTags", "contactTags", WHOLE, by="contact_id"),
        Read("/contactTags", "contactTags", LISTED, always=(BY_ID,)),
    ),
    writes=(
        # "If the contact has the tag, nothing changes": reported by clients, not documented.
        Write("insert", "POST", "/contactTags", wrap="contactTag", repeatable=True),
        imported(
            "insert",
            import_tags,
            applied,
            per="contact_id",
            needs=(
                EMAIL,
                Need("tag_name", "tag_id", "tags", "tag"),
                Need("tag_type", "tag_id", "tags", "tag_type"),
            ),
        ),
        Write("delete", "DELETE", "/contactTags/{id}", repeatable=True),
    ),
    example=(
        "INSERT INTO contact_tags@ac (contact_id, tag_id) SELECT c.id, t.id FROM contacts@ac c, "
        "tags@ac t WHERE c.email = 'ana@example.org' AND t.tag = 'VIP'"
    ),
)

TABLES = (tags, contact_tags)
