"""What only people in the office make on the web pages: campaigns, types, sections and fields.

Also the tags, which are the possible answers to a field. A tag exists once in the network and is
active in some campaigns; a field of a universal section belongs to all of them at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from uuid import UUID, uuid4

from sqlcrm_action_builder.sandbox.ids import Ids, new
from sqlcrm_action_builder.sandbox.plan import FIELDS, Plan
from sqlcrm_action_builder.sandbox.wire import Row

FIRST = "c0000000-0000-4000-8000-000000000001"  # what a configuration names; never another
UNIVERSAL = 0  # scope of answers that every campaign shows
_PICKS = 37  # people come in so many kinds, as to each field; a prime


@dataclass(slots=True, eq=False)
class Campaign:
    """One campaign. `number` counts from 1. Only the first keeps its id at each start."""

    number: int
    name: str
    uuid: str
    types: dict[str, str]
    connection_types: dict[tuple[str, str], str]

    def connection_type(self, one: str, other: str) -> str:
        """The name of the type that connects entities of two types, "" if there is none."""
        pair = (one, other) if (one, other) in self.connection_types else (other, one)
        return " + ".join(PLURALS[kind] for kind in pair) if pair in self.connection_types else ""


PLURALS = {"person": "People", "unit": "Units"}


@dataclass(slots=True, eq=False)
class Tag:
    """One possible answer. `starts`: where it is active in the data at the start."""

    uuid: str
    number: int
    name: str
    field: Field
    campaigns: set[int]
    created: int
    modified: int
    addresses: list[Row] = dataclasses.field(default_factory=list)
    starts: frozenset[int] = frozenset()

    def active(self, campaign: int) -> bool:
        """Whether it may be answered, and its answers are shown, in a campaign."""
        return self.field.universal or campaign in self.campaigns


@dataclass(slots=True, eq=False)
class Field:
    """One field of one section."""

    plan: Plan
    tags: list[Tag] = dataclasses.field(default_factory=list)
    picks: list[tuple[int, ...]] = dataclasses.field(default_factory=list)
    shift: int = 0

    @property
    def universal(self) -> bool:
        """Whether there is one for the whole network, not one for each campaign."""
        return not self.plan.campaigns

    @property
    def key(self) -> tuple[str, str]:
        """(section, field): what it is found by."""
        return self.plan.section, self.plan.name

    def within(self, campaign: int) -> bool:
        """Whether the field is there in a campaign."""
        return self.universal or campaign in self.plan.campaigns

    def scope(self, campaign: int) -> int:
        """Where an answer that is given in a campaign belongs."""
        return UNIVERSAL if self.universal else campaign

    def pick(self, number: int) -> tuple[int, ...]:
        """Places of the tags that somebody has in the data at the start."""
        return self.picks[self.kind(number)]

    def kind(self, number: int) -> int:
        """Of which kind somebody is, as to this field."""
        return (number * 11 + self.shift) % _PICKS

    def kinds(self, tag: Tag) -> set[int]:
        """The kinds of people that have a tag in the data at the start."""
        return {
            kind
            for kind, places in enumerate(self.picks)
            if tag.number - self.tags[0].number in places
        }

    def named(self, name: str) -> Tag | None:
        """The tag with a name, active anywhere or nowhere."""
        return next((tag for tag in self.tags if tag.name == name), None)


class Office:
    """Everything of the network that is not an entity."""

    def __init__(self, ids: Ids, seed: int, start: int) -> None:
        self.campaigns = [
            Campaign(
                1, "Warehouse drive", FIRST, _types(1, "person", "unit"), _pairs(1, unit=True)
            ),
            Campaign(
                2, "Drivers' campaign", new(), _types(2, "person", "unit"), _pairs(2, unit=True)
            ),
            Campaign(3, "Café workers", new(), _types(3, "person"), _pairs(3, unit=False)),
        ]
        self.start = start
        self.tags: dict[str, Tag] = {}
        self.by_number: list[Tag] = []
        self.fields = {plan.key: Field(plan) for plan in FIELDS}
        random = Random(f"{seed}:fields")  # noqa: S311 - made-up data, no secret
        for place, made in enumerate(self.fields.values()):
            for value in made.plan.values:
                number = len(self.by_number)
                starts = frozenset(value.campaigns or made.plan.campaigns)
                created = start + 86_400_000 * number
                tag = Tag(
                    "700" + ids.tail(number), number, value.name, made, set(starts),
                    created, created, [dict(row) for row in value.addresses], starts,
                )  # fmt: skip
                self.add(tag)
            made.shift = place * 5
            made.picks = list(_picks(made, random))

    def add(self, tag: Tag) -> None:
        """A new possible answer."""
        self.tags[tag.uuid] = tag
        self.by_number.append(tag)
        tag.field.tags.append(tag)

    def campaign(self, uuid: str) -> Campaign | None:
        """The campaign with an id."""
        return next((campaign for campaign in self.campaigns if campaign.uuid == uuid), None)

    def create(self, made: Field, name: str, campaign: int, now: int) -> Tag:
        """A new tag, or the one that has the name already, active in the campaign."""
        tag = made.named(name)
        if tag is None:
            tag = Tag(new(), len(self.by_number), name, made, set(), now, now)
            self.add(tag)
        if not made.universal and campaign not in tag.campaigns:
            tag.campaigns.add(campaign)
            tag.modified = now
        return tag

    def active(self, campaign: int) -> list[Tag]:
        """The tags of a campaign, those of universal sections included."""
        return [tag for tag in self.by_number if tag.active(campaign)]


def _picks(made: Field, random: Random) -> Iterator[tuple[int, ...]]:
    """Who has which tags, for each kind of people; some have none."""
    places = range(len(made.tags))
    for kind in range(_PICKS):
        if not places or random.random() >= made.plan.share:
            yield ()
        elif made.plan.several:
            yield tuple(sorted(random.sample(places, 1 + kind % min(3, len(places)))))
        else:
            yield (places[int(random.random() ** 1.5 * len(places))],)


def _types(campaign: int, *kinds: str) -> dict[str, str]:
    return {kind: _uuid(campaign, 0x10 + place) for place, kind in enumerate(kinds)}


def _pairs(campaign: int, unit: bool) -> dict[tuple[str, str], str]:
    pairs = [("person", "person"), ("person", "unit")] if unit else [("person", "person")]
    return {pair: _uuid(campaign, 0x20 + place) for place, pair in enumerate(pairs)}


def _uuid(campaign: int, number: int) -> str:
    """Types of the first campaign keep their ids, as it does; the others' are new."""
    if campaign > 1:
        return str(uuid4())
    return str(UUID(int=UUID(FIRST).int + number))
