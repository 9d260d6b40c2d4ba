"""Which petition, event or group has which label. Labels themselves cannot be listed or made.

Source: ControlShift developer documentation, "Apply Label", "Remove Label"; read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlcrm.sdk import Read, Row, ShapeChanged, Table, Write
from sqlcrm_controlshift.columns import text
from sqlcrm_controlshift.wire import LISTED, REST


def labels_of(key: str) -> Callable[[Any], Sequence[Row]]:
    """Return the function from a petition, event or group to the labels that it shows."""

    def labels(parent: Any) -> Sequence[Row]:
        """Raises: ShapeChanged where it shows none: that is not the same as having none."""
        if "labels" not in parent:
            raise ShapeChanged("the API does not show which labels there are")
        return [{key: parent["slug"], "name": str(name)} for name in parent["labels"] or ()]

    return labels


def _labelings(name: str, collection: str, thing: str, written: str) -> Table:
    """Declare the labels of a kind of thing, read from what each of them shows of its own."""
    key = f"{name}_slug"
    return Table(
        f"{name}_labelings",
        doc=f"Which {thing} has which label; a label that is applied must exist.",
        key=(key, "name"),
        natural_key=(key, "name"),
        link=True,
        columns=(text(key, required=True), text("name", required=True)),
        reads=(
            Read(f"{REST}/{collection}", collection, LISTED),
            Read(f"{REST}/{collection}/{{{key}}}", name, by=key),
        ),
        each=labels_of(key),
        writes=(
            Write(
                "insert",
                "POST",
                f"{written}/{{{key}}}/labelings",
                columns=(key, "name"),
                repeatable=True,
            ),
            Write("delete", "DELETE", f"{written}/{{{key}}}/labelings/{{name}}", repeatable=True),
        ),
        touches=(collection,),
        example="SELECT name FROM THIS_labelings@cs".replace("THIS", name),
    )


petition_labelings = _labelings("petition", "petitions", "petition", f"{REST}/petitions")
event_labelings = _labelings("event", "events", "event", f"{REST}/events")
local_chapter_labelings = _labelings(
    "local_chapter", "local_chapters", "group", f"{REST}/local-chapters"
)

TABLES = (petition_labelings, event_labelings, local_chapter_labelings)
