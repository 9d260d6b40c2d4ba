"""Takes the rows of other tables off the pages of a read that carries them beside its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlcrm.execution.engine import Engine
from sqlcrm.execution.unseen import Unseen
from sqlcrm.planner.access import Access
from sqlcrm.planner.plan import Scan
from sqlcrm.sdk import Column, Include, Table, dig, rows_at


@dataclass(frozen=True, slots=True)
class Companion:
    """A scan whose rows come beside those of another one, and the stage that they go to."""

    scan: Scan
    include: Include
    target: str

    @property
    def columns(self) -> list[Column]:
        """The columns of its stage."""
        return [c for c in self.scan.relation.table.columns if c.name in self.scan.columns]


def asking(access: Access, companions: Sequence[Companion]) -> Access:
    """Return an access that also asks for what its companions need."""
    if not companions:
        return access
    read = access.read
    pairs = [pair for one in companions for pair in one.include.query]
    pairs += [c.sideload.ask for one in companions for c in one.columns if c.sideload is not None]
    expects = [path for one in companions for path in one.include.expects]
    always = tuple(dict.fromkeys((*read.always, *pairs)))
    return replace(access, read=replace(read, always=always, expects=(*read.expects, *expects)))


class Carried:
    """The rows of one companion. keys: the values of `include.by` of which all rows have come."""

    def __init__(self, engine: Engine, companion: Companion, parent: Table, zone: str) -> None:
        self.companion = companion
        self.keys: set[Any] = set()
        from sqlcrm.execution.decode import Decoder

        include, table = companion.include, companion.scan.relation.table
        where = f"{table.name}@{companion.scan.relation.connection}"
        self._engine = engine
        self._where = where
        self._decoder = Decoder(companion.columns, where, zone)
        self._unseen = Unseen([c for c in table.columns if c.name in table.key])
        own = parent if include.of else table
        by = own.column(include.of or include.by)
        self._by = Decoder([by] if by is not None else [], where, zone)

    def take(self, rows: Sequence[Any], body: Mapping[str, Any]) -> None:
        """Take what lies beside a page's rows.

        A reply without their place says nothing of them, not that there are none: no key of it
        counts as complete then, and the table is read for itself.
        """
        include = self.companion.include
        if dig(body, include.at) is None:
            return
        table = self.companion.scan.relation.table
        fresh = self._unseen.of(table.within(rows_at(body, include.at, self._where)))
        if fresh:
            self._decoder.add(fresh, body)
        parents = rows if include.of else fresh
        if parents:
            self._by.add(parents, body)
            self.keys.update(self._by.take().column(0).to_pylist())

    def hand_over(self) -> None:
        """Stage what has gathered."""
        if len(self._decoder):
            names = [column.name for column in self.companion.columns]
            self._engine.insert(self.companion.target, self._decoder.take(), names)

    def forget(self) -> None:
        """Start afresh: the list is read once more."""
        self._engine.run(f"DELETE FROM {self.companion.target}")
        self.keys.clear()
        self._unseen.forget()
        if len(self._decoder):
            self._decoder.take()
