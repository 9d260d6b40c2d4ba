"""Who is connected with whom in each campaign: neighbours, and people with their workplace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqlcrm_action_builder.sandbox.entities import Entities, starts
from sqlcrm_action_builder.sandbox.ids import Ids, new
from sqlcrm_action_builder.sandbox.people import BLOCK, is_unit

_PAIR, _UNIT = "0", "1"  # third digit of an id: neighbours, or a person and a workplace


@dataclass(slots=True, eq=False)
class Connection:
    """One connection; `one` and `other` are numbers of entities, the smaller first."""

    uuid: str
    campaign: int
    one: int
    other: int
    created: int
    modified: int
    inactive: bool = False

    @property
    def pair(self) -> tuple[int, int]:
        """Both ends."""
        return self.one, self.other

    def end(self, number: int) -> int:
        """The end that is not this one."""
        return self.other if number == self.one else self.one


class Connections:
    """All connections; there is one for each pair and campaign, from whichever end one looks."""

    def __init__(self, ids: Ids, entities: Entities) -> None:
        self._ids = ids
        self._entities = entities
        self._own: dict[tuple[int, int, int], Connection] = {}
        self._added: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._uuids: dict[str, Connection] = {}
        self.version = 0

    def of(self, campaign: int, number: int) -> list[Connection]:
        """The connections of an entity with others that are in the campaign."""
        others = dict.fromkeys(self._neighbours(number))
        others.update(dict.fromkeys(self._added.get((campaign, number), ())))
        found = [self.between(campaign, number, other) for other in others]
        member = self._entities.is_member
        return [one for one in found if one is not None and member(campaign, one.end(number))]

    def between(self, campaign: int, one: int, other: int) -> Connection | None:
        """The connection of two entities in a campaign."""
        if one > other:
            one, other = other, one
        own = self._own.get((campaign, one, other))
        return self.made(campaign, one, other) if own is None else own

    def by_id(self, campaign: int, uuid: str) -> Connection | None:
        """The connection with an id, if it is in the campaign."""
        later = self._uuids.get(uuid)
        if later is not None:
            return later if later.campaign == campaign else None
        number = self._ids.number(uuid)
        if uuid[:2] != f"d{campaign}" or number < 0:
            return None
        other = number + 1 if uuid[2] == _PAIR else _workplace(number)
        found = self.between(campaign, number, other)
        return found if found is not None and found.uuid == uuid else None

    def pairs(self, campaign: int) -> Iterator[tuple[int, int]]:
        """Every pair that is connected in a campaign, both ends being in it."""
        first, member = self._entities.first, self._entities.is_member
        for one in self._entities.members[campaign]:
            for other in self._neighbours(one) if one < first and not is_unit(one) else ():
                if (
                    one < other < first
                    and member(campaign, other)
                    and self.made(campaign, one, other)
                ):
                    yield one, other
        for scope, one, other in self._own:
            there = scope == campaign and member(campaign, one) and member(campaign, other)
            if there and self.made(campaign, one, other) is None:
                yield one, other

    def add(self, campaign: int, one: int, other: int, now: int) -> Connection:
        """A new connection, active."""
        one, other = sorted((one, other))
        connection = Connection(new(), campaign, one, other, now, now)
        self._added[campaign, one].append(other)
        self._added[campaign, other].append(one)
        self._uuids[connection.uuid] = connection
        self._keep(connection)
        return connection

    def switch(self, connection: Connection, inactive: bool, now: int) -> None:
        """Make a connection active or inactive."""
        connection.inactive = inactive
        connection.modified = max(now, connection.modified + 1)
        self._keep(connection)

    def _keep(self, connection: Connection) -> None:
        self._own[connection.campaign, connection.one, connection.other] = connection
        self.version += 1

    def _neighbours(self, number: int) -> list[int]:
        """Whom an entity could be connected with in the data at the start."""
        if number >= self._entities.first:
            return []
        if is_unit(number):
            return list(range(number - BLOCK + 1, number))
        return list({number ^ 1, _workplace(number)})

    def made(self, campaign: int, one: int, other: int) -> Connection | None:
        """The connection of two entities in the data at the start; `one` is the smaller number."""
        if other >= self._entities.first or not (starts(campaign, one) and starts(campaign, other)):
            return None
        kind = ""
        if other == one ^ 1 and one // 2 % 4 == 0 and not is_unit(one) and not is_unit(other):
            kind = _PAIR
        elif other == _workplace(one) and one % 8 and not is_unit(one):
            kind = _UNIT
        if not kind:
            return None
        created = self._entities.created(other) + 1000
        uuid = f"d{campaign}{kind}{self._ids.tail(one)}"
        return Connection(uuid, campaign, one, other, created, created, one % 7 == 3)


def _workplace(number: int) -> int:
    """The workplace of the block somebody is in."""
    return number // BLOCK * BLOCK + BLOCK - 1
