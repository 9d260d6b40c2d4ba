"""The whole network: its campaigns, entities, answers and connections, and what shows of them."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from sqlcrm.sandbox import Call, Options
from sqlcrm_action_builder.sandbox.answers import Answers
from sqlcrm_action_builder.sandbox.campaigns import Campaign, Office
from sqlcrm_action_builder.sandbox.connections import Connections
from sqlcrm_action_builder.sandbox.entities import START, Entities
from sqlcrm_action_builder.sandbox.ids import Ids
from sqlcrm_action_builder.sandbox.switches import Switches
from sqlcrm_action_builder.sandbox.wire import TOP

_KEPT = 64  # answers to queries kept, so that paging through one does not search again
_LEVELS = (0, 0, 1, 2, 3, 0, 4, 5, 0, 3, 2, 0, 1)  # assessments in the data at the start


_NO_CALL = Call("GET", "")


class Assessment(NamedTuple):
    """How somebody was assessed last; `level` None where the assessment was cleared."""

    level: int | None
    created: int


class Network:
    """Everything one key gives access to."""

    def __init__(self, options: Options) -> None:
        ids = Ids(options.seed)
        self.account = f"sandbox-{secrets.token_hex(4)}"
        self.origin = f"https://{self.account}.actionbuilder.org"
        self.clock = options.clock
        self.switches = Switches()
        self.office = Office(ids, options.seed, START)
        self.entities = Entities(options.people, options.seed, ids)
        self.connections = Connections(ids, self.entities)
        self.answers = Answers(ids, self.office, self.entities, self.connections)
        self.hidden: Random | None = None
        self.next_origin = ""
        self._assessed: dict[tuple[int, int], Assessment] = {}
        self._results: OrderedDict[object, tuple[int, Sequence[Any]]] = OrderedDict()

    def now(self) -> int:
        """The time of day, in milliseconds."""
        return int(self.clock.now().timestamp() * 1000)

    def settled(self) -> int:
        """Changes after this moment are not seen by lists and filters yet."""
        return self.now() - int(self.switches.lag * 1000)

    def assessment(self, campaign: int, number: int) -> Assessment:
        """How somebody was assessed last in a campaign."""
        own = self._assessed.get((campaign, number))
        if own is not None:
            return own
        level = _LEVELS[(number + campaign) % 13] if number < self.entities.first else 0
        return Assessment(level or None, self.entities.created(number) + 3_600_000)

    def assess(self, campaign: int, number: int, level: int | None, now: int) -> bool:
        """Assess somebody, or clear it with None; False where nothing changes."""
        if self.assessment(campaign, number).level == level:
            return False
        self._assessed[campaign, number] = Assessment(level, now)
        return True

    def results(self, key: object, find: Callable[[], Sequence[Any]]) -> Sequence[Any]:
        """What `find` gives, or gave when it was last asked, if nothing changed since."""
        version = self.entities.version + self.answers.version + self.connections.version
        kept = self._results.get(key)
        if kept is None or kept[0] != version or self.switches.lag:
            kept = self._results[key] = (version, find())
            if len(self._results) > _KEPT:
                self._results.popitem(last=False)
        self._results.move_to_end(key)
        return kept[1]


@dataclass(frozen=True, slots=True)
class View:
    """The network as one campaign shows it, to one call; `keys` are the ids in its path."""

    network: Network
    campaign: Campaign
    base: str  # address of the campaign
    call: Call = _NO_CALL
    keys: Sequence[str] = ()

    @property
    def number(self) -> int:
        """The number of the campaign."""
        return self.campaign.number

    def there(self, number: int) -> bool:
        """Whether an entity is in the campaign."""
        return self.network.entities.is_member(self.number, number)


def view(
    network: Network, campaign: Campaign, call: Call = _NO_CALL, keys: Sequence[str] = ()
) -> View:
    """What a campaign shows."""
    base = f"{network.origin}{TOP}/campaigns/{campaign.uuid}"
    return View(network, campaign, base, call, keys)


def curies() -> Sequence[Mapping[str, object]]:
    """Where relations are documented."""
    href = "https://actionbuilder.org/docs/v1/{rel}"
    return [{"name": name, "href": href, "templated": True} for name in ("osdi", "action_builder")]
