"""A plan in a file: what `sqlcrm plan -o` writes and `sqlcrm apply` takes.

It holds rows of people, so it is 0600; and no secret.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlcrm import __version__
from sqlcrm.errors import ConfigurationError, ProgrammingError
from sqlcrm.session.restored import check_account, relation_of, typed, with_carriers
from sqlcrm.session.state import Session
from sqlcrm.state.values import Operation, now
from sqlcrm.writing.decide import plain
from sqlcrm.writing.plan import WritePlan

FORMAT = 1
"""The version of the file's form."""


@dataclass(frozen=True, slots=True)
class Part:
    """One statement of a plan: its number in the script, and what it would do."""

    number: int
    plan: WritePlan


@dataclass(frozen=True, slots=True)
class Parts:
    """All that a plan is, without a session.

    left: statements that are not in it, since they rest on what it would change; why: which.
    of_run: the run that it takes back, where it is an undo.
    """

    text: str
    parts: Sequence[Part]
    left: int = 0
    why: str = ""
    of_run: int | None = None


def save(plan: Parts, session: Session, path: Path) -> None:
    """Write a plan to a file, all of it or nothing."""
    body = {
        "sqlcrm_plan": FORMAT,
        "version": __version__,
        "made_at": now(),
        "text": plan.text,
        "left": plan.left,
        "why": plan.why,
        "of_run": plan.of_run,
        "statements": [_statement(part, session) for part in plan.parts],
    }
    body["sha256"] = _seal(body)
    text = json.dumps(body, ensure_ascii=False, indent=1)
    part = path
    try:
        handle, name = tempfile.mkstemp(".part", f"{path.name}.", path.parent)  # 0600, its own
        part = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(text)
        part.replace(path)
    except OSError as error:
        if part != path:
            part.unlink(missing_ok=True)
        raise ConfigurationError(f"{path} cannot be written ({error.strerror})") from None


def load(session: Session, path: Path) -> Parts:
    """Read a plan from a file.

    Raises: ProgrammingError where it is none, or was changed; WrongAccount where a connection
    leads to another account than it did.
    """
    try:
        body = json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror})") from None
    except ValueError:
        raise ProgrammingError(f"{path} is no plan: sqlcrm plan FILE -o PLAN makes one") from None
    if not isinstance(body, dict) or body.get("sqlcrm_plan") != FORMAT:
        raise ProgrammingError(f"{path} is no plan of this version of sqlcrm: plan again")
    if body.pop("sha256", None) != _seal(body):
        raise ProgrammingError(f"{path} was changed since it was made: plan again")
    parts = [_part(session, one) for one in body["statements"]]
    return Parts(body["text"], parts, body["left"], body["why"], body["of_run"])


def _seal(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _statement(part: Part, session: Session) -> dict[str, Any]:
    plan = part.plan
    opened = session.connections.get(plan.relation.connection)
    return {
        "number": part.number,
        "text": plan.text,
        "verb": plan.verb,
        "connection": plan.relation.connection,
        "connector": opened.connector.name,
        "origin": opened.client.origin,
        "account": opened.identity.account,
        "table": plan.relation.table.name,
        "total": plan.total,
        "errors": plan.errors,
        "source_rows": plan.source_rows,
        "operations": [_written(one) for one in plan.operations],
    }


def _written(one: Operation) -> dict[str, Any]:
    return {
        "number": one.number,
        "verb": one.verb,
        "key": plain(dict(one.key)),
        "natural_key": plain(dict(one.natural_key)),
        "values": plain(dict(one.values)),
        "before": None if one.before is None else plain(dict(one.before)),
        "state": one.state,
        "reason": one.reason,
        "same_as": one.same_as,
    }


def _part(session: Session, one: Mapping[str, Any]) -> Part:
    alias = str(one["connection"])
    opened = session.connections.get(alias)
    check_account(opened, alias, one["connector"], one["origin"], one["account"])
    operations = [
        Operation(table=str(one["table"]), **{k: each[k] for k in _FIELDS})
        for each in one["operations"]
    ]
    relation = relation_of(session, alias, str(one["table"]), operations)
    plan = WritePlan(
        one["verb"],
        relation,
        one["text"],
        tuple(typed(relation.table, each) for each in operations),
        total=one["total"],
        errors=one["errors"],
        source_rows=one["source_rows"],
        zone=opened.connector.zone,
    )
    return Part(int(one["number"]), with_carriers(session, plan))


_FIELDS = (
    "number", "verb", "key", "natural_key", "values", "before", "state", "reason", "same_as",
)  # fmt: skip
