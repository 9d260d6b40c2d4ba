"""Partnerships, and what belongs to them.

Source: ControlShift developer documentation, "Partnerships"; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Read, Table
from sqlcrm_controlshift.columns import fixed, flag, nested, number, own_slug, times, when
from sqlcrm_controlshift.wire import LISTED, REST

PATH = f"{REST}/partnerships"

partnerships = Table(
    "partnerships",
    doc="Other organisations that share the platform.",
    key=("slug",),
    columns=(
        own_slug(),
        number("id", readonly=True),
        fixed("title"),
        fixed("description"),
        fixed("external_id"),
        fixed("url"),
        *times(),
        nested("image"),
    ),
    reads=(
        Read(PATH, "partnerships", LISTED),
        Read(f"{PATH}/{{slug}}", "partnership", by="slug"),
    ),
    example="SELECT slug, title FROM partnerships@cs",
)


def _of_partnerships(name: str, more: tuple[Column, ...]) -> Table:
    """Declare what belongs to partnerships; the samples of it are cut short."""
    return Table(
        f"partnership_{name}",
        doc=f"Which {name} belong to which partnership; {name} has all there is of them.",
        key=("partnership_slug", "slug"),
        columns=(
            fixed("partnership_slug"),
            own_slug(),
            number("id", readonly=True),
            fixed("title"),
            fixed("url"),
            *more,
            *times(),
        ),
        reads=(
            Read(
                f"{PATH}/{{partnership_slug}}/{name}",
                name,
                LISTED,
                by="partnership_slug",
                over=("partnerships", "slug"),
            ),
        ),
        example="SELECT slug FROM partnership_THESE@cs".replace("THESE", name),
    )


partnership_petitions = _of_partnerships(
    "petitions",
    (
        fixed("admin_status"),
        flag("launched", readonly=True),
        number("public_signature_count", readonly=True),
    ),
)
partnership_events = _of_partnerships("events", (when("start_at"), when("end_at")))

TABLES = (partnerships, partnership_petitions, partnership_events)
