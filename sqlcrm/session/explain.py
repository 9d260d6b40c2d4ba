"""EXPLAIN: how each remote table would be read, or was; as text or as rows with JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from sqlcrm.errors import NotSupportedError
from sqlcrm.execution.engine import named_binds
from sqlcrm.execution.outlook import Outlook, outlook
from sqlcrm.execution.parts import most_extra
from sqlcrm.execution.staging import Staged
from sqlcrm.planner.access import Access
from sqlcrm.planner.plan import KeySource, Predicate, ReadPlan, Scan
from sqlcrm.sdk import Divisible
from sqlcrm.session.prepared import Prepared
from sqlcrm.session.result import Result
from sqlcrm.session.state import Session, total_key

Facts = dict[str, Any]
"""What is told of one table, in the order in which it is shown."""

_SIGNS = {"in": "IN", "contains": "contains", "prefix": "begins with"}


def explain(session: Session, prepared: Prepared) -> Result:
    """Return the plan of a query; with ANALYZE run it first.

    Without ANALYZE no call is made, so what only a call would tell is told as unknown.
    """
    statement = prepared.statement
    asked = statement.explain
    assert asked is not None  # noqa: S101 - run() sends only such statements here
    if session.views.is_definition(statement):
        raise NotSupportedError("EXPLAIN of CREATE VIEW tells nothing: EXPLAIN a query of the view")
    began = time.monotonic()
    plan = prepared.plan(statement.query, discover=asked.analyze)
    if asked.analyze:
        found, seconds = _analyzed(session, prepared, plan)
        last = f"local: {seconds:.3f} s in DuckDB; {time.monotonic() - began:.2f} s in all"
    else:
        prepared.prepare(plan, check=not prepared.undiscovered)
        found = [foreseen(one, session, prepared) for one in outlook(prepared.staging, plan)]
        last = summed(found, prepared)
    notes = [last, *plan.notices, *prepared.staging.notices]
    return as_result(session, found, notes, asked.format)


def _analyzed(session: Session, prepared: Prepared, plan: ReadPlan) -> tuple[list[Facts], float]:
    prepared.stage(plan)
    text = prepared.staging.text(prepared.statement.query)
    began = time.monotonic()
    session.engine.relation(text, named_binds(text, prepared.named))
    return [read_facts(one, prepared) for one in prepared.staging.done.values()], (
        time.monotonic() - began
    )


def as_result(session: Session, found: Sequence[Facts], notes: Sequence[str], form: str) -> Result:
    """Return what is told of each table, and notes, as the rows of an EXPLAIN."""
    if form == "json":
        rows = [(facts["table"], json.dumps(facts, ensure_ascii=False)) for facts in found]
        rows += [("note", json.dumps({"note": note})) for note in notes]
        kind = "JSON"
    else:
        rows = [(facts["table"], "\n".join(_lines(facts))) for facts in found]
        rows += [("note", note) for note in notes]
        kind = "VARCHAR"
    relation = session.engine.values(("explain_key", "explain_value"), ("VARCHAR", kind), rows)
    return Result([("explain_key", "VARCHAR"), ("explain_value", kind)], None, (), relation)


def _lines(facts: Facts) -> Iterator[str]:
    yield facts["table"]
    for name, value in facts.items():
        if name != "table" and value not in (None, "", []):
            yield f"  {name.replace('_', ' '):<16}{_told(value)}"


def _told(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _scan_facts(scan: Scan, access: Access | None, prepared: Prepared) -> Facts:
    relation = scan.relation
    pushed = access.pushed if access is not None else ()
    applied = {predicate.column for predicate in pushed} | {access.read.by if access else ""}
    kept = [one for one in scan.conditions if not one.columns <= _spelled(scan, applied)]
    return {
        "table": f"{relation.name}@{relation.connection}",
        "access": _access(access) if access is not None else "by keys that are not known yet",
        "keys": [_source(source, prepared) for source in scan.keys],
        "parameters": [f"{name} = {value}" for name, value in scan.params.items()],
        "pushed": [_shown(p) for p in pushed],
        "checked_here": [prepared.readable(one.text) for one in kept],
        "columns": list(scan.columns),
        "ends": _ends(scan, access),
    }


def _spelled(scan: Scan, names: set[str]) -> set[str]:
    """Return columns in all their spellings, in lower case."""
    columns = [column for column in scan.relation.table.columns if column.name in names]
    return {spelling.casefold() for c in columns for spelling in (c.name, *c.aliases)}


def _access(access: Access) -> str:
    read = access.read
    size = f", {read.pages.size} a page" if read.pages.size else ""
    if not read.by:
        return f"GET {read.path}{size}"
    return f"GET {read.path} for {len(access.keys):,} of {read.by}, {read.batch} a call"


def _ends(scan: Scan, access: Access | None) -> str:
    """Say what lets the scan end before the list does."""
    if scan.counted and access is not None and access.counts:
        return "after the first page: its total is the count"
    limit = scan.limit
    if limit is None or (limit.order and access is not None and not access.ordered):
        return ""
    order = ", ".join(f"{o.column}{' DESC' if o.descending else ''}" for o in limit.order)
    return f"after {limit.rows:,} fitting rows" + (f", in the API's order of {order}" * bool(order))


def _source(source: KeySource, prepared: Prepared) -> str:
    return f"{source.column} from {prepared.readable(source.label)}"


def _shown(predicate: Predicate) -> str:
    sign = _SIGNS.get(predicate.op, predicate.op)
    values = predicate.values
    if predicate.op != "in":
        return f"{predicate.column} {sign} {values[0]}"
    more = ", …" if len(values) > 5 else ""
    return f"{predicate.column} IN ({', '.join(map(str, values[:5]))}{more})"


def foreseen(one: Outlook, session: Session, prepared: Prepared) -> Facts:
    """Tell how a table would be read, as far as that is known without a call."""
    access = one.options[0] if one.options else None
    facts = _scan_facts(one.scan, access, prepared)
    if one.beside:
        facts["access"] = f"beside the rows of {one.beside}"
    if one.cached is not None:
        facts["access"] = f"the cache, read {one.cached:,.0f} s ago"
    calls, why = _forecast(one, session)
    facts["expected_calls"] = calls
    facts["forecast"] = why
    others = [_access(option) for option in one.options[1:]]
    facts["or_instead"] = others
    return facts


def _forecast(one: Outlook, session: Session) -> tuple[int | None, str]:
    """Return the calls that a scan takes, None where only a call would tell, and how one knows."""
    if one.beside or one.cached is not None:
        return 0, "no calls of its own"
    if not one.options or (one.waits and not one.options[0].exact):
        labels = ", ".join(source.column for source in one.waits)
        return None, f"depends on how many values of {labels} the tables before it give"
    access = one.options[0]
    scan = one.scan
    if scan.limit is not None and scan.limit.rows == 0:
        return 0, "no row is needed"
    if access.exact:
        return access.least, "at most so many" if one.waits else "exact"
    if scan.counted and access.counts:
        return 1, "exact"
    size = access.read.pages.size
    total = session.totals.get(total_key(scan, access))
    if access.keys:
        return None, f"{access.least:,} or more"
    if scan.limit is not None and (not scan.limit.order or access.ordered):
        if not scan.limit.where:
            return -(-scan.limit.rows // size), "at most"
        return None, "1 or more, until enough rows fit"
    if total is None:
        return (
            None,
            f"1, which tells how many rows there are; then one more for each {size} of them",
        )
    return _known_length(one, access, total, session)


def _known_length(
    one: Outlook, access: Access, total: int, session: Session
) -> tuple[int | None, str]:
    """Return the calls of a list whose length an earlier reading of this session told."""
    read = access.read
    pages, extra = max(1, -(-total // read.pages.size)), 0
    if isinstance(read.pages, Divisible):
        client = session.connections.get(one.scan.relation.connection).client
        extra = most_extra(pages, client.rate(read.path), client.latency)
    parts = f"; up to {extra:,} more, as it is read in parts" if extra else ""
    return pages, f"{total:,} rows when it was read last in this session{parts}"


def summed(found: Sequence[Facts], prepared: Prepared) -> str:
    """Say how many calls reading all tables takes."""
    custom = [f"{r.name}@{r.connection}" for r in prepared.undiscovered]
    known = sum(facts["expected_calls"] or 0 for facts in found)
    open_ = [facts["table"] for facts in found if facts["expected_calls"] is None]
    text = f"calls in all: {known:,}"
    if open_:
        text += f", and those for {', '.join(open_)}, which nobody can know before"
    if custom:
        text += f"; before them the custom fields of {', '.join(custom)} are read, once a session"
    return text


def read_facts(one: Staged, prepared: Prepared) -> Facts:
    """Tell how a table was read."""
    facts = _scan_facts(one.scan, one.access, prepared)
    if one.shared:
        facts["access"] = "rows that another table of the statement brought"
    if one.cached is not None:
        facts["access"] = f"the cache, read {one.cached:,.0f} s ago"
    calls = one.calls
    facts["calls"] = len(calls)
    facts["parts"] = (
        f"{one.extra:,} calls more at most, since it was read in parts" if one.extra else None
    )
    facts["rows"] = one.total if one.scan.counted and one.stopped and one.total else one.rows
    facts["stopped_early"] = "yes" if one.stopped else None
    facts["waited"] = f"{sum(call.waited_ms for call in calls) / 1000:.2f} s for the rate limit"
    facts["answered"] = f"{sum(call.ms for call in calls) / 1000:.2f} s, all calls together"
    facts["retries"] = sum(call.attempt > 1 for call in calls)
    facts["bytes"] = sum(call.bytes for call in calls)
    return facts
