"""Who in a sandbox has said what to being written to, by its own rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from sqlcrm.conformance.people import MANY, Member, Roll, invented
from sqlcrm.execution.engine import quote
from sqlcrm.sdk import Consent, Need, Table
from sqlcrm.session.api import Connection


class Bench(Protocol):
    """What is asked of a bench, which says what its properties are."""

    @property
    def table(self) -> Table: ...  # noqa: D102
    @property
    def people(self) -> Table: ...  # noqa: D102
    @property
    def consent(self) -> Consent: ...  # noqa: D102
    @property
    def need(self) -> Need | None: ...  # noqa: D102
    @property
    def who(self) -> str: ...  # noqa: D102
    @property
    def address(self) -> str: ...  # noqa: D102
    @property
    def scoped(self) -> list[str]: ...  # noqa: D102
    @property
    def extra(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def outside(self) -> Connection: ...  # noqa: D102


def called(bench: Bench) -> Roll:
    """Return who is subscribed, who is not, and who was never asked, no person twice."""
    found = _alone(_rows(bench))
    seen: set[str] = set()

    def some(members: Iterable[Member]) -> list[Member]:
        picked = []
        for one in members:
            if one.address.casefold() not in seen:
                seen.add(one.address.casefold())
                picked.append(one)
        return picked

    by_status: dict[Any, list[Member]] = {}
    for one in found:
        if one.status is not None and one.status not in bench.consent.subscribed:
            by_status.setdefault(one.status, []).append(one)
    first = [ours[0] for ours in by_status.values()]
    refusing = some([*first, *(one for ours in by_status.values() for one in ours)])
    never = some(_never(bench, found))
    subscribed = some(one for one in found if one.status in bench.consent.subscribed)
    return Roll(subscribed, refusing, never)


def _alone(members: Iterable[Member]) -> list[Member]:
    """Leave out rows that others are named like: two who share an address, which has no answer."""
    found = list(members)
    times = Counter(repr(one.key).casefold() for one in found)
    return [one for one in found if times[repr(one.key).casefold()] == 1]


def _rows(bench: Bench) -> Iterator[Member]:
    """Yield every status there is."""
    more = list(bench.extra)
    names = list(dict.fromkeys([bench.who, *bench.scoped, *more, bench.consent.column]))
    parts = ", ".join(f"t.{quote(name)}" for name in names)
    text = f"SELECT {parts}, t.{quote(bench.who)} FROM {bench.table.name}@crm AS t"
    if bench.need:
        key = quote(bench.people.key[0])
        text = (
            f"SELECT {parts}, p.{quote(bench.address)} FROM {bench.table.name}@crm AS t "
            f"JOIN {bench.people.name}@crm AS p ON p.{key} = t.{quote(bench.who)}"
        )
    for row in bench.outside.execute(f"{text} ORDER BY ALL").fetchall():
        values = dict(zip(names, row[:-1], strict=True))
        status = values.pop(bench.consent.column)
        if row[-1]:
            own = {name: values.pop(name) for name in more}
            extra = {name: value for name, value in own.items() if value is not None}
            yield Member(row[-1], values, status, extra)


def _never(bench: Bench, found: Sequence[Member]) -> Iterator[Member]:
    """Yield persons of whom nothing is known, for the first list of all."""
    about = {name: found[0].key[name] for name in bench.scoped}
    if bench.need is None:
        for number in range(3 * MANY):
            address = invented(bench.people.column(bench.address), "never", number)
            yield Member(address, {bench.who: address, **about})
        return
    asked = {m.key[bench.who] for m in found if all(m.key[n] == v for n, v in about.items())}
    key, address = quote(bench.people.key[0]), quote(bench.address)
    text = f"SELECT {key}, {address} FROM {bench.people.name}@crm WHERE {address} IS NOT NULL"
    for number, name in bench.outside.execute(f"{text} ORDER BY 1").fetchall():
        if name and number not in asked:
            yield Member(name, {bench.who: number, **about})
