"""Contacts alone: filters, keys, limits, orders, counts, custom fields."""

from benchmarks.fewest import Cost, Facts, Query, batches, each, least, one, pages


def everybody(f: Facts) -> Cost:
    """The whole list of contacts."""
    return pages(f.rows("contacts"), "contacts")


def updated(f: Facts) -> Cost:
    """Contacts that changed since `{since}`."""
    return pages(f.rows("contacts WHERE updated_at >= '{since}'"), "contacts updated since")


def _found_late(f: Facts) -> Cost:
    last = "SELECT id FROM contacts WHERE first_name = '{first_name}' ORDER BY id LIMIT 10"
    return pages(
        f.rows(f"contacts WHERE id <= (SELECT max(id) FROM ({last}))"), "contacts up to the 10th"
    )


def _gold(f: Facts) -> Cost:
    rows = f.rows("contacts WHERE membership_level = 'Gold'")
    by_value = pages(rows, "field values") + batches(rows, "contacts")
    return one("/fields") + least(by_value, everybody(f))


def _like(pattern: str, column: str) -> str:
    return f"contacts WHERE {column} LIKE '{pattern}'"


QUERIES = (
    Query(
        "every contact, every column",
        "SELECT * FROM contacts@ac",
        lambda f: one("/fields") + everybody(f),
        "only /fields tells which custom fields there are; values come by include=fieldValues",
    ),
    Query(
        "every contact, four columns",
        "SELECT id, email, first_name, last_name FROM contacts@ac",
        everybody,
        "100 rows a call",
    ),
    Query(
        "by a filter that the API lacks",
        "SELECT id, email FROM contacts@ac WHERE first_name = '{first_name}'",
        everybody,
        "names cannot be filtered by: all are read",
    ),
    Query(
        "aggregate of everybody",
        "SELECT email_domain, count(*) FROM contacts@ac GROUP BY email_domain",
        everybody,
        "each row counts somewhere",
    ),
    Query(
        "by address",
        "SELECT id, first_name FROM contacts@ac WHERE email = '{email_1}'",
        lambda _: one("address"),
        "email= is exact",
    ),
    Query(
        "by address, as a parameter",
        "SELECT id, first_name FROM contacts@ac WHERE email = ?",
        lambda _: one("address"),
        "a parameter is as good as a constant",
        binds=("email_1",),
    ),
    Query(
        "IN list of 3 addresses",
        "SELECT id FROM contacts@ac WHERE email IN ('{email_1}', '{email_2}', '{email_3}')",
        lambda _: each(3, "addresses"),
        "email= takes one address",
    ),
    Query(
        "IN list of 150 addresses",
        "SELECT id FROM contacts@ac WHERE email IN ({emails_150})",
        lambda f: least(each(150, "addresses"), everybody(f)),
        "the whole list where it is shorter",
    ),
    Query(
        "OR of two addresses",
        "SELECT id FROM contacts@ac WHERE email = '{email_1}' OR email = '{email_2}'",
        lambda _: each(2, "addresses"),
        "email= takes one address",
    ),
    Query(
        "OR of two ids",
        "SELECT email FROM contacts@ac WHERE id = 31 OR id = 77",
        lambda _: batches(2, "ids"),
        "ids[] takes many",
    ),
    Query(
        "OR of an address and an id",
        "SELECT id FROM contacts@ac WHERE email = '{email_1}' OR id = 77",
        lambda _: one("address") + one("id"),
        "a lookup for each side",
    ),
    Query(
        "IN list of 250 ids",
        "SELECT id, email FROM contacts@ac WHERE id IN ({ids_250})",
        lambda _: batches(250, "ids"),
        "ids[], as many as an answer has rows",
    ),
    Query(
        "ids above",
        "SELECT id, email FROM contacts@ac WHERE id > {last_250}",
        lambda f: pages(f.rows("contacts WHERE id > {last_250}"), "contacts above"),
        "id_greater",
    ),
    Query(
        "ids between",
        "SELECT id, email FROM contacts@ac WHERE id BETWEEN 201 AND 450",
        lambda f: pages(f.rows("contacts WHERE id BETWEEN 201 AND 450"), "contacts between"),
        "id_greater and id_less",
    ),
    Query(
        "updated since",
        "SELECT id, email FROM contacts@ac WHERE updated_at >= TIMESTAMPTZ '{since}'",
        updated,
        "filters[updated_after], a second early, and checked again",
    ),
    Query(
        "created in a year",
        "SELECT id FROM contacts@ac WHERE created_at >= DATE '2019-01-01' "
        "AND created_at < DATE '2020-01-01'",
        lambda f: pages(
            f.rows("contacts WHERE created_at >= '2019-01-01' AND created_at < '2020-01-01'"),
            "contacts of 2019",
        ),
        "filters[created_after] and filters[created_before] together",
    ),
    Query(
        "part of an address",
        "SELECT id FROM contacts@ac WHERE email LIKE '%@example.net'",
        lambda f: pages(f.rows(_like("%@example.net%", "email")), "contacts there"),
        "email_like",
    ),
    Query(
        "beginning of a phone number",
        "SELECT id, phone FROM contacts@ac WHERE phone LIKE '+31%'",
        lambda f: pages(f.rows(_like("+31%", "phone")), "such contacts"),
        "phone= means 'begins with'",
    ),
    Query(
        "LIMIT 5",
        "SELECT id, email FROM contacts@ac LIMIT 5",
        lambda _: one("page"),
        "the first page",
        loose=True,
    ),
    Query(
        "LIMIT 250",
        "SELECT id, email FROM contacts@ac LIMIT 250",
        lambda _: pages(250, "rows wanted"),
        "the first three pages",
        loose=True,
    ),
    Query(
        "LIMIT with a filter that the API lacks",
        "SELECT id, email FROM contacts@ac WHERE first_name = '{first_name}' LIMIT 10",
        _found_late,
        "pages until ten are found; where they are nobody knows before",
        loose=True,
    ),
    Query(
        "LIMIT with a filter that the API has",
        "SELECT id, email FROM contacts@ac WHERE email LIKE '%@example.net' LIMIT 150",
        lambda _: pages(150, "rows wanted"),
        "email_like, two pages",
        loose=True,
    ),
    Query(
        "the last ten ids",
        "SELECT id, email FROM contacts@ac ORDER BY id DESC LIMIT 10",
        lambda _: one("page"),
        "orders[id]=DESC",
    ),
    Query(
        "the ten newest",
        "SELECT id, created_at FROM contacts@ac ORDER BY created_at DESC LIMIT 10",
        lambda _: one("page"),
        "orders[cdate]=DESC",
    ),
    Query(
        "ten after an OFFSET",
        "SELECT id, email FROM contacts@ac ORDER BY id LIMIT 10 OFFSET 300",
        lambda _: one("page"),
        "orders[id]=ASC&offset=300",
    ),
    Query(
        "the first ten by a text",
        "SELECT id, email FROM contacts@ac ORDER BY email LIMIT 10",
        everybody,
        "the API's order of texts is not DuckDB's: all are read",
    ),
    Query(
        "the highest id",
        "SELECT max(id) FROM contacts@ac",
        lambda _: one("page"),
        "orders[id]=DESC&limit=1",
    ),
    Query(
        "count of contacts",
        "SELECT count(*) FROM contacts@ac",
        lambda _: one("page"),
        "limit=1 and meta.total",
    ),
    Query(
        "count with an exact filter",
        "SELECT count(*) FROM contacts@ac WHERE id > {half}",
        lambda _: one("page"),
        "id_greater, limit=1 and meta.total",
    ),
    Query(
        "count with an inexact filter",
        "SELECT count(*) FROM contacts@ac WHERE updated_at >= TIMESTAMPTZ '{since}'",
        updated,
        "whether updated_after includes its border is not documented: the rows must be seen",
    ),
    Query(
        "a custom field, LIMIT 5",
        "SELECT id, country FROM contacts@ac LIMIT 5",
        lambda _: one("/fields") + one("page"),
        "which field `country` is, only /fields tells",
        loose=True,
    ),
    Query(
        "custom fields of everybody",
        "SELECT email, country FROM contacts@ac",
        lambda f: one("/fields") + everybody(f),
        "include=fieldValues",
    ),
    Query(
        "by the value of a custom field",
        "SELECT id, email FROM contacts@ac WHERE membership_level = 'Gold'",
        _gold,
        "/fieldValues by filters[fieldid] and filters[val], then the contacts by id",
    ),
    Query(
        "a condition that is never true",
        "SELECT id FROM contacts@ac WHERE false",
        lambda _: Cost(0, "0"),
        "no row can come",
    ),
)
