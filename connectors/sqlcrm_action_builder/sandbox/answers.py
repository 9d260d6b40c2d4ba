"""Taggings: the answers that people, workplaces and connections have given.

What the data at the start holds follows from the number of the entity, as in `entities`; the
answers of one item in one scope are stored once they change. A scope is a campaign, or the whole
network for fields of universal sections; an item is an entity's number, or the two of a connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlcrm_action_builder.sandbox.campaigns import UNIVERSAL, Field, Office, Tag
from sqlcrm_action_builder.sandbox.connections import Connections
from sqlcrm_action_builder.sandbox.entities import Entities, starts
from sqlcrm_action_builder.sandbox.ids import Ids, new
from sqlcrm_action_builder.sandbox.names import NOTES
from sqlcrm_action_builder.sandbox.people import is_unit
from sqlcrm_action_builder.sandbox.wire import day

Item = int | tuple[int, int]
_SCOPES = "89ab"  # first digit of an answer's id, by scope


@dataclass(frozen=True, slots=True)
class Tagging:
    """One answer. `response`: the number, date or text; None for a field of plain answers."""

    uuid: str
    tag: Tag
    created: int
    response: str | float | None = None


class Answers:
    """All taggings by scope and item."""

    def __init__(
        self, ids: Ids, office: Office, entities: Entities, connections: Connections
    ) -> None:
        self._ids = ids
        self._office = office
        self._entities = entities
        self._connections = connections
        self._own: dict[tuple[int, Item], list[Tagging]] = {}
        self._owners: dict[str, tuple[int, Item]] = {}
        self._fields: list[list[Field]] = [
            [f for f in office.fields.values() if f.scope(scope) == scope and f.within(scope)]
            for scope in range(4)
        ]
        self.version = 0

    def of(self, scope: int, item: Item) -> Sequence[Tagging]:
        """The answers of one item in one scope, tags that are not active any more included."""
        own = self._own.get((scope, item))
        return self._made(scope, item) if own is None else own

    def shown(self, campaign: int, item: Item) -> list[Tagging]:
        """The answers of one item that a campaign shows."""
        local = [found for found in self.of(campaign, item) if found.tag.active(campaign)]
        return [*local, *self.of(UNIVERSAL, item)]

    def tagged(self, campaign: int, tag: Tag) -> list[tuple[Item, Tagging | None]]:
        """Everything in a campaign that has a tag of its own, with None for a tagging to `make`."""
        own = {item: made for (scope, item), made in self._own.items() if scope == campaign}
        rows: list[tuple[Item, Tagging | None]] = [
            (item, None) for item in self._first(campaign, tag) if item not in own
        ]
        for item, taggings in own.items():
            if self.there(campaign, item):
                rows += [(item, found) for found in taggings if found.tag is tag]
        return sorted(rows, key=_place) if own else rows

    def make(self, campaign: int, item: Item, tag: Tag) -> Tagging:
        """The tagging of the data at the start that `tagged` left out."""
        return next(found for found in self.of(campaign, item) if found.tag is tag)

    def there(self, campaign: int, item: Item) -> bool:
        """Whether an entity, or both ends of a connection, are in a campaign."""
        ends = (item,) if isinstance(item, int) else item
        return all(self._entities.is_member(campaign, end) for end in ends)

    def _first(self, campaign: int, tag: Tag) -> Iterable[Item]:
        """Who in a campaign had a tag in the data at the start."""
        field = tag.field
        if campaign not in tag.starts:
            return ()
        wanted = field.kinds(tag)
        if field.plan.about == "connection":
            made = self._connections.made
            pairs = (pair for pair in self._connections.pairs(campaign) if made(campaign, *pair))
            return [pair for pair in pairs if field.kind(sum(pair)) in wanted]
        unit, last = field.plan.about == "unit", self._entities.first
        members = self._entities.members[campaign]
        return [
            n
            for n in members
            if field.kind(n) in wanted and is_unit(n) is unit and n < last and starts(campaign, n)
        ]

    def add(self, scope: int, item: Item, tag: Tag, response: str | float | None, now: int) -> None:
        """One more answer."""
        own = self._keep(scope, item)
        own.append(Tagging(new(), tag, now, response))
        self._owners[own[-1].uuid] = (scope, item)

    def remove(self, scope: int, item: Item, gone: Sequence[Tagging]) -> None:
        """Answers that are no more."""
        own = self._keep(scope, item)
        for found in gone:
            own.remove(found)

    def find(self, uuid: str, campaign: int) -> tuple[int, Item, Tagging] | None:
        """(scope, item, tagging) by the id of the tagging, if a campaign shows it."""
        owner = self._owners.get(uuid) or self._owner(uuid, campaign)
        if owner is None or owner[0] not in (UNIVERSAL, campaign):
            return None
        scope, item = owner
        found = (found for found in self.of(scope, item) if found.uuid == uuid)
        return next(((scope, item, one) for one in found if one.tag.active(campaign)), None)

    def _owner(self, uuid: str, campaign: int) -> tuple[int, Item] | None:
        """Whose answer it is, by an id of the data at the start."""
        if uuid.startswith("c"):
            connection = self._connections.by_id(campaign, f"d{uuid[1:]}")
            return None if connection is None else (campaign, connection.pair)
        number = self._ids.number(uuid)
        if uuid[:1] not in tuple(_SCOPES) or not 0 <= number < self._entities.first:
            return None
        return _SCOPES.index(uuid[0]), number

    def _keep(self, scope: int, item: Item) -> list[Tagging]:
        self.version += 1
        own = self._own.get((scope, item))
        if own is None:
            own = self._own[scope, item] = list(self._made(scope, item))
        return own

    def _made(self, scope: int, item: Item) -> list[Tagging]:
        if not isinstance(item, int):
            return self._made_of_connection(scope, item)
        kind = "unit" if is_unit(item) else "person"
        if item >= self._entities.first or not (starts(scope, item) or scope == UNIVERSAL):
            return []
        made = []
        tail = ""
        created = self._entities.created(item)
        for field in self._fields[scope]:
            if field.plan.about != kind:
                continue
            for place in field.pick(item):
                tag = field.tags[place]
                if scope == UNIVERSAL or scope in tag.starts:
                    tail = tail or self._ids.tail(item)
                    uuid = f"{_SCOPES[scope]}{tag.number:02x}{tail}"
                    made.append(Tagging(uuid, tag, created, _response(field, item, created)))
        return made

    def _made_of_connection(self, campaign: int, item: tuple[int, int]) -> list[Tagging]:
        connection = self._connections.made(campaign, *item) if campaign else None
        if connection is None:
            return []
        field = self._office.fields["Connection", "Relation"]
        uuid = f"c{connection.uuid[1:]}"
        places = field.pick(sum(item))
        return [Tagging(uuid, field.tags[place], connection.created) for place in places]


def _place(row: tuple[Item, Tagging | None]) -> tuple[int, ...]:
    """Where a row belongs: entities first, each in the order of its number."""
    item = row[0]
    return (0, item) if isinstance(item, int) else (1, *item)


def _response(field: Field, number: int, created: int) -> str | float | None:
    match field.plan.type:
        case "number":
            return number * 13 % 60 + (0.5 if number % 9 == 0 else 0)
        case "date":
            return day(created - number * 86_400_000 % 900_000_000_000)
        case "note":
            return NOTES[number % len(NOTES)]
        case _:
            return None
