"""Rows that a page of contacts carries beside them, when asked with `include`.

Source: "Sideloading" as public clients use it (fieldValues, contactTags.tag, contactLists, deals,
accountContacts, contactAutomations); each contact then lists the ids of its own. Read 2026-11-21.
"""

from __future__ import annotations

from sqlcrm.sdk import Include


def _beside(table: str, at: str) -> Include:
    return Include(
        table,
        at,
        by="contact_id",
        of="id",
        query=(("include", at),),
        expects=(f"contacts[].{at}",),
    )


TAGS_BESIDE = Include("tags", "tags", by="id", query=(("include", "contactTags.tag"),))
"""The tags of the contact_tags that come beside."""

BESIDE_CONTACTS = (
    _beside("contact_tags", "contactTags"),
    _beside("contact_lists", "contactLists"),
    _beside("field_values", "fieldValues"),
    _beside("deals", "deals"),
    _beside("account_contacts", "accountContacts"),
    _beside("contact_automations", "contactAutomations"),
    TAGS_BESIDE,
)

CONTACTS_BESIDE = Include("contacts", "contacts", by="id", of="contact_id")
"""The contacts themselves, on pages that are read for what lies beside them."""
