"""Groups, which the API calls local chapters, and their members.

Source: ControlShift developer documentation, "Groups"; it shows no sample of their objects: the
columns are those of webhooks and exports. Read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Read, Table
from sqlcrm_controlshift.columns import (
    email,
    fixed,
    flag,
    mentor,
    nested,
    number,
    own_slug,
    texts,
    times,
    when,
)
from sqlcrm_controlshift.wire import LISTED, REST
from sqlcrm_controlshift.writes import settings_of, settings_write

PATH = f"{REST}/local_chapters"

WRITTEN = f"{REST}/local-chapters"
"""The documents write it with a hyphen where labels and mentors are set, and there alone."""

local_chapters = Table(
    "local_chapters",
    doc="Groups. Only who of the staff looks after one can be written.",
    key=("slug",),
    columns=(
        own_slug(),
        number("id", readonly=True),
        fixed("name"),
        fixed("description"),
        fixed("url"),
        flag("unlisted", readonly=True),
        *times(),
        texts("labels", readonly=True),
        *mentor(),
        nested("location"),
    ),
    reads=(
        Read(PATH, "local_chapters", LISTED),
        Read(f"{PATH}/{{slug}}", "local_chapter", by="slug"),
    ),
    writes=(
        settings_write(
            settings_of("local_chapters", "", address=f"{WRITTEN}/{{slug}}", staff=("mentor",)),
            ("mentor_email",),
        ),
    ),
    example="SELECT slug, name FROM local_chapters@cs",
)

local_chapter_members = Table(
    "local_chapter_members",
    doc="Who belongs to which group.",
    key=("local_chapter_slug", "id"),
    columns=(
        fixed("local_chapter_slug"),
        number("id", readonly=True),
        email(readonly=True),
        fixed("full_name"),
        fixed("first_name"),
        fixed("last_name"),
        fixed("phone_number"),
        fixed("postcode"),
        fixed("country"),
        fixed("introduction"),
        fixed("notification_level"),
        flag("join_organisation", readonly=True),
        when("created_at"),
        when("updated_at"),
    ),
    reads=(
        Read(
            f"{PATH}/{{local_chapter_slug}}/members",
            "members",
            LISTED,
            by="local_chapter_slug",
            over=("local_chapters", "slug"),
        ),
    ),
    example="SELECT email FROM local_chapter_members@cs WHERE local_chapter_slug = 'the-north'",
)

TABLES = (local_chapters, local_chapter_members)
