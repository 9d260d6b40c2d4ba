"""What everybody sees: the JSON behind public pages. Only public petitions are in it.

Source: ControlShift developer documentation, "JSON API"; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Param, Read, Table, Type
from sqlcrm_controlshift.columns import (
    fixed,
    flag,
    location,
    nested,
    number,
    own_slug,
    texts,
    times,
    typed,
    when,
)
from sqlcrm_controlshift.flows import texts_of
from sqlcrm_controlshift.wire import EFFORTS, FOUND, SHOWN, named, slugs


def shown_columns() -> tuple[Column, ...]:
    """The columns of a petition in public lists."""
    return (
        own_slug(),
        fixed("title"),
        fixed("url"),
        fixed("who"),
        fixed("what"),
        fixed("rich_what"),
        fixed("why"),
        fixed("rich_why"),
        fixed("admin_status"),
        number("signature_count", readonly=True),
        number("goal", readonly=True),
        fixed("creator_name"),
        fixed("locale"),
        flag("successful", readonly=True),
        flag("ended", readonly=True),
        fixed("ended_type"),
        fixed("ended_reason"),
        fixed("ended_story"),
        *times(),
        fixed("image_url"),
        *location(writable=False),
        nested("target"),
    )


categories = Table(
    "categories",
    doc="Categories of petitions, with what they count. They are made in the application.",
    few=True,
    key=("slug",),
    columns=(
        own_slug(),
        fixed("name", "category_name"),
        number("petition_count", "category_count", readonly=True),
        number("signature_count", readonly=True),
        fixed("url"),
        nested("locales"),
    ),
    reads=(Read("/categories.json", ""),),
    example="SELECT name, petition_count FROM categories@cs ORDER BY 2 DESC",
)

category_petitions = Table(
    "category_petitions",
    doc="Public petitions of each category.",
    key=("category_slug", "slug"),
    columns=(fixed("category_slug"), *shown_columns()),
    reads=(
        Read(
            "/categories/{category_slug}.json",
            "results",
            SHOWN,
            by="category_slug",
            over=("categories", "slug"),
        ),
    ),
    example="SELECT slug FROM category_petitions@cs WHERE category_slug = 'environment'",
)

public_partnership_petitions = Table(
    "public_partnership_petitions",
    doc="Public petitions of each partnership; partnership_petitions has the hidden ones too.",
    key=("partnership_slug", "slug"),
    columns=(fixed("partnership_slug"), *shown_columns()),
    reads=(
        Read(
            "/partnerships/{partnership_slug}/petitions.json",
            "results",
            SHOWN,
            by="partnership_slug",
            over=("partnerships", "slug"),
        ),
    ),
    example=("SELECT slug FROM public_partnership_petitions@cs WHERE partnership_slug = 'friends'"),
)

public_petitions = Table(
    "public_petitions",
    doc="The public pages of petitions, a call for each; those that are hidden have none.",
    key=("slug",),
    columns=(
        own_slug(),
        number("id", readonly=True),
        fixed("title"),
        fixed("who"),
        fixed("what"),
        fixed("rich_what"),
        fixed("why"),
        fixed("rich_why"),
        fixed("delivery_details"),
        when("administered_at"),
        fixed("source"),
        fixed("alias"),
        texts("categories", from_wire=named, readonly=True),
        texts("category_slugs", "categories", from_wire=slugs, readonly=True),
        flag("ended", readonly=True),
        flag("successful", readonly=True),
        fixed("ended_story"),
        number("goal", readonly=True),
        number("signature_count", readonly=True),
        fixed("creator_name"),
        fixed("effort_slug", "effort.slug"),
        fixed("partnership_slug", "partnership.slug"),
        fixed("image_url"),
        fixed("resized_image_url"),
        *times(),
        *location(writable=False),
        fixed("street_address", "location.street_address"),
        fixed("country_name", "location.country_name"),
    ),
    reads=(Read("/petitions/{slug}.json", "", by="slug", over=("petitions", "slug")),),
    example="SELECT signature_count FROM public_petitions@cs WHERE slug = 'save-the-park'",
)

petition_texts = Table(
    "petition_texts",
    doc="What public petitions ask for and why, plain and formatted; two calls for each.",
    key=("petition_slug",),
    columns=(
        fixed("petition_slug"),
        fixed("what", "what.plain_text"),
        fixed("rich_what", "what.rich_text"),
        fixed("why", "why.plain_text"),
        fixed("rich_why", "why.rich_text"),
    ),
    reads=(
        Read(
            "/api/petitions/{petition_slug}/what.json",
            "texts",
            by="petition_slug",
            over=("petitions", "slug"),
            fetch=texts_of,
        ),
    ),
    example="SELECT what, why FROM petition_texts@cs WHERE petition_slug = 'save-the-park'",
)

featured_petitions = Table(
    "featured_petitions",
    doc="Petitions that the staff has featured.",
    key=("slug",),
    columns=shown_columns(),
    reads=(
        Read(
            "/petitions/featured.json",
            "data",
            FOUND,
            params=(Param("locale", "locale", doc="Only those in this language: `en`."),),
        ),
    ),
    example="SELECT slug, title FROM featured_petitions@cs",
)

found_petitions = Table(
    "found_petitions",
    doc="Public petitions that a search by keywords finds.",
    key=("slug",),
    columns=shown_columns(),
    reads=(
        Read(
            "/petitions/search.json",
            "data",
            FOUND,
            params=(
                Param("query", "query", required=True, echo="meta.search_term", doc="Keywords."),
            ),
        ),
    ),
    example="SELECT slug, title FROM found_petitions@cs(query => 'park')",
)

local_places = Table(
    "local_places",
    doc="Public events, groups, and events brought in from elsewhere, as on the local map.",
    key=("type", "id"),
    columns=(
        fixed("type", doc="Event, Group or ExternalEvent."),
        fixed("id", doc="The slug, or the address of an event elsewhere."),
        fixed("title"),
        fixed("description"),
        when("start_at"),
    ),
    reads=(Read("/api/local.json", "data", EFFORTS),),
    example="SELECT title, start_at FROM local_places@cs WHERE type = 'Event'",
)

local_points = Table(
    "local_points",
    doc="Where the places of the local map are.",
    key=("type", "id"),
    columns=(
        fixed("type"),
        fixed("id"),
        typed("latitude", Type.FLOAT, "lat", readonly=True),
        typed("longitude", Type.FLOAT, "lon", readonly=True),
    ),
    reads=(Read("/api/local/points.json", ""),),
    example="SELECT id, latitude, longitude FROM local_points@cs",
)

TABLES = (
    categories,
    category_petitions,
    public_petitions,
    petition_texts,
    public_partnership_petitions,
    featured_petitions,
    found_petitions,
    local_places,
    local_points,
)
