"""What people did: signatures, attendees, members of groups. Compact, rows made on demand.

An act belongs to one parent (a petition, an event, a group) and one member, who acts there once.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence

from sqlcrm_controlshift.sandbox.people import END, FIRST_ID, START
from sqlcrm_controlshift.sandbox.wire import Row

_CACHED = 200_000  # rows kept as JSON
_NONE = 0


class Acts:
    """All acts of one kind.

    `make` makes up the row of one of the first acts from (id, parent, member, time).
    `render` gives a row as JSON.
    """

    def __init__(self, first_id: int, people: int) -> None:
        self._first = first_id
        self._parents = array("I")
        self._who = array("I")
        self._head = array("I", bytes(4 * people))  # of each member, the last act + 1
        self._before = array("I")  # of each act, the same member's one before it + 1
        self._lists: dict[int, array[int]] = {}
        self._of_newer: dict[int, list[int]] = {}
        self._changed: dict[int, Row | None] = {}
        self._wire: dict[int, bytes] = {}
        self._next = first_id
        self._gone = 0
        self.made = 0
        self.make: Callable[[int, int, int, int], Row]
        self.render: Callable[[Row], bytes]

    def fill(self, pairs: Iterable[tuple[int, int]]) -> None:
        """The acts there are at the start, oldest first, as (parent, index of the member)."""
        for number, (parent, index) in enumerate(pairs):
            self._parents.append(parent)
            self._who.append(index)
            self._before.append(self._head[index])
            self._head[index] = number + 1
            if parent not in self._lists:
                self._lists[parent] = array("I")
            self._lists[parent].append(self._first + number)
        self.made = len(self._parents)
        self._next = self._first + self.made

    def __len__(self) -> int:
        """How many there are."""
        return self._next - self._first - self._gone

    def ids(self) -> Iterator[int]:
        """The ids there are, rising."""
        changed = self._changed
        return (
            key
            for key in range(self._first, self._next)
            if key not in changed or changed[key] is not None
        )

    def get(self, key: int) -> Row | None:
        """One act, or None. Not to be changed: see `change`."""
        if key in self._changed:
            return self._changed[key]
        number = key - self._first
        if not 0 <= number < self.made:
            return None
        who = FIRST_ID + self._who[number]
        return self.make(key, self._parents[number], who, self.time(key))

    def row(self, key: int) -> Row:
        """One act. Raises: KeyError."""
        row = self.get(key)
        if row is None:
            raise KeyError(key)
        return row

    def time(self, key: int) -> int:
        """When a made-up act happened: the ids rise with the time."""
        return int(START + (key - self._first) * (END - START) / max(self.made, 1))

    def rows(self) -> Iterator[Row]:
        """All of them."""
        return (self.row(key) for key in self.ids())

    def of(self, parent: int) -> Sequence[int]:
        """The ids at one parent, rising."""
        return self._lists.get(parent, ())

    def made_by(self, member: int) -> list[int]:
        """The ids of a member's acts at the start, rising, whatever became of them."""
        found: list[int] = []
        index = member - FIRST_ID
        number = self._head[index] if 0 <= index < len(self._head) else _NONE
        while number != _NONE:
            found.append(self._first + number - 1)
            number = self._before[number - 1]
        return found[::-1]

    def of_member(self, member: int) -> list[int]:
        """The ids of one member, rising."""
        found = [*self.made_by(member), *self._of_newer.get(member, ())]
        return [key for key in found if self.get(key) is not None]

    def find(self, parent: int, member: int) -> int:
        """The id of a member's act at a parent, or 0."""
        return next((key for key in self.of_member(member) if self.row(key)["parent"] == parent), 0)

    def add(self, row: Row) -> Row:
        """Store a new one; gives it with its id."""
        key = self._next
        self._next += 1
        row["id"] = key
        self._changed[key] = row
        self._lists.setdefault(row["parent"], array("I")).append(key)
        self._of_newer.setdefault(row["member"], []).append(key)
        return row

    def change(self, key: int) -> Row:
        """The row of an act that is there, to be changed in place."""
        row = self.row(key)
        self._changed[key] = row
        self._wire.pop(key, None)
        return row

    def remove(self, key: int) -> None:
        """Delete one for good."""
        self._lists[self.row(key)["parent"]].remove(key)
        self._changed[key] = None
        self._wire.pop(key, None)
        self._gone += 1

    def encoded(self, key: int) -> bytes:
        """One as JSON."""
        found = self._wire.get(key)
        if found is None:
            if len(self._wire) >= _CACHED:
                self._wire.clear()
            found = self._wire[key] = self.render(self.row(key))
        return found
