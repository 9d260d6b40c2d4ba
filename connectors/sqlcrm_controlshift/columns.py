"""Columns that many tables share, named as the API names them."""

from __future__ import annotations

from typing import Any

from sqlcrm.sdk import Column, Type
from sqlcrm_controlshift.wire import truth

AN_EMAIL = {"nocase": True, "check": "email"}


def typed(name: str, type_: Type, at: str = "", **more: Any) -> Column:
    """A column of any type; NULL is null, and an empty text is a text."""
    more.setdefault("nulls", ())
    return Column(name, type_, at=at, **more)


def text(name: str, at: str = "", **more: Any) -> Column:
    """A text."""
    return typed(name, Type.TEXT, at, **more)


def number(name: str, at: str = "", **more: Any) -> Column:
    """A whole number."""
    return typed(name, Type.INTEGER, at, **more)


def flag(name: str, at: str = "", **more: Any) -> Column:
    """A yes or no; null is neither."""
    return typed(name, Type.BOOLEAN, at, to_wire=truth, **more)


def when(name: str, at: str = "", **more: Any) -> Column:
    """A point in time that the API sets, in UTC; some come without seconds."""
    more.setdefault("readonly", True)
    return typed(name, Type.TIMESTAMP, at, **more)


def texts(name: str, at: str = "", **more: Any) -> Column:
    """Several texts."""
    return typed(name, Type.TEXTS, at, **more)


def nested(name: str, at: str = "", **more: Any) -> Column:
    """What is neither flat nor of a fixed shape, as JSON."""
    more.setdefault("readonly", True)
    return typed(name, Type.JSON, at, **more)


def fixed(name: str, at: str = "", **more: Any) -> Column:
    """A text that the API sets."""
    return text(name, at, readonly=True, **more)


def own_id(doc: str = "") -> Column:
    """The row's own number."""
    return number("id", readonly=True, doc=doc)


def own_slug(doc: str = "What names it in addresses.") -> Column:
    """What names the row in the API's calls."""
    return fixed("slug", doc=doc)


def email(name: str = "email", at: str = "", **more: Any) -> Column:
    """An e-mail address, compared without case."""
    return text(name, at, **AN_EMAIL, **more)


def times() -> tuple[Column, ...]:
    """When the row was made, and changed."""
    return (when("created_at"), when("updated_at"))


def location(*, writable: bool = True) -> tuple[Column, ...]:
    """A place; latitude and longitude come as texts or numbers.

    A new one needs them, or a country and one of locality, region and postal code.
    """
    readonly = {"readonly": not writable}
    places = ("country", "region", "locality", "postal_code", "street", "street_number")
    return (
        typed("latitude", Type.FLOAT, "location.latitude", **readonly),
        typed("longitude", Type.FLOAT, "location.longitude", **readonly),
        *(text(name, f"location.{name}", **readonly) for name in places),
        fixed("location_query", "location.query", doc="What was searched for."),
    )


def person(role: str, at: str = "", *, readonly: bool = True) -> tuple[Column, ...]:
    """A person with a user account beside a row: creator, host, mentor."""
    at = at or role
    return (
        email(f"{role}_email", f"{at}.email", readonly=readonly),
        text(f"{role}_first_name", f"{at}.first_name", readonly=readonly),
        text(f"{role}_last_name", f"{at}.last_name", readonly=readonly),
        text(f"{role}_phone_number", f"{at}.phone_number", readonly=readonly),
        text(f"{role}_postcode", f"{at}.postcode", readonly=readonly),
        fixed(f"{role}_full_name", f"{at}.full_name"),
        number(f"{role}_member_id", f"{at}.member_id", readonly=True),
    )


def mentor() -> tuple[Column, ...]:
    """Who of the staff helps; the address of an administrator, NULL for nobody."""
    return (
        email("mentor_email", "mentor.email", doc="An administrator; NULL takes the mentor away."),
        fixed("mentor_full_name", "mentor.full_name"),
        number("mentor_member_id", "mentor.member_id", readonly=True),
    )


def reviewer() -> tuple[Column, ...]:
    """Who of the staff looks at it: an administrator or a team."""
    return (
        email("reviewer_email", "reviewer.email", doc="An administrator; NULL for nobody."),
        text("reviewer_team", "reviewer.slug", doc="The slug of a team that reviews it instead."),
        fixed("reviewer_full_name", "reviewer.full_name"),
    )
