"""Values of custom fields, which lie beside the rows of a reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlcrm.errors import ShapeChanged
from sqlcrm.sdk import Sideload, dig, rows_at


class Sideloads:
    """What was sideloaded with the rows of one reply; looked through once for all columns."""

    def __init__(self, body: Any, rows: Sequence[Any], where: str) -> None:
        self._body = body
        self._rows = rows
        self._where = where
        self._found: dict[Sideload, dict[str, dict[str, Any]]] = {}

    def values(self, load: Sideload, key: str) -> list[Any]:
        """Return the values of the field `key`, one a row.

        Raises: ShapeChanged where the reply does not hold what was asked for: an API that ignores
        the question would otherwise look like rows without values.
        """
        if load not in self._found:
            self._found[load] = self._index(load)
        values = self._found[load].get(key, {})
        return [values.get(str(row.get("id"))) for row in self._rows]

    def _index(self, load: Sideload) -> dict[str, dict[str, Any]]:
        """Return the values by field, then by the id of their row."""
        found: dict[str, dict[str, Any]] = {}
        seen: set[str] = set()
        listed = dig(self._body, load.name) is not None
        for item in rows_at(self._body, load.name, self._where) if listed else ():
            if not isinstance(item, dict):
                kind = type(item).__name__
                raise ShapeChanged(f"{self._where}: one of {load.name} is {kind}, no object")
            seen.add(str(item.get("id")))
            by = found.setdefault(str(item.get(load.by)), {})
            by[str(item.get(load.parent))] = item.get(load.value)
        for row in self._rows:
            ids = row.get(load.name)
            if not isinstance(ids, list) or not seen.issuperset(map(str, ids)):
                raise ShapeChanged(
                    f"{self._where}: the reply lacks {load.name}, though it was asked for"
                )
        return found
