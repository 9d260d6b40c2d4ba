"""Everything one group holds, and what hangs together in it."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from sqlcrm.sandbox import Options
from sqlcrm_action_network.sandbox.ids import Ids
from sqlcrm_action_network.sandbox.kinds import KINDS, RECORDS
from sqlcrm_action_network.sandbox.people import People
from sqlcrm_action_network.sandbox.population import Population
from sqlcrm_action_network.sandbox.records import Make, Records
from sqlcrm_action_network.sandbox.switches import Switches
from sqlcrm_action_network.sandbox.tables import Table
from sqlcrm_action_network.sandbox.wire import HOME, Row

Found = TypeVar("Found")
_KEPT = 256  # computed answers kept


class Store:
    """One group: its people, its actions and what people did."""

    def __init__(
        self, options: Options, switches: Switches, makes: dict[str, Make], made: Population
    ) -> None:
        self.options = options
        self.switches = switches
        self.clock = options.clock
        token = secrets.token_hex(4)  # the group is a new one at each start
        self.title = f"Sandbox group {token}"
        self.url = f"{HOME}/groups/sandbox-group-{token}"
        self.people = People(made, Ids("people", options.seed))
        self.tables = {path: Table(Ids(path, options.seed)) for path in KINDS}
        self.records = {path: Records(Ids(path, options.seed), makes[path]) for path in RECORDS}
        self.tables["events"].listed = lambda row: not row.get("_foreign")
        self.custom_fields: list[Row] = []
        self.drift: float | None = None  # which part of each list has a hole at the moment
        self.version = 0  # goes up with every call that may write
        self.done: Callable[[str, Row, Row], None] = lambda _path, _body, _row: None
        self._results: OrderedDict[Hashable, tuple[object, object]] = OrderedDict()

    def now(self) -> int:
        """The time of day, in epoch seconds."""
        return int(self.clock.now().timestamp())

    def results(self, key: Hashable, version: object, find: Callable[[], Found]) -> Found:
        """What `find` gives, or gave when it was last asked, if nothing changed since."""
        kept = self._results.get(key)
        if kept is None or kept[0] != version:
            kept = self._results[key] = (version, find())
            if len(self._results) > _KEPT:
                self._results.popitem(last=False)
        self._results.move_to_end(key)
        return cast("Found", kept[1])

    def tag(self, name: str) -> int | None:
        """The tag with this name, or None."""
        names = {row["name"]: number for number, row in enumerate(self.tables["tags"].rows)}
        return names.get(name)
