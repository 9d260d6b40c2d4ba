"""Paths into decoded JSON: where a value sits in a reply's row, and in the body of a write.

A path is names between dots. `\\.` is a dot within a name. A step `name[flag]` is, of the list
`name`, the object whose `flag` is true, else its first one: `email_addresses[primary].address`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

Step = tuple[str, str | None]
"""A name, and the flag that chooses among the objects of a list there; None for no list."""

_STEP = re.compile(r"(?:[^.\\]|\\.)+")
_CHOICE = re.compile(r"(.+)(?<!\\)\[(\w*)\]$", re.DOTALL)


def step(name: str) -> str:
    r"""Return a name as one step of a path, whatever it holds.

    >>> step("T. size"), step("Which [one]")
    ('T\\. size', 'Which \\[one]')
    """
    return re.sub(r"([.\\\[])", r"\\\1", name)


@cache
def steps(path: str) -> tuple[Step, ...]:
    r"""Return the steps of a path.

    >>> steps("email_addresses[primary].address")
    (('email_addresses', 'primary'), ('address', None))
    >>> steps(r"custom_fields.T\. size")
    (('custom_fields', None), ('T. size', None))
    """
    found = []
    for part in _STEP.findall(path):
        choice = _CHOICE.fullmatch(part)
        name, flag = (choice[1], choice[2]) if choice else (part, None)
        found.append((re.sub(r"\\(.)", r"\1", name), flag))
    return tuple(found)


def plain(path: str) -> bool:
    """Whether a path is the bare name of a member."""
    return not any(sign in path for sign in ".[\\")


def dig(body: Any, path: str) -> Any:
    """Return what sits at a `path` in decoded JSON, None where any step is missing."""
    for name, flag in steps(path):
        if not isinstance(body, dict):
            return None
        body = body.get(name)
        if flag is not None:
            body = _chosen(body, flag)
    return body


def put(row: dict[str, Any], path: str, value: Any) -> None:
    """Write a value into the body of a write, at its path; a list on the way gets one object."""
    *way, (last, _) = steps(path)
    place: dict[str, Any] = row
    for name, flag in way:
        place = place.setdefault(name, {}) if flag is None else place.setdefault(name, [{}])[0]
    place[last] = value


def _chosen(objects: Any, flag: str) -> Any:
    """Return the object whose flag is true, else the first one."""
    if not isinstance(objects, list):
        return None
    flagged = (one for one in objects if isinstance(one, dict) and one.get(flag))
    return next(flagged, objects[0] if objects else None)
