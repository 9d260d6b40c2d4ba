"""Which contacts a list call asks for. Source: the fact sheet, §3.1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlcrm_activecampaign.sandbox.people import Person
from sqlcrm_activecampaign.sandbox.rows import Links
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import Query, moment, number

ANY = -1  # status that means any
SEGMENT_SECONDS = 3600  # a segment's result is kept so long (docs: Segments)
_KNOWN = frozenset(
    (
        "ids", "ids[]", "email", "email_like", "phone", "search", "exclude", "formid", "listid",
        "tagid", "seriesid", "waitid", "segmentid", "status", "in_group_lists", "sortId",
        "forceQuery",
    )
)  # fmt: skip
_Test = Callable[[int, Person], bool]


@dataclass(slots=True)
class _Segment:
    """One run of a segment; it is not ready when it was just asked for the first time."""

    ids: Sequence[int]
    until: float


class Segments:
    """Segments as the API runs them: the first call starts one and comes back empty."""

    def __init__(self) -> None:
        self._runs: dict[tuple[int, str], _Segment] = {}

    def ids(self, store: Store, query: Query) -> Sequence[int]:
        """The members as far as they are known by now."""
        segment = query.number("segmentid")
        sort = ",".join(f"{name} {way}" for name, way in query.of("orders"))
        now = store.clock.monotonic()
        run = self._runs.get((segment, sort))
        if run is None or run.until <= now or query.number("forceQuery"):
            members = _members(store, segment)
            self._runs[segment, sort] = _Segment(members, now + SEGMENT_SECONDS)
            return ()
        return run.ids


def _members(store: Store, segment: int) -> Sequence[int]:
    """Our own rule, as the real ones are private: segment N holds the people with tag N."""
    if segment not in store.table("segments"):
        return ()
    return _through(store.contact_tags, "tag", segment)


def _through(links: Links, column: str, value: int) -> Sequence[int]:
    contacts = links.columns["contact"]
    return sorted({int(contacts[key - 1]) for key in links.having(column, value)})


def _on_list(store: Store, list_: int, status: int) -> Sequence[int]:
    links = store.contact_lists
    keys = links.having("list", list_) if list_ else links.ids()
    if status != ANY:
        statuses = links.columns["status"]
        keys = [key for key in keys if statuses[key - 1] == status]
    contacts = links.columns["contact"]
    return sorted({int(contacts[key - 1]) for key in keys})


def _indexed(store: Store, query: Query) -> list[Sequence[int]]:
    """The ids each membership filter gives, through an index; none where nothing is asked."""
    found: list[Sequence[int]] = []
    if email := query.get("email"):
        key = store.people.by_email.get(email.lower())
        found.append([key] if key else [])
    wanted = query.all("ids") or [value for value in [query.get("ids")] if value]
    if wanted:
        keys = {number(value) for value in wanted}
        found.append(sorted(key for key in keys if key in store.people))
    if tag := query.number("tagid"):
        found.append(_through(store.contact_tags, "tag", tag))
    status = number(query.get("status", str(ANY)))
    if (list_ := query.number("listid")) or status != ANY:
        found.append(_on_list(store, list_, status))
    if form := query.number("formid"):
        found.append(_through(store.contact_lists, "form", form))
    if automation := query.number("seriesid"):
        found.append(_through(store.contact_automations, "automation", automation))
    if block := query.number("waitid"):
        found.append(_through(store.contact_automations, "lastblock", block))
    return found


def _tests(store: Store, query: Query) -> list[_Test]:
    """What has to be looked up contact by contact."""
    tests: list[_Test] = []
    if like := query.get("email_like").lower():
        tests.append(lambda _, person: like in person.email.lower())
    if phone := query.get("phone"):
        tests.append(lambda _, person: person.phone.startswith(phone))
    if exclude := query.number("exclude"):
        tests.append(lambda key, _: key != exclude)
    if search := query.get("search").casefold():
        tests.append(lambda _, person: search in _searchable(store, person))
    for name, value in query.of("filters"):
        since = moment(value)
        if since is not None and (test := _DATES.get(name)):
            tests.append(test(since))
    return tests


_DATES: dict[str, Callable[[int], _Test]] = {
    "created_after": lambda since: lambda _, person: person.cdate > since,
    "created_before": lambda since: lambda _, person: person.cdate < since,
    "updated_after": lambda since: lambda _, person: person.udate > since,
    "updated_before": lambda since: lambda _, person: person.udate < since,
}


def _searchable(store: Store, person: Person) -> str:
    organisation = store.people.orgname_of(person.orgid) if person.orgid else ""
    name = f"{person.first} {person.last}"
    return "\n".join((name, person.email, person.phone, organisation)).casefold()


def search(store: Store, query: Query, segments: Segments) -> Sequence[int]:
    """The ids a call asks for, in its order, without its page. What is unknown is ignored."""
    if query.number("segmentid"):
        members = set(segments.ids(store, query))
        return [key for key in _found(store, query) if key in members]
    asked = [pair for pair in query.pairs if _means_something(pair)]
    if not asked:
        return store.people.ids()
    if query.get("email") and len(asked) == 1:
        return _found(store, query)
    return store.results(("contacts", *asked), lambda: _found(store, query))


def _means_something(pair: tuple[str, str]) -> bool:
    name, value = pair
    if name in _KNOWN:
        return bool(value)
    if name.startswith("filters["):
        return name[8:-1] in _DATES
    return name.startswith("orders[") and pair != ("orders[id]", "ASC")


def _found(store: Store, query: Query) -> Sequence[int]:
    indexed = sorted(_indexed(store, query), key=len)
    ids: Iterable[int] = indexed[0] if indexed else store.people.ids()
    for other in map(set, indexed[1:]):
        ids = [key for key in ids if key in other]
    tests, people = _tests(store, query), store.people
    for test in tests:
        ids = [key for key in ids if test(key, people[key])]
    return _in_order(store, query, ids if isinstance(ids, Sequence) else list(ids))


def _in_order(store: Store, query: Query, ids: Sequence[int]) -> Sequence[int]:
    people = store.people
    keys: dict[str, Callable[[int], object]] = {
        "id": lambda key: key,
        "cdate": lambda key: people[key].cdate,
        "email": lambda key: people[key].email.casefold(),
        "first_name": lambda key: people[key].first.casefold(),
        "last_name": lambda key: people[key].last.casefold(),
        "name": lambda key: (people[key].first.casefold(), people[key].last.casefold()),
        "score": lambda key: _score(store, key, query.number("sortId")),
    }
    for name, way in reversed(query.of("orders")):
        if name in keys:
            ids = sorted(ids, key=keys[name], reverse=way.upper() == "DESC")  # type: ignore[arg-type]  # each gives one kind
    return ids


def _score(store: Store, contact: int, score: int) -> int:
    links = store.score_values
    return sum(
        links.at(key, "scoreValue")
        for key in links.having("contact", contact)
        if links.at(key, "score") == score
    )
