"""A small collection: rows by id, and by slug where they have one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from sqlcrm_controlshift.sandbox.wire import Row


class Table:
    """Rows by id. `created` is told the id of each row that is added."""

    def __init__(self, first_id: int, now: Callable[[], int], created: Callable[[int], None]):
        self._next = first_id
        self._now = now
        self._created = created
        self._rows: dict[int, Row] = {}
        self._slugs: dict[str, int] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        """All rows, oldest first."""
        return iter(list(self._rows.values()))

    def add(self, row: Row) -> Row:
        """Store a row; it gets an id, times, and a slug that is nobody else's."""
        key = self._next
        self._next += 1
        now = self._now()
        row = {"id": key, "created_at": now, "updated_at": now, **row}
        if "slug" in row:
            row["slug"] = self._free(str(row["slug"]))
            self._slugs[row["slug"]] = key
        self._rows[key] = row
        self._created(key)
        return row

    def get(self, key: int) -> Row | None:
        """The row with an id."""
        return self._rows.get(key)

    def change(self, key: int) -> Row:
        """The row with an id, to be changed in place. Raises: KeyError."""
        return self._rows[key]

    def named(self, slug: object) -> Row | None:
        """The row with a slug."""
        return self._rows.get(self._slugs.get(str(slug), 0))

    def having(self, name: str, value: object) -> list[Row]:
        """The rows with a value."""
        return [row for row in self._rows.values() if row.get(name) == value]

    def touch(self, row: Row) -> None:
        """A row was changed: its date moves."""
        row["updated_at"] = max(self._now(), int(row["updated_at"]))

    def remove(self, key: int) -> None:
        """Delete one."""
        row = self._rows.pop(key)
        self._slugs.pop(str(row.get("slug")), None)

    def _free(self, text: str) -> str:
        slug = base = slugged(text)
        number = 1
        while slug in self._slugs:
            number += 1
            slug = f"{base}-{number}"
        return slug


def slugged(text: str) -> str:
    """A title as it stands in an address."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain.replace("'", "")).strip("-") or "untitled"
