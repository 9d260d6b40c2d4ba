"""The writes whose calls are counted: what is there before, the statement, and what it changes.

The fewest calls are those of the best client written by hand that is as sure: it reads what it must
know, writes in the largest calls that the reference allows ("Bulk import": 250 contacts, 10 at the
least), asks once whether an import is done, and reads back what an import does not tell.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.fewest import Cost, Facts, batches, each, one, pages
from benchmarks.suite.writes_model import Change, Work, back, everybody, found, imports


def _tag_some(f: Facts) -> Cost:
    count = f.rows("marked")
    return found(f, "marked") + one("tag") + imports(count) + back(count)


def _tag_all(f: Facts) -> Cost:
    count = f.rows("contacts")
    return everybody(f) + one("tag") + imports(count) + back(count)


def _new(f: Facts) -> Cost:
    count = f.rows("newcomers")
    return (
        one("/fields") + found(f, "newcomers") + imports(count) + pages(count, "new, by their ids")
    )


def _half_new(f: Facts) -> Cost:
    count = f.rows("mixed")
    new = f.rows("mixed WHERE id IS NULL")
    return found(f, "mixed") + imports(count) + pages(new, "new, by their ids") + back(count - new)


def _changed(f: Facts) -> Cost:
    differ = f.rows("respelt WHERE differs")
    return found(f, "respelt") + imports(differ) + back(differ)


def _synchronized(f: Facts) -> Cost:
    join = f.rows("(SELECT id FROM board EXCEPT SELECT id FROM seated)")
    leave = f.rows("(SELECT id FROM seated EXCEPT SELECT id FROM board)")
    return (
        pages(f.rows("seated"), "members, with their tags")
        + batches(join, "addresses of who joins")
        + imports(join)
        + back(join)
        + each(leave, "relations")
    )


def _ids(table: str) -> Callable[[Facts], Cost]:
    """Contacts known by their ids: what they have, the import, what they have now."""

    def reasoning(f: Facts) -> Cost:
        count = f.rows(table)
        return batches(count, "contacts, with what they have") + imports(count) + back(count)

    return reasoning


def _undone(f: Facts) -> Cost:
    count = f.rows("applied")
    return batches(count, "contacts, with their tags") + each(count, "relations")


TAG = "(SELECT id FROM tags@ac WHERE tag = 'Board')"
TAGGED = "INSERT INTO contact_tags@ac (contact_id, tag_id) SELECT c.id, t.id FROM"
A2 = (
    "insert into ContactTagsByContactId@ac (contact, tag) select ctt.id, tag.id from three ctg "
    "join contacts@ac ctt on ctt.email = ctg.email join tags@ac tag on tag.tag = ctg.tag"
)
BY_ADDRESS = "w JOIN contacts@ac c ON c.email = w.email JOIN tags@ac t ON t.tag = 'Board'"


def tagged(people: str) -> tuple[Change, ...]:
    """People who get the tag."""
    return (Change("tags", f"SELECT email, 'Board' FROM {people}"),)


WORKS = (
    Work(
        "tag 3 people by address",
        A2,
        lambda _: each(3, "addresses") + one("tag") + each(3, "tags applied"),
        "too few to import; the answer to each tag says that it is there",
        tagged("three"),
    ),
    Work(
        "tag {tagged:,} people by address",
        f"{TAGGED} marked {BY_ADDRESS}",
        _tag_some,
        "an import makes whoever is missing: each must be seen, and its tags lie beside it",
        tagged("marked"),
    ),
    Work(
        "the same again",
        f"{TAGGED} marked {BY_ADDRESS}",
        lambda f: one("tag") + pages(f.rows("marked"), "contacts of the tag, their addresses"),
        "who has the tag needs nothing",
        tagged("marked"),
        again=True,
    ),
    Work(
        "tag everybody",
        f"{TAGGED} contacts@ac c, tags@ac t WHERE t.tag = 'Board'",
        _tag_all,
        "every contact is seen before and after",
        tagged("contacts"),
    ),
    Work(
        "5 new contacts",
        "INSERT INTO contacts@ac (email, first_name) SELECT email, first_name FROM newcomers "
        "WHERE number <= 5",
        lambda _: each(5, "contacts made"),
        "POST refuses an address that is there",
        (Change("contacts", "SELECT email, first_name, '', '' FROM newcomers WHERE number <= 5"),),
    ),
    Work(
        "{new:,} new contacts with 2 custom fields",
        "INSERT INTO contacts@ac (email, first_name, last_name, city, membership_level) "
        "SELECT email, first_name, last_name, city, level FROM newcomers",
        _new,
        "an import would change who is there: all must be absent; the new ones have the last ids",
        (
            Change("contacts", "SELECT email, first_name, last_name, '' FROM newcomers"),
            Change(
                "values",
                "SELECT email, 'City', city FROM newcomers "
                "UNION ALL SELECT email, 'Membership level', level FROM newcomers",
            ),
        ),
    ),
    Work(
        "2 columns of {compared:,} contacts, 50 differ",
        "UPDATE contacts@ac c SET first_name = w.given, last_name = w.family FROM respelt w "
        "WHERE c.email = w.email",
        _changed,
        "all are read, those that differ are written",
        (
            Change(
                "contacts",
                "SELECT email, given, family, coalesce(phone, '') FROM respelt WHERE differs",
                "SELECT email, coalesce(first_name, ''), family, coalesce(phone, '') "
                "FROM respelt WHERE differs",
            ),
        ),
    ),
    Work(
        "ON CONFLICT of 300, half of them new",
        "INSERT INTO contacts@ac (email, first_name) SELECT email, given FROM mixed "
        "ON CONFLICT (email) DO UPDATE",
        _half_new,
        "all must be seen, since importing says nothing of who was there; the importer takes both",
        (
            Change(
                "contacts",
                "SELECT email, given, coalesce(last_name, ''), coalesce(phone, '') FROM mixed",
                "SELECT email, coalesce(first_name, ''), coalesce(last_name, ''), "
                "coalesce(phone, '') FROM mixed WHERE id IS NOT NULL",
            ),
        ),
    ),
    Work(
        "SYNCHRONIZE of a tag's 200 members, 50 to come, 20 to go",
        "SYNC (SELECT id AS contact_id, {board} AS tag_id FROM board) TO "
        "contact_tags@ac WHERE tag_id = {board} WITH INSERT OR DELETE "
        "IDENTIFIED BY contact_id, tag_id",
        _synchronized,
        "members by the tag; who joins is imported; each relation is deleted by its id",
        (
            Change(
                "tags",
                "SELECT email, 'Board' FROM board ANTI JOIN seated USING (id)",
                "SELECT email, 'Board' FROM seated ANTI JOIN board USING (id)",
            ),
        ),
        members="SELECT id FROM seated",
    ),
    Work(
        "UPDATE of one by address",
        "UPDATE contacts@ac SET first_name = 'Renamed' WHERE email = '{email_1}'",
        lambda _: one("address") + one("contact"),
        "PUT by id",
        (
            Change(
                "contacts",
                "SELECT email, 'Renamed', coalesce(last_name, ''), coalesce(phone, '') "
                "FROM contacts WHERE email = '{email_1}'",
                "SELECT email, coalesce(first_name, ''), coalesce(last_name, ''), "
                "coalesce(phone, '') FROM contacts WHERE email = '{email_1}'",
            ),
        ),
    ),
    Work(
        "DELETE of 5 by address",
        "DELETE FROM contacts@ac WHERE email IN (SELECT email FROM five)",
        lambda _: each(5, "addresses, with all that goes along") + each(5, "contacts"),
        "values and opt-outs lie beside each contact",
        (
            Change(
                "contacts",
                removed="SELECT email, coalesce(first_name, ''), coalesce(last_name, ''), "
                "coalesce(phone, '') FROM contacts SEMI JOIN five USING (email)",
            ),
            Change(
                "values",
                removed="SELECT email, f.title, v.value FROM field_values v JOIN fields f "
                "ON f.id = v.field_id JOIN five ON five.id = v.contact_id",
            ),
            Change(
                "tags",
                removed="SELECT email, t.tag FROM contact_tags JOIN tags t ON t.id = tag_id "
                "JOIN five ON five.id = contact_id",
            ),
            Change(
                "lists",
                removed="SELECT email, l.name, status FROM contact_lists JOIN lists l "
                "ON l.id = list_id JOIN five ON five.id = contact_id",
            ),
            Change(
                "notes",
                removed="SELECT email, note FROM notes JOIN five ON five.id = related_id "
                "WHERE related_type = 'Subscriber'",
            ),
        ),
    ),
    Work(
        "a note for each of 20",
        "INSERT INTO notes@ac (related_type, related_id, note) "
        "SELECT 'Subscriber', id, 'Called ' || id FROM twenty",
        lambda f: each(f.rows("twenty"), "notes"),
        "a note is made by a call of its own",
        (Change("notes", "SELECT email, 'Called ' || id FROM twenty"),),
    ),
    Work(
        "subscribe {many:,} who were never on the list",
        "INSERT INTO contact_lists@ac (contact_id, list_id, status) "
        "SELECT id, {list}, 1 FROM strangers",
        _ids("strangers"),
        "who left the list before must be known; subscriptions lie beside the contacts",
        (Change("lists", "SELECT email, name, 1 FROM strangers JOIN lists l ON l.id = {list}"),),
    ),
    Work(
        "the value of a field for {many:,}",
        "INSERT INTO field_values@ac (contact_id, field_id, value) "
        "SELECT id, {field}, 'Delft' FROM valueless",
        _ids("valueless"),
        "values lie beside the contacts",
        (
            Change(
                "values",
                "SELECT email, f.title, 'Delft' FROM valueless JOIN fields f ON f.id = {field}",
            ),
        ),
    ),
    Work(
        "undo of {undone:,} tags",
        "INSERT INTO contact_tags@ac (contact_id, tag_id) "
        f"SELECT w.id, t.id FROM applied w, {TAG} t",
        _undone,
        "the importer takes off no tag; what changed since is seen first",
        undo=True,
    ),
)

LONG = Work(
    "tag 100,000",
    f"{TAGGED} contacts@ac c, tags@ac t WHERE t.tag = 'Board'",
    _tag_all,
    "every contact is seen before and after",
)
"""The long one: its result is checked by the API's own totals."""
