"""Collections of some dozens or hundreds of rows: petitions, events, tags, lists, messages, …"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlcrm_action_network.sandbox.ids import Ids
from sqlcrm_action_network.sandbox.wire import Row


class Table:
    """Rows by number. A key that begins with `_` is for us and is not on the wire."""

    def __init__(self, ids: Ids) -> None:
        self.ids = ids
        self.rows: list[Row] = []
        self.listed: Callable[[Row], bool] | None = None

    def numbers(self) -> Sequence[int]:
        """The rows of the collection's own list."""
        if self.listed is None:
            return range(len(self.rows))
        return [number for number, row in enumerate(self.rows) if self.listed(row)]

    def all(self, key: str, value: object) -> list[int]:
        """The rows with this value, listed or not."""
        return [number for number, row in enumerate(self.rows) if row.get(key) == value]

    def find(self, key: str) -> int | None:
        """The row with this id, listed or not, or None."""
        return self.ids.find(key)

    def by_identifier(self, identifier: str) -> int | None:
        """The row with this custom identifier, or None."""
        return next(
            (n for n, row in enumerate(self.rows) if identifier in row.get("identifiers", ())),
            None,
        )

    def make(self, row: Row) -> int:
        """A row that is there from the start."""
        self.rows.append(row)
        self.ids.base = len(self.rows)
        return len(self.rows) - 1

    def add(self, row: Row) -> int:
        """A new row."""
        self.rows.append(row)
        return self.ids.add()
