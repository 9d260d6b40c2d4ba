"""Where sqlcrm makes more calls than the fewest: how many, and why.

An entry goes when its query takes the fewest; the test of the suite says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.fewest import Cost, Facts, Reasoning, batches, least, one, pages
from benchmarks.suite.joins import SUBSCRIBED, tagged
from benchmarks.suite.one_table import everybody

AT_ONCE = 8  # lookups that sqlcrm makes without asking for the length of another list
PAGES_A_PART = 25  # of a list read in parts, for which sqlcrm makes one part more while it reads


@dataclass(frozen=True, slots=True)
class Known:
    """reason: why more calls are made. made: how many, where it is not the fewest and a few.

    parts: the list that is read in several parts at once, which costs up to a call for each
    part: how many there are, how fast the answers come decides.
    """

    reason: str
    made: Reasoning | None = None
    parts: Reasoning | None = None

    def least(self, facts: Facts, fewest: Cost) -> int:
        """Calls that are made at the least."""
        return (fewest if self.made is None else self.made(facts)).calls

    def most(self, facts: Facts, fewest: Cost) -> int:
        """Calls that are made at the most."""
        extra = 0 if self.parts is None else 1 + self.parts(facts).calls // PAGES_A_PART
        return self.least(facts, fewest) + extra


AS_STATED = Known("")
"""A query that takes the fewest."""

IN_PARTS = (
    "the chain of pages is read in several parts at once, so that latency leaves none of the "
    "allowed rate unused; a part may end with a page that is not full"
)


def _in_parts(of: Reasoning, *names: str) -> dict[str, Known]:
    return dict.fromkeys(names, Known(IN_PARTS, parts=of))


def _whole(reason: str, made: Reasoning = everybody) -> Known:
    return Known(f"{reason}: all contacts are read", made, everybody)


def _rare(f: Facts) -> Cost:
    lookups = batches(f.rows("many"), "contacts")
    tagged_pages = pages(f.rows("contact_tags WHERE tag_id = {tag_rare}"), "contacts of the tag")
    return lookups if lookups.calls <= AT_ONCE else least(lookups, tagged_pages)


OPT_OUTS = (
    "opt-outs are remembered for the account, and /users/me tells whose it is, once a session"
)


def _listed(table: str, more: str = "") -> Known:
    reason = (
        "read by its own list: contacts, which would be fewer pages, carry the rows beside them"
    )
    reason += f"; {more}" if more else ""

    def made(f: Facts) -> Cost:
        listed = pages(f.rows(table), table)
        return listed + one("/users/me") if more else listed

    return Known(reason, made)


KNOWN: Mapping[str, Known] = {
    **_in_parts(
        everybody,
        "every contact, every column",
        "every contact, four columns",
        "by a filter that the API lacks",
        "aggregate of everybody",
        "IN list of 150 addresses",
        "the first ten by a text",
        "custom fields of everybody",
        "contacts LEFT JOIN local",
        "NOT EXISTS",
        "local anti join",
        "anti join with itself",
        "the same table twice, whole",
    ),
    **_in_parts(
        tagged,
        "contacts of one tag, as ids",
        "contacts of a tag, by its name",
        "contacts of a tag, by its id",
        "EXISTS",
    ),
    **_in_parts(lambda f: pages(f.rows(SUBSCRIBED), "subscribers"), "subscribers of a list"),
    "OR of an address and an id": _whole("an OR of two columns is no filter"),
    "ten after an OFFSET": Known(
        "rows before the OFFSET are read, too", lambda _: pages(310, "rows up to the last")
    ),
    "by the value of a custom field": _whole(
        "values of custom fields are no filters of contacts",
        lambda f: one("/fields") + everybody(f),
    ),
    "all of contact_tags": _listed("contact_tags"),
    "all of contact_lists": _listed("contact_lists", OPT_OUTS),
    "subscriptions of 150 people": Known(
        OPT_OUTS, lambda _: batches(150, "contacts") + one("/users/me")
    ),
    "all of field_values": _listed("field_values"),
    "everybody's tags, by name": Known(
        "two lists: contacts, which would be fewer pages, carry both beside them",
        lambda f: pages(f.rows("contact_tags"), "contact_tags") + pages(f.rows("tags"), "tags"),
    ),
    "many people, a rare tag": Known(
        f"up to {AT_ONCE} lookups are made without asking how many contacts have the tag", _rare
    ),
}
"""By the name of the query."""
