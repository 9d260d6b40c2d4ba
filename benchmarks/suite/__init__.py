"""The queries whose calls are counted, by kind."""

from benchmarks.suite import joins, one_table, other_tables, shapes

QUERIES = (*one_table.QUERIES, *other_tables.QUERIES, *joins.QUERIES, *shapes.QUERIES)

BUSY = """SELECT email FROM contacts WHERE email NOT LIKE '%+%'
AND id IN (SELECT contact_id FROM contact_tags) AND id IN (SELECT contact_id FROM deals)
ORDER BY id LIMIT 1"""
"""People who have tags and deals."""

VALUES = {
    "contacts": "SELECT count(*) FROM contacts",
    "email_1": f"{BUSY} OFFSET 0",
    "email_2": f"{BUSY} OFFSET 20",
    "email_3": f"{BUSY} OFFSET 40",
    "emails_150": "SELECT string_agg('''' || email || '''', ', ') FROM scattered_150",
    "ids_250": "SELECT string_agg(id, ', ') FROM scattered_250",
    "first_name": "SELECT mode(first_name) FROM contacts",
    "half": "SELECT count(*) // 2 FROM contacts",
    "last_250": "SELECT max(id) - 250 FROM contacts",
    "since": "SELECT strftime(quantile_disc(updated_at, 0.975), '%Y-%m-%d %H:%M:%S+00') "
    "FROM contacts",
    "tag_common": "SELECT mode(tag_id) FROM contact_tags",
    "tag_rare": "SELECT tag_id FROM contact_tags GROUP BY tag_id ORDER BY count(*), 1 LIMIT 1",
}
"""What stands in braces in a query: one value each, from full local copies of the tables."""

TABLES = (
    *("contacts", "tags", "contact_tags", "lists", "contact_lists", "fields", "field_values"),
    *("deals", "deal_stages", "pipelines", "users"),
)
"""The remote tables that the queries name; full local copies have the same names."""

LOCAL = {
    "few": "SELECT id, email FROM contacts WHERE email IN ('{email_1}', '{email_2}', '{email_3}')",
    "many": "SELECT id FROM contacts WHERE id % 10 = 3",
    "some_150": "SELECT id FROM scattered_150",
    "nobody": "SELECT id, email FROM contacts WHERE false",
}
"""Local tables that each query finds: three people, a tenth of all people, 150 people, nobody."""
