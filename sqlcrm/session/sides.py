"""What SYNCHRONIZE into a remote table and into a local one share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlcrm.dialect import Step, Synchronize
from sqlcrm.errors import GuardRefused, ProgrammingError
from sqlcrm.execution.engine import named_binds, quote
from sqlcrm.session.prepared import Prepared
from sqlcrm.session.relations import complete
from sqlcrm.session.state import Session
from sqlcrm.state.values import Operation
from sqlcrm.writing.plan import DECLARED


def source_columns(session: Session, prepared: Prepared, sync: Synchronize) -> list[str]:
    """Return the names of the source's columns, custom fields included."""
    marked = sync.source.strip()
    for found, relation in list(prepared.relations.items()):
        if marked == f'"{found}"':
            whole = complete(relation, session.connections)
            prepared.relations[found] = whole
            return [column.name for column in whole.table.columns]
    return query_columns(session, prepared, f"SELECT * FROM {marked}")


def query_columns(session: Session, prepared: Prepared, marked: str) -> list[str]:
    """Return the names of a marked query's columns, without a call for its rows."""
    prepared.prepare(prepared.plan(marked))
    text = prepared.staging.text(f"SELECT * FROM ({marked}) LIMIT 0")
    found = session.engine.run(text, named_binds(text, prepared.named))
    return [str(item[0]) for item in found.description or ()]


def unpaired(names: Sequence[str], target: str, sync: Synchronize) -> list[str]:
    """Return the notice on columns of the source that the target does not have."""
    takes_all = any(not step.columns for step in sync.steps if step.verb != "delete")
    if not names or not takes_all:
        return []
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return [f"not in {target}, so not written: {shown} of {sync.source_name}"]


def repeated(key: Sequence[str], side: str, number: int, first: Sequence[Sequence[Any]]) -> None:
    """Raise where keys occur twice on a side: nobody could say which row is meant."""
    if not number:
        return
    shown = "; ".join(", ".join(str(part) for part in one) for one in list(first)[:3])
    raise ProgrammingError(
        f"{number:,} keys ({', '.join(key)}) occur more than once in the {side}: {shown}. "
        "Nothing was written"
    )


def past_limit(step: Step, planned: int) -> str:
    """Return the notice that a step's EXIT AFTER n ROWS leaves rows out, "" where it does not.

    Raises: GuardRefused past ERROR AFTER n ROWS.
    """
    if step.limit is None or planned <= step.limit:
        return ""
    verb, limit = step.verb.upper(), f"{step.limit:,}"
    if step.exits:
        over = planned - step.limit
        return f"{verb} EXIT AFTER {limit} ROWS: {over:,} further rows were skipped"
    raise GuardRefused(
        f"{verb} ERROR AFTER {limit} ROWS: {planned:,} rows are to be done, so nothing was written"
    )


def step_of(step: Step | None) -> str:
    """Return a step's verb as SQL text; what is not asked for leaves rows unchanged."""
    return f"'{step.verb}'" if step is not None else "'unchanged'"


def listed(names: Iterable[str], side: str = "") -> str:
    """Return columns, of a side where one is named, as SQL."""
    return ", ".join(f"{side}{quote(name)}" for name in names)


def literal(value: str) -> str:
    """Return a text as SQL."""
    return "'" + value.replace("'", "''") + "'"


def limited(step: Step, operations: list[Operation], notices: list[str]) -> list[Operation]:
    """Apply EXIT or ERROR AFTER n ROWS of a step.

    Raises: GuardRefused past ERROR AFTER.
    """
    ours = [o.number for o in operations if o.state == "planned" and DECLARED[o.verb] == step.verb]
    notice = past_limit(step, len(ours))
    if not notice:
        return operations
    notices.append(notice)
    over = set(ours[step.limit :])
    why = f"past EXIT AFTER {step.limit:,} ROWS"
    return [replace(o, state="skipped", reason=why) if o.number in over else o for o in operations]
