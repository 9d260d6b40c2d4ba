"""Writes as most tables have them: POST to the list, PUT and DELETE to the row.

The reference's status codes are unreliable (200 or 201), so every 2xx is a success.
"""

from __future__ import annotations

from sqlcrm.sdk import Write

NEW_ID = "Made again, it has a new id, and what referred to it does so no longer."


def insert(path: str, wrap: str, columns: tuple[str, ...] = (), *, unique: bool = False) -> Write:
    """Make a row; rows that exist are found first, by the natural key."""
    return Write("insert", "POST", path, wrap=wrap, columns=columns, unique=unique)


def append(path: str, wrap: str, columns: tuple[str, ...] = ()) -> Write:
    """Make a row, another one with every call: after a lost answer it is never sent again."""
    return Write("insert", "POST", path, wrap=wrap, append=True, columns=columns)


def update(
    path: str, wrap: str, columns: tuple[str, ...] = (), whole: tuple[str, ...] = ()
) -> Write:
    """Change a row, sending the changed columns and those in `whole`."""
    return Write(
        "update",
        "PUT",
        f"{path}/{{id}}",
        wrap=wrap,
        repeatable=True,
        columns=columns,
        whole=whole,
    )


def delete(path: str, undo: str = NEW_ID) -> Write:
    """Delete a row; the second time it is missing."""
    return Write("delete", "DELETE", f"{path}/{{id}}", repeatable=True, undo=undo)
