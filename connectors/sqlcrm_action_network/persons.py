"""The columns of a person, which stand alike in people and in what signs people up.

Source: Action Network API v2 documentation, "People", "Person signup helper"; read 2026-11-22.
"""

from __future__ import annotations

from typing import Any

from sqlcrm.sdk import Column
from sqlcrm_action_network.columns import text, texts
from sqlcrm_action_network.wire import digits, unblank

ADDRESS = ("address_lines", "locality", "region", "postal_code", "country")
"""Parts that are sent together: with any of them alone, the API takes the country for the US."""

STATUSES = ("subscribed", "unsubscribed")
"""What may be written; reads also show `bouncing`, `spam complaint` and what was so before."""


def _settable(status: Any) -> Any:
    """Return the status that goes with an address: one that cannot be written subscribes nobody."""
    return status if status in STATUSES else "unsubscribed"


def person_columns(prefix: str = "", **status: Any) -> tuple[Column, ...]:
    """Return the columns that can be written of a person. `status`: more on the email status."""
    email, phone, post = (
        f"{prefix}{name}[primary]"
        for name in ("email_addresses", "phone_numbers", "postal_addresses")
    )
    return (
        Column(
            "email", at=f"{email}.address", nocase=True, required=True, check="email",
            doc="Unique, without regard to case. NULL for people with a phone number alone.",
        ),
        Column(
            "email_status", at=f"{email}.status", choices=STATUSES, to_wire=_settable, **status
        ),
        text("given_name", f"{prefix}given_name"),
        text("family_name", f"{prefix}family_name"),
        Column(
            "phone", at=f"{phone}.number", nulls=(), from_wire=unblank, normal=digits,
            doc=(
                "The only one, as 11 digits. A number that another person has moves to this one; "
                "if that person has no email address, the two become one."
            ),
        ),
        texts("address_lines", f"{post}.address_lines"),
        text("locality", f"{post}.locality", doc="City."),
        text("region", f"{post}.region", doc="State or province; cannot be emptied."),
        text("postal_code", f"{post}.postal_code"),
        text(
            "country", f"{post}.country",
            doc="Two letters. With an address that has none the API takes it for US.",
        ),
        texts(
            "languages_spoken", f"{prefix}languages_spoken",
            doc="The API takes a language that it does not know for English.",
        ),
    )  # fmt: skip
