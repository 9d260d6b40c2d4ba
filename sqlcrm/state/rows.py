"""Values as rows of the journal's tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlcrm.errors import InternalError
from sqlcrm.state.values import Operation, Settled, checksum, now, to_json, to_text

_REQUEST = {
    "account_id": None,
    "connection": "",
    "at": "",
    "method": "",
    "path": "",
    "query": "",
    "status": None,
    "attempt": 1,
    "waited_ms": 0.0,
    "ms": 0.0,
    "bytes": 0,
    "error": "",
}
"""The columns of a logged call, in order, and what stands there where nothing is said."""


def operation_row(one: Operation, clean: Callable[[str], str]) -> tuple[Any, ...]:
    """Return an operation's columns from `number` to `ended_at`, as they are frozen."""
    texts = (
        to_text(one.table),
        one.verb,
        to_json(one.key),
        to_json(one.natural_key),
        to_json(one.values),
        None if one.before is None else to_json(one.before),
    )
    ended = None if one.state == "planned" else now()
    sealed = checksum(one.number, *texts)
    reason = clean(one.reason)
    return (one.number, *texts, sealed, one.state, reason, one.same_as, one.batch, ended)


def settled_row(one: Settled, at: str, clean: Callable[[str], str]) -> tuple[Any, ...]:
    """Return what an outcome sets: state, reason, remote_id, answer, after, ended_at."""
    ended = None if one.state == "planned" else at
    after = None if one.after is None else to_json(one.after)
    return (one.state, clean(one.reason), to_text(one.remote_id), clean(one.answer), after, ended)


def request_row(one: Mapping[str, Any], clean: Callable[[str], str]) -> tuple[Any, ...]:
    """Return a call's columns from `account_id` to `error`."""
    if unknown := one.keys() - _REQUEST.keys():
        raise InternalError(f"A logged call has no {', '.join(sorted(unknown))}.")
    values = {**_REQUEST, **one}
    values["at"] = values["at"] or now()
    if not isinstance(values["query"], str):
        values["query"] = "&".join(f"{name}={value}" for name, value in values["query"])
    for name in ("connection", "path", "query", "error"):
        values[name] = clean(values[name])
    return tuple(values.values())
