"""Collections of rows: `Table` for any resource, `Links` for the ones with millions of rows."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from sqlcrm_activecampaign.sandbox.wire import Row, php

Column: TypeAlias = "array[int] | list[str]"  # an array is subscriptable from 3.12 on


class Rows(Protocol):
    """What every collection can do. Ids are integers here and strings on the wire."""

    version: int
    """Goes up with every change."""

    def ids(self) -> Sequence[int]:
        """The ids there are, rising."""

    def encoded(self, key: int) -> bytes:
        """One row as JSON."""

    def row(self, key: int) -> Row:
        """One row as it reads on the wire."""

    def value(self, key: int, column: str) -> str:
        """One value, as a string."""

    def having(self, column: str, value: int) -> Sequence[int]:
        """The ids, rising, of rows that point at an id."""

    def remove(self, key: int) -> None:
        """Delete one row for good; its id does not come back."""

    def __contains__(self, key: object) -> bool:
        """Whether there is a row with this id."""


class Table:
    """Rows as dictionaries, for resources of some thousands of rows."""

    def __init__(self, links: Callable[[str, int], Row], path: str) -> None:
        self._rows: dict[int, Row] = {}
        self._next = 1
        self._links = links
        self._path = path
        self._indexes: dict[str, dict[str, dict[int, None]]] = {}
        self.render: Callable[[Row, int], Row] | None = None
        self.version = 0

    def __contains__(self, key: object) -> bool:
        """Whether there is a row with this id."""
        return key in self._rows

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def ids(self) -> Sequence[int]:
        """The ids there are, rising."""
        return list(self._rows)

    def raw(self, key: int) -> Row:
        """One row as stored, without what is computed for each answer."""
        return self._rows[key]

    def row(self, key: int) -> Row:
        """One row as it reads on the wire."""
        row = {**self._rows[key], "links": self._links(self._path, key), "id": str(key)}
        return row if self.render is None else self.render(row, key)

    def encoded(self, key: int) -> bytes:
        """One row as JSON."""
        return php(self.row(key))

    def value(self, key: int, column: str) -> str:
        """One value, as a string; "" for null."""
        value = str(key) if column == "id" else self._rows[key].get(column)
        return "" if value is None else str(value)

    def having(self, column: str, value: object) -> Sequence[int]:
        """The ids of rows with this value; the first question about a column builds its index."""
        index = self._indexes.get(column)
        if index is None:
            index = self._indexes[column] = {}
            for key in self._rows:
                index.setdefault(self.value(key, column), {})[key] = None
        return sorted(index.get(str(value), ()))

    def add(self, row: Row) -> int:
        """Store one row; gives its id."""
        key = self._next
        self._next += 1
        self._rows[key] = row
        for column, index in self._indexes.items():
            index.setdefault(self.value(key, column), {})[key] = None
        self.version += 1
        return key

    def change(self, key: int, values: Mapping[str, Any]) -> None:
        """Change some values of one row."""
        for column, index in self._indexes.items():
            if column in values:
                index[self.value(key, column)].pop(key, None)
        self._rows[key].update(values)
        for column, index in self._indexes.items():
            if column in values:
                index.setdefault(self.value(key, column), {})[key] = None
        self.version += 1

    def remove(self, key: int) -> None:
        """Delete one row for good."""
        for column, index in self._indexes.items():
            index[self.value(key, column)].pop(key, None)
        del self._rows[key]
        self.version += 1


class Links:
    """Rows as columns of numbers and strings, for the millions that hang on contacts.

    `numbers` and `strings` name the columns. `indexed` columns hold ids and can be asked for with
    `having`. `template` gives one row as JSON text from its id and its values.
    """

    def __init__(
        self,
        numbers: Sequence[str],
        strings: Sequence[str],
        indexed: Sequence[str],
        template: Callable[..., str],
    ) -> None:
        self.columns: dict[str, Column] = {name: array("q") for name in numbers}
        self.columns.update({name: [] for name in strings})
        self._lists = list(self.columns.values())
        self._index: dict[str, dict[int, array[int]]] = {name: {} for name in indexed}
        self._template = template
        self._live: array[int] | None = None  # the ids, once a row was deleted
        self.version = 0
        self._count = 0

    def __contains__(self, key: object) -> bool:
        """Whether there is a row with this id."""
        if not isinstance(key, int) or not 0 < key <= self._count:
            return False
        if self._live is None:
            return True
        place = bisect_left(self._live, key)
        return place < len(self._live) and self._live[place] == key

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.ids())

    def ids(self) -> Sequence[int]:
        """The ids there are, rising."""
        if self._live is None:
            return range(1, self._count + 1)
        return self._live

    def encoded(self, key: int) -> bytes:
        """One row as JSON."""
        return self._template(key, *[column[key - 1] for column in self._lists]).encode()

    def row(self, key: int) -> Row:
        """One row as it reads on the wire."""
        row: Row = json.loads(self.encoded(key))
        return row

    def value(self, key: int, column: str) -> str:
        """One value, as a string."""
        return str(key) if column == "id" else str(self.columns[column][key - 1])

    def at(self, key: int, column: str) -> int:
        """One number."""
        return int(self.columns[column][key - 1])

    def having(self, column: str, value: int) -> Sequence[int]:
        """The ids, rising, of rows that point at an id."""
        return self._index[column].get(value, ())

    def add(self, *values: int | str) -> int:
        """Store one row, its values in the order of the columns; gives its id."""
        for column, value in zip(self._lists, values, strict=True):
            column.append(value)  # type: ignore[arg-type]  # numbers or strings, as the column is
        self._count += 1
        if self._live is not None:
            self._live.append(self._count)
        for name, index in self._index.items():
            _point(index, self.at(self._count, name), self._count)
        self.version += 1
        return self._count

    def change(self, key: int, **values: int | str) -> None:
        """Change some values of one row."""
        for name, value in values.items():
            index = self._index.get(name)
            if index is not None and isinstance(value, int):
                self._withdraw(index, self.at(key, name), key)
                _point(index, value, key)
            _put(self.columns[name], key - 1, value)
        self.version += 1

    def remove(self, key: int) -> None:
        """Delete one row for good."""
        if self._live is None:
            self._live = array("q", self.ids())
        self._live.pop(bisect_left(self._live, key))
        for name, index in self._index.items():
            self._withdraw(index, self.at(key, name), key)
        self.version += 1

    @staticmethod
    def _withdraw(index: dict[int, array[int]], value: int, key: int) -> None:
        keys = index[value]
        keys.pop(bisect_left(keys, key))


def _point(index: dict[int, array[int]], value: int, key: int) -> None:
    keys = index.get(value)
    if keys is None:
        index[value] = array("q", (key,))
    elif keys and keys[-1] > key:
        insort(keys, key)
    else:
        keys.append(key)


def _put(column: Column, place: int, value: int | str) -> None:
    if isinstance(column, list):
        column[place] = str(value)
    else:
        column[place] = int(value)


def pairs(links: Links, contact: int, column: str, value: int) -> int:
    """The id of the row that ties a contact to something, or 0."""
    other = links.columns[column]
    return next((key for key in links.having("contact", contact) if other[key - 1] == value), 0)
