"""Which access answers a scan with the fewest calls. Pure: numbers in, choice out."""

from __future__ import annotations

from collections.abc import Sequence

from sqlcrm.planner.access import Access

WORTH_ASKING = 8
"""Above this many lookups, a list's first page is worth one call: it tells the list's length.
Below it, the call could save less than it costs."""

WORTH_ASKING_BATCHES = 50
"""The same for lookups of a page of keys each: the list has as many pages, unless it lacks keys."""


def best(found: Sequence[Access], *, few: bool = False) -> list[Access]:
    """Return the accesses to try in order; `better` says whether to leave one for a later one.

    A known cost that is small is taken at once. few: the whole list mostly fits a page, so that
    it comes before more than one lookup.
    """
    exact = min((a for a in found if a.exact), key=lambda access: access.least, default=None)
    whole = any(_is_whole(access) for access in found)
    narrowed = [access for access in found if not access.exact and not _is_whole(access)]
    single = any(access.least <= 1 for access in (*narrowed, exact) if access is not None)
    first = few and whole and not single
    if exact is not None and exact.least <= (1 if first else _worth(exact, narrowed)):
        return [exact]
    asking = [access for access in found if not access.exact]
    if exact is not None and all(exact.least <= access.least for access in asking):
        return [exact]
    asking.sort(key=lambda access: (_place(access, first=first), access.least,
                                    -len(access.pushed)))  # fmt: skip
    return [*asking, *([exact] if exact is not None else [])]


def _worth(exact: Access, narrowed: Sequence[Access]) -> int:
    """Return up to how many lookups are made without asking for the length of another list."""
    batched = exact.read.batch >= exact.read.pages.size > 0
    return WORTH_ASKING_BATCHES if batched and not narrowed else WORTH_ASKING


def _place(access: Access, *, first: bool) -> int:
    """Return how soon to try an access whose cost is not known: what is narrow, the list, the rest.

    first: the whole list comes before all.
    """
    if _is_whole(access):
        return 0 if first else 2
    return 1 if access.least <= WORTH_ASKING else 3


def better(rest: int | None, later: Sequence[Access]) -> list[Access]:
    """Return the later accesses that may cost less than the rest of the one under way.

    rest: the calls that it still takes, None where its first page did not tell. What a key or a
    filter narrows costs `least` calls at the least; a whole list costs what nobody knows yet, and
    never less than a part of it.
    """
    if rest is None:
        return [access for access in later if access.exact]
    return [access for access in later if not _is_whole(access) and access.least < rest]


def _is_whole(access: Access) -> bool:
    return not (access.exact or access.keys or access.pushed)
