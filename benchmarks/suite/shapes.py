"""The same reads in other shapes: subqueries, set operations, CTEs, a table twice."""

from benchmarks.fewest import Cost, Facts, Query, batches, each, one, pages
from benchmarks.suite.joins import tagged
from benchmarks.suite.one_table import everybody, updated
from benchmarks.suite.other_tables import deals


def _buyers(f: Facts) -> Cost:
    buyers = f.rows("(SELECT DISTINCT contact_id FROM deals WHERE status = 2)")
    return deals(f, status="2") + batches(buyers, "contacts")


QUERIES = (
    Query(
        "EXISTS",
        "SELECT email FROM contacts@ac c WHERE EXISTS (SELECT 1 FROM contact_tags@ac ct "
        "WHERE ct.contact_id = c.id AND ct.tag_id = {tag_common})",
        tagged,
        "/contacts by tagid",
    ),
    Query(
        "NOT EXISTS",
        "SELECT email FROM contacts@ac c WHERE NOT EXISTS (SELECT 1 FROM contact_tags@ac ct "
        "WHERE ct.contact_id = c.id AND ct.tag_id = {tag_common})",
        everybody,
        "all contacts with include=contactTags",
    ),
    Query(
        "IN (SELECT … FROM another remote table)",
        "SELECT email FROM contacts@ac WHERE id IN "
        "(SELECT contact_id FROM deals@ac WHERE status = 2)",
        _buyers,
        "filters[status], then ids[]",
    ),
    Query(
        "IN (SELECT … FROM a local table)",
        "SELECT id FROM contacts@ac WHERE email IN (SELECT email FROM few)",
        lambda f: each(f.rows("few"), "addresses"),
        "email= takes one address",
    ),
    Query(
        "local anti join",
        "SELECT c.id FROM contacts@ac c ANTI JOIN many l ON c.id = l.id",
        everybody,
        "who is not in the local table is not known before",
    ),
    Query(
        "anti join with itself",
        "SELECT a.id FROM contacts@ac a WHERE NOT EXISTS (SELECT 1 FROM contacts@ac b "
        "WHERE b.email_domain = a.email_domain AND b.id < a.id)",
        everybody,
        "one list serves both sides",
    ),
    Query(
        "UNION ALL, a filter each",
        "SELECT id, email FROM contacts@ac WHERE email = '{email_1}' "
        "UNION ALL SELECT id, email FROM contacts@ac WHERE id > {last_250}",
        lambda f: one("address") + pages(f.rows("contacts WHERE id > {last_250}"), "above"),
        "each branch by its own filter",
    ),
    Query(
        "UNION ALL, the same filter",
        "SELECT id AS x FROM contacts@ac WHERE id > {last_250} "
        "UNION ALL SELECT bounced_hard FROM contacts@ac WHERE id > {last_250}",
        lambda f: pages(f.rows("contacts WHERE id > {last_250}"), "contacts above"),
        "the same table and filter: once",
    ),
    Query(
        "a CTE used twice",
        "WITH recent AS (SELECT id, email_domain AS d FROM contacts@ac "
        "WHERE updated_at >= TIMESTAMPTZ '{since}') "
        "SELECT a.id, b.n FROM recent a JOIN (SELECT d, count(*) n FROM recent GROUP BY d) b "
        "ON a.d = b.d",
        updated,
        "once",
    ),
    Query(
        "a derived table, filtered from outside",
        "SELECT d.id FROM (SELECT id, email FROM contacts@ac) d WHERE d.email = '{email_1}'",
        lambda _: one("address"),
        "the filter is the table's",
    ),
    Query(
        "a CTE, filtered from outside",
        "WITH d AS (SELECT id, email FROM contacts@ac) SELECT id FROM d WHERE id IN (31, 77)",
        lambda _: batches(2, "ids"),
        "the filter is the table's",
    ),
    Query(
        "LIMIT in a derived table",
        "SELECT upper(d.email) FROM (SELECT email FROM contacts@ac LIMIT 150) d",
        lambda _: pages(150, "rows wanted"),
        "two pages",
        loose=True,
    ),
    Query(
        "the same table twice, a filter each",
        "SELECT a.id, b.id FROM contacts@ac a, contacts@ac b "
        "WHERE a.email = '{email_1}' AND b.email = '{email_2}'",
        lambda _: each(2, "addresses"),
        "each by its own filter",
    ),
    Query(
        "the same table twice, whole",
        "SELECT count(*) FROM contacts@ac a JOIN contacts@ac b ON b.id = a.id + 1",
        everybody,
        "one list serves both",
    ),
    Query(
        "two counts in one statement",
        "SELECT (SELECT count(*) FROM contacts@ac), (SELECT count(*) FROM tags@ac)",
        lambda _: one("page") + one("page"),
        "limit=1 and meta.total of each",
    ),
)
