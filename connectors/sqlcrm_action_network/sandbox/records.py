"""Records: what people did, such as signatures and taggings. Millions of them, kept compact.

The records there are at the start are made up on demand, as people are.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from sqlcrm_action_network.sandbox.ids import Ids
from sqlcrm_action_network.sandbox.wire import Row

NOBODY = 0xFFFFFFFF  # the person of a few donations: an address that leads nowhere
Make = Callable[[int, int, int], Row]
"""(number of the record, of its parent, of its person) -> its values, dates included."""


class Records:
    """One kind of records, each with a parent (a petition, a tag, …) and a person."""

    def __init__(self, ids: Ids, make: Make) -> None:
        self.ids = ids
        self._make = make
        self.parent = array("I")
        self.person = array("I")
        self._first = array("I", (0,))  # by person: the first of the records made up in order
        self._later: dict[int, list[int]] = {}
        self._by_parent: dict[int, array[int]] = {}
        self._values: dict[int, Row] = {}
        self._gone: set[int] = set()
        self.version = 0  # goes up with every change

    def fill(self, parents: Iterable[int]) -> None:
        """Make up the records of the next person, one for each parent."""
        person = len(self._first) - 1
        for parent in parents:
            self._append(parent, person)
        self._first.append(len(self.parent))

    def orphan(self, parent: int) -> None:
        """Make up one more whose person cannot be found; after all others."""
        self._append(parent, NOBODY)

    def close(self) -> None:
        """All that was there at the start is made up."""
        self.ids.base = len(self.parent)

    def numbers(self) -> Sequence[int]:
        """All records, oldest first."""
        everything = range(len(self.parent))
        if not self._gone:
            return everything
        return [number for number in everything if number not in self._gone]

    def __contains__(self, number: object) -> bool:
        """Whether there is such a record."""
        return (
            isinstance(number, int) and 0 <= number < len(self.parent) and number not in self._gone
        )

    def of_parent(self, parent: int) -> Sequence[int]:
        """The records of one petition, tag, …"""
        return self._by_parent.get(parent, ())

    def of_person(self, person: int) -> list[int]:
        """The records of one person."""
        made: Sequence[int] = ()
        if person < len(self._first) - 1:
            made = range(self._first[person], self._first[person + 1])
        kept = [
            number for number in made if number not in self._gone and self.person[number] == person
        ]
        return kept + [one for one in self._later.get(person, ()) if one not in self._gone]

    def between(self, parent: int, person: int) -> int | None:
        """The record of this person with this parent, or None."""
        return next((one for one in self.of_person(person) if self.parent[one] == parent), None)

    def find(self, key: str) -> int | None:
        """The record with this id, or None."""
        number = self.ids.find(key)
        return number if number in self else None

    def values(self, number: int) -> Row:
        """What a record says besides its ids and links."""
        values = self._values.get(number)
        if values is not None:
            return values
        return self._make(number, self.parent[number], self.person[number])

    def add(self, parent: int, person: int, values: Row) -> int:
        """A new record."""
        number = self.ids.add()
        self._append(parent, person)
        self._later.setdefault(person, []).append(number)
        self._values[number] = values
        return number

    def change(self, number: int, values: Row) -> None:
        """Change some values of a record."""
        self._values[number] = {**self.values(number), **values}
        self.version += 1

    def remove(self, number: int) -> None:
        """Delete a record for good."""
        numbers = self._by_parent[self.parent[number]]
        numbers.pop(bisect_left(numbers, number))
        self._gone.add(number)
        self.version += 1

    def move(self, number: int, person: int) -> None:
        """Give a record to the person that its own one was merged into."""
        self._values[number] = self.values(number)
        self.person[number] = person
        self._later.setdefault(person, []).append(number)
        self.version += 1

    def _append(self, parent: int, person: int) -> None:
        numbers = self._by_parent.get(parent)
        if numbers is None:
            numbers = self._by_parent[parent] = array("I")
        numbers.append(len(self.parent))
        self.parent.append(parent)
        self.person.append(person)
        self.version += 1
