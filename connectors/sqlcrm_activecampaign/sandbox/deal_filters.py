"""Filters of the list of deals. Source: the fact sheet, §5.1."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlcrm_activecampaign.sandbox.filters import Filter, before, contains, equals, points, since
from sqlcrm_activecampaign.sandbox.rows import Rows
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import moment, number

CENTS = 100  # `value` is in cents, the two filters on it are in whole dollars (docs: List deals)


def _by_value(keep: Callable[[int, int], bool]) -> Filter:
    def test(_: Store, rows: Rows, ids: Sequence[int], want: str) -> Sequence[int]:
        bound = number(want) * CENTS
        return [key for key in ids if keep(number(rows.value(key, "value")), bound)]

    return test


def _search(store: Store, rows: Rows, ids: Sequence[int], want: str) -> Sequence[int]:
    """In the title or in the name of the contact."""
    text = want.casefold()

    def found(key: int) -> bool:
        contact = number(rows.value(key, "contact"))
        name = ""
        if contact in store.people:
            person = store.people[contact]
            name = f"{person.first} {person.last} {person.email}"
        return text in f"{rows.value(key, 'title')} {name}".casefold()

    return [key for key in ids if found(key)]


def _tag(store: Store, rows: Rows, ids: Sequence[int], want: str) -> Sequence[int]:
    """By a tag of the deal's contact: an id, -1 for any, -2 for none."""
    tag = number(want)
    links = store.contact_tags

    def tags(key: int) -> list[int]:
        contact = number(rows.value(key, "contact"))
        return [links.at(row, "tag") for row in links.having("contact", contact)]

    if tag > 0:
        return [key for key in ids if tag in tags(key)]
    return [key for key in ids if bool(tags(key)) is (tag == -1)] if tag in {-1, -2} else ids


def _next(store: Store, rows: Rows, ids: Sequence[int], want: str) -> Sequence[int]:
    """By the date of the next task."""
    now = store.now()
    tests: dict[str, Callable[[int | None], bool]] = {
        "no-task": lambda at: at is None,
        "scheduled": lambda at: at is not None,
        "upcoming": lambda at: at is not None and at > now,
        "overdue": lambda at: at is not None and at <= now,
    }
    test = tests.get(want)
    if test is None:
        return ids
    return [key for key in ids if test(moment(rows.value(key, "nextdate")))]


def _score(keep: Callable[[int, int], bool]) -> Filter:
    """`<scoreId>:<value>`, the points of the deal's contact."""

    def test(store: Store, rows: Rows, ids: Sequence[int], want: str) -> Sequence[int]:
        score, _, bound = want.partition(":")
        links = store.score_values

        def points_of(key: int) -> list[int]:
            contact = number(rows.value(key, "contact"))
            return [
                links.at(row, "scoreValue")
                for row in links.having("contact", contact)
                if links.at(row, "score") == number(score)
            ]

        return [key for key in ids if any(keep(have, number(bound)) for have in points_of(key))]

    return test


def _task_type(store: Store, _: Rows, ids: Sequence[int], want: str) -> Sequence[int]:
    tasks = store.table("dealTasks")
    deals = {
        number(tasks.value(key, "relid"))
        for key in tasks.having("dealTasktype", number(want))
        if tasks.value(key, "reltype") == "Deal"
    }
    return [key for key in ids if key in deals]


FILTERS: dict[str, Filter] = {
    "search": _search,
    "title": contains("title"),
    "stage": points("stage"),
    "group": points("group"),
    "status": equals("status"),
    "owner": points("owner"),
    "nextdate_range": _next,
    "tag": _tag,
    "tasktype": _task_type,
    "created_after": since("cdate"),  # documented as >= and <
    "created_before": before("cdate"),
    "updated_after": since("mdate"),
    "updated_before": before("mdate"),
    "organization": points("organization"),
    "minimum_value": _by_value(lambda have, bound: have >= bound),
    "maximum_value": _by_value(lambda have, bound: have <= bound),
    "score_greater_than": _score(lambda have, bound: have > bound),
    "score_less_than": _score(lambda have, bound: have < bound),
    "score": _score(lambda have, bound: have == bound),
}
