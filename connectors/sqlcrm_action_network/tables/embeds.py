"""The code by which a web page shows an action.

Source: Action Network API v2 documentation, "Embeds"; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Read, Table
from sqlcrm_action_network.columns import text
from sqlcrm_action_network.shapes import example

LAYOUTS = ("standard", "full")
STYLES = ("default_styles", "layout_only_styles", "no_styles")

ACTIONS = (
    "petitions",
    "events",
    "event_campaigns",
    "forms",
    "fundraising_pages",
    "advocacy_campaigns",
    "surveys",
    "campaigns",
)


def embeds(parents: str) -> Table:
    """Return the table of the embed codes of one kind of action."""
    one = parents.removesuffix("s")
    by = f"{one}_id"
    return Table(
        f"{one}_embeds",
        doc=f"HTML that shows a {one.replace('_', ' ')} on a web page. A call for each.",
        key=(by,),
        columns=(
            Column(by, readonly=True),
            *(
                text(f"embed_{layout}_{style}", readonly=True)
                for layout in LAYOUTS
                for style in STYLES
            ),
        ),
        reads=(Read(f"/{parents}/{{{by}}}/embed", "", by=by, over=(parents, "id")),),
        example=example(f"embed_standard_default_styles FROM {one}_embeds@an WHERE {by}"),
    )


TABLES = tuple(map(embeds, ACTIONS))
