"""Which rows the bulk importer writes as the single calls do, and how that is declared.

Source: ActiveCampaign API v3 reference, "Bulk import"; read 2026-11-21. What it does not say is
not relied on: what a blank does to a value that is there, and whether several choices take the
place of those that were, or join them. It cannot take off a tag, nor subscribe again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlcrm.sdk import Flow, Need, Outcome, Row, Write
from sqlcrm_activecampaign.bulk import CONTACTS, LEAST, PATH, finish, tag

EMAIL = Need("email", "contact_id", "contacts", "email")
"""The importer knows contacts by address alone; phone-only contacts are none of its."""

DIFFERS = (
    "done later, without webhooks; excluded addresses go alone; "
    "contacts deleted or renamed meanwhile come back"
)


def imported(
    verb: str,
    send: Callable[[Sequence[Row]], Flow[Sequence[Outcome]]],
    takes: Callable[[Row | None, Row], bool],
    **more: Any,
) -> Write:
    """Declare a write that the bulk importer carries, of contacts known by their address."""
    return Write(
        verb,
        "POST",
        PATH,
        batch=CONTACTS,
        least=LEAST,
        repeatable=True,
        send=send,
        finish=finish,
        takes=takes,
        differs=DIFFERS,
        **more,
    )


def absent(before: Row | None, _values: Row) -> bool:
    """Take rows that do not exist yet."""
    return before is None


def applied(before: Row | None, values: Row) -> bool:
    """Take tags that a contact does not have, once the name is known and safe."""
    return before is None and ("tag_name" not in values or tag(values) is not None)


def changes(before: Row | None, values: Row) -> bool:
    """Take changes of a contact that keeps its address, by which the importer finds it."""
    email = (before or {}).get("email")
    if before is None or not email or values.get("email", email) != email:
        return False
    # A value that was not read might be several choices.
    return all(replaced(before.get(name, "||"), new) for name, new in values.items())


def revalues(before: Row | None, values: Row) -> bool:
    """Take changes of the value of a custom field."""
    return before is not None and replaced(before.get("value", "||"), values.get("value"))


def replaced(old: Any, new: Any) -> bool:
    """Whether what is documented leaves a new value, and it alone, in the old one's place."""
    if new is None or new == [] or (isinstance(new, str) and not new.strip()):
        return False
    several = isinstance(new, list) or (isinstance(new, str) and new.startswith("||"))
    return not (several and old)


def leaves(before: Row | None, values: Row) -> bool:
    """Take people off a list. The importer puts back on nobody who left it, and does not say so."""
    return before is not None and dict(values) == {"status": 2}
