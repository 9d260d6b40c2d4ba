"""The entities of the network: people and workplaces, and which campaigns they are in.

Nobody is stored until somebody changes them: who they are follows from their number. What is kept
for all is the date of the last change and the membership.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec

from sqlcrm_action_builder.sandbox.ids import PREFIX, Ids, named, new
from sqlcrm_action_builder.sandbox.people import (
    BLOCK,
    EXCHANGE,
    KINDS,
    NUMBERS,
    SPREAD,
    Kinds,
    is_unit,
    phone,
)
from sqlcrm_action_builder.sandbox.wire import Row, iso, text

START = 1_667_260_800_000  # 2022-11-01, in milliseconds
END = 1_788_220_800_000  # 2026-09-01: never in the future
_DIGITS = re.compile(r"\d+")
_BACK = pow(SPREAD, -1, EXCHANGE)


class Entities:
    """All entities by number, from 0 on, in the order they were created."""

    def __init__(self, people: int, seed: int, ids: Ids) -> None:
        self.first = people + people // (BLOCK - 1)  # number of the first one created later
        self._ids = ids
        self._kinds = Kinds(seed)
        if self.first > KINDS:
            self._kinds.warm()
        self._step = (END - START) / max(self.first, 1)
        self._rows: dict[int, Row] = {}
        self._uuids: dict[str, int] = {}
        self._contacts: dict[tuple[str, str], set[int]] = defaultdict(set)
        self.born: list[int] = []  # when each one that was created later was
        self.version = 0
        self._before: dict[int, list[int]] = defaultdict(list)  # dates before the last changes
        self.modified = array("q", map(self._changed, range(self.first)))
        self.members = [
            array("l", [n for n in range(self.first) if starts(campaign, n)])
            for campaign in range(4)
        ]
        self._is_member = [bytearray(self.first) for _ in range(4)]
        for campaign, members in enumerate(self.members):
            for number in members:
                self._is_member[campaign][number] = 1

    def __len__(self) -> int:
        """How many there are in the network."""
        return self.first + len(self.born)

    def created(self, number: int) -> int:
        """When an entity came into the network, in milliseconds."""
        if number >= self.first:
            return self.born[number - self.first]
        return START + int(self._step * number) + number * 7919 % 1000

    def _changed(self, number: int) -> int:
        created = START + int(self._step * number) + number * 7919 % 1000
        return created + (END - created) * (number * 48271 % 65536) // 65536

    def uuid(self, number: int) -> str:
        """The identifier of an entity, bare."""
        if number < self.first:
            return "e00" + self._ids.tail(number)
        own: str = self._rows[number]["identifiers"][0]
        return own.removeprefix(PREFIX)

    def number(self, uuid: str) -> int | None:
        """The entity with an identifier, in whichever campaign, or None."""
        later = self._uuids.get(uuid)
        if later is not None or not uuid.startswith("e00"):
            return later
        number = self._ids.number(uuid)
        return number if 0 <= number < self.first else None

    def kind(self, number: int) -> str:
        """The type of an entity."""
        row = self._rows.get(number)
        if row is not None:
            return str(row["action_builder:entity_type"])
        return "unit" if is_unit(number) else "person"

    def is_member(self, campaign: int, number: int) -> bool:
        """Whether an entity is in a campaign."""
        return bool(self._is_member[campaign][number])

    def join(self, campaign: int, number: int) -> None:
        """Put an entity into a campaign, again or for the first time."""
        if not self.is_member(campaign, number):
            members = self.members[campaign]
            members.insert(bisect_left(members, number), number)
            self._is_member[campaign][number] = 1
            self.version += 1

    def leave(self, campaign: int, number: int) -> None:
        """Take an entity out of a campaign; the network keeps it."""
        members = self.members[campaign]
        members.pop(bisect_left(members, number))
        self._is_member[campaign][number] = 0
        self.version += 1

    def body(self, number: int) -> tuple[str, str]:
        """What every campaign tells of an entity: its id, and JSON without the closing brace."""
        row = self._rows.get(number)
        if row is None:
            return self._made(number)
        row["modified_date"] = iso(self.modified[number])
        return self.uuid(number), text(row)[:-1]

    def row(self, number: int) -> Row:
        """A copy of what every campaign tells of an entity."""
        row: Row = msgspec.json.decode(self.body(number)[1] + "}")
        return row

    def _made(self, number: int) -> tuple[str, str]:
        tail = self._ids.tail(number)
        return "e00" + tail, self._kinds.template(number) % {
            "tail": tail,
            "created": iso(self.created(number)),
            "modified": iso(self.modified[number]),
            "n": number,
            "half": number // 2,
            "dwid": number + NUMBERS,
            "phone0": phone(number),
            "phone1": phone(number, 1),
        }

    def create(self, row: Row, now: int) -> int:
        """A new entity, in no campaign yet. Its identifier and dates are added to the row."""
        number = len(self)
        uuid = new()
        self.born.append(now)
        self.modified.append(now)
        for members in self._is_member:
            members.append(0)
        head = {
            "origin_system": "Action Builder",
            "identifiers": [named(uuid), *row.pop("identifiers", ())],
            "created_date": iso(now),
            "modified_date": iso(now),
        }
        self._uuids[uuid] = number
        self._keep(number, {**head, **row})
        return number

    def change(self, number: int, row: Row, now: int) -> bool:
        """Give an entity new values; False where they are what it has."""
        if row == self.row(number):
            return False
        self._keep(number, row)
        self.touch(number, now)
        return True

    def touch(self, number: int, now: int) -> None:
        """Something of an entity changed; its date moves in any case."""
        old = self.modified[number]
        self._before[number] = [*self._before[number][-19:], old]
        self.modified[number] = max(now, old + 1)
        self.version += 1

    def seen(self, settled: int) -> Sequence[int]:
        """Dates of the last change as filters see them that do not know the newest changes yet."""
        dates = self.modified[:]
        for number, old in self._before.items():
            if dates[number] > settled:
                dates[number] = next((d for d in reversed(old) if d <= settled), old[0])
        return dates

    def find(self, column: str, value: str) -> list[int]:
        """Everybody who has an e-mail address, a telephone number or an identifier."""
        wanted = value.lower() if column == "email_address" else value
        numbers = set(self._candidates(column, value)) | self._contacts.get((column, wanted), set())
        return [n for n in sorted(numbers) if wanted in _contacts(column, self.row(n))]

    def _candidates(self, column: str, value: str) -> Sequence[int]:
        """Who could have a value by the numbers in it, in the data at the start."""
        if column == "identifier" and value.startswith(PREFIX):
            number = self.number(value.removeprefix(PREFIX))
            return [] if number is None else [number]
        found = []
        for digits in _DIGITS.findall(value[:200]):
            there = int(digits[:12])
            found += [there, 2 * there, 2 * there + 1, there - NUMBERS]
            if column == "phone_number":
                found.append((int(digits[-7:]) - 2_000_000) * _BACK % EXCHANGE)
        return [n for n in found if 0 <= n < self.first]

    def _keep(self, number: int, row: Row) -> None:
        self._rows[number] = row
        self.version += 1
        for column in COLUMNS:
            for value in _contacts(column, row):
                self._contacts[column, value].add(number)


def starts(campaign: int, number: int) -> bool:
    """Whether an entity is in a campaign in the data at the start; some are in none."""
    if campaign == 1:
        return number % 10 != 9
    if campaign == 2:
        return number % 3 == 1
    return campaign == 3 and number // 2 % 7 == 2 and not is_unit(number)


COLUMNS: dict[str, Callable[[Row], list[str]]] = {
    "email_address": lambda row: [entry["address"].lower() for entry in row["email_addresses"]],
    "phone_number": lambda row: [entry["number"] for entry in row["phone_numbers"]],
    "identifier": lambda row: row["identifiers"],
}
"""What people are found by, and where in their row it is."""


def _contacts(column: str, row: Row) -> list[str]:
    return COLUMNS[column](row)
