"""Efforts and landing pages: petitions of one kind, for many decision makers or aims.

Source: ControlShift developer documentation, "Efforts and Landing Pages", and "Get list of
efforts" of the JSON API; read 2026-11-22.
"""

from __future__ import annotations

from dataclasses import replace

from sqlcrm.sdk import Column, Param, Read, Table, Write
from sqlcrm_controlshift.columns import fixed, nested, number, own_slug, text
from sqlcrm_controlshift.flows import near
from sqlcrm_controlshift.tables.petitions import CREATABLE, petition_columns
from sqlcrm_controlshift.tables.public import shown_columns
from sqlcrm_controlshift.wire import EFFORTS, REST, localized, title

efforts = Table(
    "efforts",
    doc="Efforts and landing pages of the public list.",
    key=("slug",),
    columns=(
        own_slug(),
        fixed("title", from_wire=title, doc="In English where there is one."),
        nested("titles", "title", from_wire=localized, doc="By locale."),
        fixed("description"),
        fixed("url"),
        fixed("image_url"),
        number("petitions_count", readonly=True),
        number("signature_count", readonly=True),
        number("goal", readonly=True),
        fixed("search_method", doc="How its decision makers are searched."),
    ),
    reads=(Read("/efforts.json", "data", EFFORTS),),
    example="SELECT slug, title, signature_count FROM efforts@cs",
)

effort_totals = Table(
    "effort_totals",
    doc="What the public page of each effort says, a call for each.",
    key=("slug",),
    columns=(
        own_slug(),
        fixed("title"),
        fixed("description"),
        number("goal", readonly=True),
        number("signature_count", readonly=True),
    ),
    reads=(Read("/efforts/{slug}.json", "", by="slug", over=("efforts", "slug")),),
    example="SELECT goal, signature_count FROM effort_totals@cs WHERE slug = 'clean-rivers'",
)


def _writable() -> tuple[Column, ...]:
    """The columns of public petitions, and those that only a new petition can have."""
    shown = {column.name: column for column in shown_columns()}
    made = {column.name: column for column in petition_columns() if column.name in CREATABLE}
    both = tuple(
        replace(made[name], required=False) if name in made else column
        for name, column in shown.items()
    )
    return both + tuple(
        replace(column, write_only=True) for name, column in made.items() if name not in shown
    )


effort_petitions = Table(
    "effort_petitions",
    doc=(
        "Public petitions of each effort. Every INSERT makes a new one in it; what the effort has "
        "a default for may be left out."
    ),
    key=("slug",),
    columns=(
        text("effort_slug", required=True),
        *_writable(),
        text("objective_slug", "objective.slug", write_only=True,
             doc="The aim, in an effort that has aims."),
    ),
    reads=(
        Read(
            "/efforts/{effort_slug}.json",
            "petitions",
            by="effort_slug",
            over=("efforts", "slug"),
        ),
    ),
    writes=(
        Write(
            "insert",
            "POST",
            f"{REST}/efforts/{{effort_slug}}/petitions",
            wrap="petition",
            append=True,
            columns=("effort_slug", *CREATABLE, "objective_slug"),
            id_at="petition.slug",
            undo="DELETE FROM petitions takes it back.",
        ),
    ),
    touches=("petitions", "efforts", "effort_totals", "petition_labelings"),
    example="SELECT slug, title FROM effort_petitions@cs WHERE effort_slug = 'clean-rivers'",
)  # fmt: skip

effort_targets = Table(
    "effort_targets",
    doc="Decision makers of an effort, or petitions to them, that a search finds; closest first.",
    key=("effort_slug", "position"),
    columns=(
        fixed("effort_slug"),
        number("position", readonly=True, doc="1 is the closest."),
        fixed("slug"),
        fixed("name"),
        fixed("context"),
        nested("location"),
        fixed("status", doc="Whether it has a petition: target_petition_created, …"),
        fixed("petition_slug", "petition.slug"),
        fixed("petition_title", "petition.title"),
        number("petition_signature_count", "petition.signature_count", readonly=True),
        nested("petition"),
        fixed("create_petition_url"),
    ),
    reads=(
        Read(
            "/efforts/{effort_slug}/lookup/query.json",
            "targets",
            by="effort_slug",
            fetch=near,
            params=(
                Param("near", "location_query", doc="A place, for efforts of places."),
                Param("query", "query", doc="Keywords, for the other efforts."),
            ),
        ),
    ),
    example=(
        "SELECT name, status FROM effort_targets@cs(effort_slug => 'clean-rivers', near => 'Ghent')"
    ),
)

TABLES = (efforts, effort_totals, effort_petitions, effort_targets)
