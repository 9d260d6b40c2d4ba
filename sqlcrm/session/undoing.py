"""Undo: a run is taken back by a plan of its own, made from the before-images of what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlcrm.errors import ProgrammingError
from sqlcrm.planner.plan import Relation
from sqlcrm.sdk import Column, Table
from sqlcrm.session.lookups import Lookups
from sqlcrm.session.planfile import Part
from sqlcrm.session.plans import Plan, note_undone
from sqlcrm.session.prepared import staging
from sqlcrm.session.relations import complete
from sqlcrm.session.restored import check_account, relation_of, typed, with_carriers
from sqlcrm.session.state import Session
from sqlcrm.state.values import Operation, Stored
from sqlcrm.writing.carriers import INVERSE, known
from sqlcrm.writing.checks import same
from sqlcrm.writing.decide import (
    Policy,
    columns_of,
    deleted,
    inserted,
    mark,
    reading_key,
    updated,
)
from sqlcrm.writing.plan import WritePlan
from sqlcrm.writing.rows import Row

Image = Mapping[str, Any]

BLANK = "A custom field that had no value is blank then: the API tells both as NULL."


def undo_plan(session: Session, run: int, *, force: bool = False) -> Plan:
    """Plan the inverse of everything that a run has done and that is not undone yet.

    force: also rows that were changed since.
    Raises: ProgrammingError where there is no such run; WrongAccount where a connection leads to
    another account by now.
    """
    run = min(run, 2**62)  # no such run either, and SQLite can count so far
    place, rows = session.journal.relation("statements", run=run)
    if not rows:
        raise ProgrammingError(
            f"run {run} wrote nothing, or is no longer in the journal: `sqlcrm runs` lists the runs"
        )
    if session.journal.unfinished(run):
        raise ProgrammingError(
            f"run {run} was stopped before its work was done. Finish it first (sqlcrm resume "
            f"{run}), or give up what is left (sqlcrm resume {run} --give-up)"
        )
    _note_earlier(session, run)
    names = [name for name, _ in place]
    after: dict[tuple[str, str], dict[Any, Image | None]] = {}
    parts = []
    for row in reversed(rows):
        statement = dict(zip(names, row, strict=True))
        part = _part(session, run, statement, after, force=force)
        if part is not None:
            parts.append(part)
    session.engine.drop_stages()
    return Plan(session, parts, f"undo of run {run}", of_run=run)


def _note_earlier(session: Session, run: int) -> None:
    """Let the journal know what earlier undos did that were killed before they could say so."""
    columns, runs = session.journal.relation("runs")
    number, of_run = ([name for name, _ in columns].index(n) for n in ("run_id", "of_run"))
    for undo in [row[number] for row in runs if row[of_run] == run]:
        columns, statements = session.journal.relation("statements", run=undo)
        place = [name for name, _ in columns].index("statement")
        for row in statements:
            note_undone(session, undo, row[place])


def _part(
    session: Session,
    run: int,
    statement: Mapping[str, Any],
    after: dict[tuple[str, str], dict[Any, Image | None]],
    *,
    force: bool,
) -> Part | None:
    """Plan the inverse of one statement, None where it did nothing."""
    number, alias = int(statement["statement"]), str(statement["alias"])
    stored = [
        one for one in session.journal.operations(run, number, {"done"}) if one.undone_by is None
    ]
    if not stored:
        return None
    opened = session.connections.get(alias)
    place = (statement["connector"], statement["origin"], statement["account"])
    check_account(opened, alias, *place)
    table = str(statement["table_name"])
    relation = relation_of(session, alias, table, [one.operation for one in stored])
    if any(one.operation.verb in {"create", "link"} for one in stored if not one.forgotten):
        relation = complete(relation, session.connections)  # what a deletion takes away
    typed_ = [replace(one, operation=typed(relation.table, one.operation)) for one in stored]
    seen = after.setdefault((alias, table), {})
    undoing = _Undoing(session, relation, seen, opened.config.allow_resubscribe, force=force)
    plan = WritePlan(
        "undo",
        relation,
        f"undo of run {run}, statement {number}: {statement['text']}",
        tuple(undoing.all(typed_)),
        notices=tuple(undoing.notices),
        zone=opened.connector.zone,
    )
    return Part(number, with_carriers(session, plan))


@dataclass(slots=True)
class _Undoing:
    """The inverse of one statement's operations.

    seen: what earlier parts of this undo leave each row as, None for one that will be gone.
    """

    session: Session
    relation: Relation
    seen: dict[Any, Image | None]
    allow: bool | None
    force: bool
    notices: list[str] = field(default_factory=list)

    @property
    def _table(self) -> Table:
        return self.relation.table

    def all(self, stored: Sequence[Stored]) -> list[Operation]:
        """Return the inverse of each operation, under its own number."""
        now = self._now([one for one in stored if not one.forgotten])
        return [self._inverse(one, now) for one in stored]

    def _now(self, stored: Sequence[Stored]) -> dict[int, Image | None]:
        """Return each operation's row as it is, None for one that is not there."""
        lookups = Lookups(self.session, staging(self.session), self.relation)
        names = [column.name for column in self._table.columns]
        found: dict[int, Image | None] = {}
        for key, ours in self._by_key(stored):
            rows = lookups.find(key, [_named(self._table, one) for one in ours], names)
            for one in ours:
                found[one.operation.number] = rows.get(mark(key, _named(self._table, one)))
        for number, row in found.items():
            own = mark(self._key, row) if row is not None else None
            if own in self.seen:
                found[number] = self.seen[own]
        return found

    @property
    def _key(self) -> list[Column]:
        return columns_of(self._table, self._table.key)

    def _by_key(self, stored: Sequence[Stored]) -> list[tuple[list[Column], list[Stored]]]:
        """Group operations by the key under which their row is looked for."""
        natural = columns_of(self._table, self._table.natural_key)
        by_key = [one for one in stored if _has_key(self._table, one)]
        others = [one for one in stored if not _has_key(self._table, one) and natural]
        gone = [one for one in by_key if one.operation.verb in {"delete", "unlink"} and natural]
        by_key = [one for one in by_key if one not in gone]
        groups = [(reading_key(self._table), by_key), (natural, [*others, *gone])]
        return [(key, ours) for key, ours in groups if ours and key]

    def _inverse(self, one: Stored, now: Mapping[int, Image | None]) -> Operation:
        operation = one.operation
        row = now.get(operation.number)
        if one.forgotten:
            return _refused(operation, "the person that it is about is forgotten", None)
        if operation.verb in {"create", "link"}:
            found = self._unmade(one, row)
        elif operation.verb == "update":
            found = self._changed_back(one, row)
        else:
            found = self._made_again(one, row)
        return replace(found, number=operation.number)

    def _unmade(self, one: Stored, row: Image | None) -> Operation:
        """Take a row away that was made, or make it harmless where it can only stay."""
        operation, table = one.operation, self._table
        policy = Policy(table, self.allow)
        if row is None and not (_has_key(table, one) or table.natural_key):
            return _refused(operation, "the API did not tell its id: nothing names it", None)
        if row is None:
            return _none(operation, "is gone already")
        problem = self._moved(one, row)
        current = Row(operation.number, {}, problem=problem, before=dict(row))
        if table.carrier("delete") is not None:
            if problem:
                return _refused(operation, problem, row)
            self.seen[mark(self._key, row)] = None
            if table.touches and not table.link:
                self._note(
                    f"with a row of {table.name} goes all that hangs on it, whoever made it: "
                    f"{', '.join(table.touches)}"
                )
            return deleted(policy, current)
        consent = table.consent
        self._say(operation)
        if consent is None or row.get(consent.column) not in consent.subscribed:
            words = "the API cannot take it back"
            return _refused(operation, words, row)
        return updated(policy, current, {consent.column: consent.safe})

    def _changed_back(self, one: Stored, row: Image | None) -> Operation:
        """Give a row the values back that it had."""
        operation = one.operation
        before = operation.before or {}
        if row is None:
            return _refused(operation, "is not there any more", None)
        problem = self._moved(one, row)
        current = Row(operation.number, {}, problem=problem, before=dict(row))
        wanted = {name: before.get(name) for name in operation.values}
        if any(c.sideload and wanted[c.name] is None for c in columns_of(self._table, [*wanted])):
            self._note(BLANK)
        found = updated(Policy(self._table, self.allow), current, wanted)
        if found.state == "planned":
            self.seen[mark(self._key, row)] = {**row, **found.values}
        return found

    def _made_again(self, one: Stored, row: Image | None) -> Operation:
        """Make a row again that was deleted, from its before-image."""
        operation, table = one.operation, self._table
        if table.carrier("insert") is None:
            return _refused(operation, f"the API of {table.name} has no INSERT", None)
        if row is not None:
            return _none(operation, "is there again")
        self._say(operation)
        write = table.carrier("insert")
        can = set(write.columns) if write is not None and write.columns else None
        values = {
            column.name: value
            for column in table.columns
            if not column.readonly and (can is None or column.name in can)
            if (value := (operation.before or {}).get(column.name)) is not None
        }
        new = Row(operation.number, values)
        return inserted(Policy(table, self.allow), new, list(values), None)

    def _moved(self, one: Stored, row: Image) -> str:
        """Say what has changed of a row since it was written, or ""; nothing where forced."""
        if self.force:
            return ""
        left = {**one.operation.values, **(one.after or {})}
        changed = [
            f"{column.name} is {row.get(column.name)!r}, and was left as {left[column.name]!r}"
            for column in columns_of(self._table, list(left))
            if column.name in row
            and not column.write_only
            and not same(column, row.get(column.name), left[column.name])
        ]
        if not changed:
            return ""
        return f"was changed since: {', '.join(changed)}; --force takes it back all the same"

    def _say(self, operation: Operation) -> None:
        """Note, once, what the API cannot bring back."""
        verb = INVERSE[operation.verb]
        carrier = {"insert": "delete", "delete": "insert", "update": "update"}[verb]
        write = self._table.carrier(carrier)
        self._note(write.undo if write is not None else "")
        for name, words in write.notice.items() if write is not None else ():
            self._note(words if name in operation.values else "")

    def _note(self, words: str) -> None:
        if words and words not in self.notices:
            self.notices.append(words)


def _has_key(table: Table, one: Stored) -> bool:
    return bool(one.remote_id) or all(one.operation.key.get(name) for name in table.key)


def _named(table: Table, one: Stored) -> dict[str, Any]:
    """Return all that names an operation's row, the id that the CRM gave it included."""
    found = known(one.operation)
    if one.remote_id and table.key and found.get(table.key[0]) is None:
        column = table.column(table.key[0])
        number = column is not None and str(column.type) == "BIGINT"
        found[table.key[0]] = int(one.remote_id) if number else one.remote_id
    return found


def _none(operation: Operation, why: str) -> Operation:
    return replace(operation, verb="none", state="unchanged", reason=why, values={}, batch=None)


def _refused(operation: Operation, why: str, row: Image | None) -> Operation:
    """Return an operation that undo leaves alone."""
    before = dict(row) if row is not None else None
    return replace(operation, state="rejected", reason=why, before=before, batch=None, same_as=None)
