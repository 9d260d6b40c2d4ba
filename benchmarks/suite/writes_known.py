"""Where a write of sqlcrm makes more calls than the fewest: how many, and why.

An entry goes when its write takes the fewest; the test of the suite says so.
"""

from collections.abc import Mapping

from benchmarks.fewest import Cost, Facts, Reasoning, batches, each, least, one, pages
from benchmarks.suite.known import AT_ONCE, Known
from benchmarks.suite.writes_model import back, everybody, found, imports, posts

WHOSE = "/users/me tells whose account it is, once a session"
BESIDE = "what is there is looked up after the contacts were read, not beside them"
NAME = "the importer needs the tag's name and type, which are asked for by its id"
OWN = "new rows are read back by their addresses, not by their ids"
ME = one("/users/me")


def _either(count: int, listed: int, of: str) -> Cost:
    """Look rows up by their contacts, or by what they have in common; few without asking."""
    lookups = batches(count, f"{of} by contact")
    if lookups.calls <= AT_ONCE:
        return lookups
    return least(pages(listed, of), one("page, which tells how many there are") + lookups)


def _tagged(people: Cost, count: int) -> Cost:
    seen = _either(count, 0, "tags before")
    return people + one("tag") + seen + one("tag by its id") + imports(count)


def _some(f: Facts) -> Cost:
    count = f.rows("marked")
    return ME + _tagged(found(f, "marked"), count) + _either(count, count, "tags after")


def _all(f: Facts) -> Cost:
    count = f.rows("contacts")
    return ME + _tagged(everybody(f), count) + _either(count, count, "tags after")


def _again(f: Facts) -> Cost:
    count = f.rows("marked")
    return found(f, "marked") + one("tag") + _either(count, count, "tags")


def _by_address(f: Facts, count: int) -> Cost:
    """Read new contacts back."""
    everybody_now = f.rows("contacts") + count
    return least(each(count, "new addresses"), pages(everybody_now, "contacts by then"))


def _new(f: Facts) -> Cost:
    count = f.rows("newcomers")
    read = ME + one("/fields") + found(f, "newcomers")
    return read + imports(count) + _by_address(f, count)


def _mixed(f: Facts) -> Cost:
    new = f.rows("mixed WHERE id IS NULL")
    old = f.rows("mixed") - new
    calls = posts(new) + posts(old) + one("status")
    return ME + found(f, "mixed") + calls + _by_address(f, new) + back(old)


def _compared(f: Facts) -> Cost:
    count = f.rows("respelt WHERE differs")
    return ME + found(f, "respelt") + imports(count) + back(count)


def _ids(table: str, listed: str) -> Reasoning:
    def reasoning(f: Facts) -> Cost:
        count, there = f.rows(table), f.rows(listed)
        seen = _either(count, there, "what they have")
        after = _either(count, there + count, "what they have then")
        return ME + seen + batches(count, "addresses") + imports(count) + after

    return reasoning


def _undone(f: Facts) -> Cost:
    count = f.rows("applied")
    return back(count) + back(count) + each(count, "relations")


def _fixed(calls: int, how: str) -> Reasoning:
    return lambda _: Cost(calls, how)


KNOWN: Mapping[str, Known] = {
    "tag 3 people by address": Known(f"{WHOSE}; {BESIDE}", _fixed(9, "7 + 1 + 1")),
    "tag {tagged:,} people by address": Known(f"{WHOSE}; {BESIDE}; {NAME}", _some, everybody),
    "the same again": Known(
        "the SELECT is run as it stands: all contacts are read, then what is there",
        _again,
        everybody,
    ),
    "tag everybody": Known(f"{WHOSE}; {BESIDE}; {NAME}", _all, everybody),
    "5 new contacts": Known(
        f"{WHOSE}; who is there is known before anything is sent, for the plan and for 'unchanged'",
        _fixed(11, "5 + 1 + 5"),
    ),
    "{new:,} new contacts with 2 custom fields": Known(f"{WHOSE}; {OWN}", _new, everybody),
    "2 columns of {compared:,} contacts, 50 differ": Known(
        WHOSE,
        _compared,
        everybody,
    ),
    "ON CONFLICT of 300, half of them new": Known(
        f"{WHOSE}; {OWN}; new and changed contacts are imported apart", _mixed, everybody
    ),
    "SYNCHRONIZE of a tag's 200 members, 50 to come, 20 to go": Known(
        f"{WHOSE}; {NAME}", _fixed(28, "26 + 1 + 1")
    ),
    "UPDATE of one by address": Known(WHOSE, _fixed(3, "2 + 1")),
    "DELETE of 5 by address": Known(
        f"{WHOSE}; /fields tells which custom fields there are; subscriptions, of which opt-outs "
        "are remembered, are looked up by themselves",
        _fixed(13, "10 + 1 + 1 + 1"),
    ),
    "a note for each of 20": Known(WHOSE, _fixed(21, "20 + 1")),
    "subscribe {many:,} who were never on the list": Known(
        f"{WHOSE}; subscriptions and addresses are looked up each by itself",
        _ids("strangers", "contact_lists WHERE list_id = {list}"),
    ),
    "the value of a field for {many:,}": Known(
        f"{WHOSE}; values and addresses are looked up each by itself",
        _ids("valueless", "field_values WHERE field_id = {field}"),
    ),
    "undo of {undone:,} tags": Known(
        "applying looks again whether anything has moved since it was planned", _undone
    ),
    "tag 100,000": Known(f"{WHOSE}; {BESIDE}; {NAME}", _all, everybody),
}
"""By the name of the write."""
