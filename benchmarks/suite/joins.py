"""Joins: keys from local tables, tables that lie beside contacts, chains."""

from benchmarks.fewest import Cost, Facts, Query, batches, each, least, one, pages
from benchmarks.suite.one_table import everybody, updated
from benchmarks.suite.other_tables import deals

WITH_TAG = "contact_tags WHERE tag_id = {tag_common}"
SUBSCRIBED = "contact_lists WHERE list_id = 3 AND status = 1"


def tagged(f: Facts) -> Cost:
    """Contacts that have the common tag."""
    return pages(f.rows(WITH_TAG), "contacts of the tag")


def _many(f: Facts) -> Cost:
    return batches(f.rows("many"), "ids")


def _won(f: Facts) -> Cost:
    buyers = f.rows("(SELECT DISTINCT contact_id FROM deals WHERE status = 1)")
    return deals(f, status="1") + batches(buyers, "contacts")


QUERIES = (
    Query(
        "3 addresses from a local table",
        "SELECT c.id, c.first_name FROM few l JOIN contacts@ac c ON c.email = l.email",
        lambda f: each(f.rows("few"), "addresses"),
        "email= takes one address",
    ),
    Query(
        "many ids from a local table",
        "SELECT c.id, c.email FROM many l JOIN contacts@ac c ON c.id = l.id",
        _many,
        "ids[], 100 a call",
    ),
    Query(
        "aggregate over a join",
        "SELECT c.email_domain, count(*) FROM many l JOIN contacts@ac c USING (id) GROUP BY 1",
        _many,
        "ids[], 100 a call",
    ),
    Query(
        "VALUES list",
        "SELECT c.id, v.note FROM (VALUES ('{email_1}', 'a'), ('{email_2}', 'b')) v (email, note) "
        "JOIN contacts@ac c ON c.email = v.email",
        lambda _: each(2, "addresses"),
        "email= takes one address",
    ),
    Query(
        "an empty local table",
        "SELECT c.id FROM nobody l JOIN contacts@ac c ON c.email = l.email",
        lambda _: Cost(0, "0"),
        "no keys, no calls",
    ),
    Query(
        "local LEFT JOIN contacts",
        "SELECT l.email, c.id FROM few l LEFT JOIN contacts@ac c ON c.email = l.email",
        lambda f: each(f.rows("few"), "addresses"),
        "the nullable side may be looked up",
    ),
    Query(
        "contacts LEFT JOIN local",
        "SELECT c.id, l.email FROM contacts@ac c LEFT JOIN few l ON c.email = l.email",
        everybody,
        "contacts without a partner stay",
    ),
    Query(
        "people, their tags, by name",
        "SELECT l.email, t.tag FROM few l JOIN contacts@ac c ON c.email = l.email "
        "JOIN contact_tags@ac ct ON ct.contact_id = c.id JOIN tags@ac t ON t.id = ct.tag_id",
        lambda f: each(f.rows("few"), "addresses"),
        "include=contactTags.tag: both tables lie beside each contact",
    ),
    Query(
        "contacts of a tag, by its name",
        "SELECT c.id, c.email FROM tags@ac t JOIN contact_tags@ac ct ON ct.tag_id = t.id "
        "JOIN contacts@ac c ON c.id = ct.contact_id WHERE t.tag = 'VIP'",
        lambda f: one("tag") + tagged(f),
        "the tag by name, then contacts by tagid: the join's rows are on the same pages",
    ),
    Query(
        "contacts of a tag, by its id",
        "SELECT c.id, c.email FROM contacts@ac c JOIN contact_tags@ac ct ON ct.contact_id = c.id "
        "WHERE ct.tag_id = {tag_common}",
        tagged,
        "/contacts by tagid: both tables are on the same pages",
    ),
    Query(
        "tags of one person, by name",
        "SELECT t.tag FROM contacts@ac c JOIN contact_tags@ac ct ON ct.contact_id = c.id "
        "JOIN tags@ac t ON t.id = ct.tag_id WHERE c.email = '{email_1}'",
        lambda _: one("address"),
        "email= and include=contactTags.tag",
    ),
    Query(
        "few people, a common tag",
        "SELECT l.email FROM few l JOIN contact_tags@ac ct ON ct.contact_id = l.id "
        "WHERE ct.tag_id = {tag_common}",
        lambda f: least(batches(f.rows("few"), "contacts"), tagged(f)),
        "per contact is cheaper than per tag",
    ),
    Query(
        "many people, a rare tag",
        "SELECT l.id FROM many l JOIN contact_tags@ac ct ON ct.contact_id = l.id "
        "WHERE ct.tag_id = {tag_rare}",
        lambda f: least(
            batches(f.rows("many"), "contacts"),
            pages(f.rows("contact_tags WHERE tag_id = {tag_rare}"), "contacts of the tag"),
        ),
        "per tag is cheaper than per contact",
    ),
    Query(
        "subscribers of a list",
        "SELECT c.email FROM contacts@ac c JOIN contact_lists@ac cl ON cl.contact_id = c.id "
        "WHERE cl.list_id = 3 AND cl.status = 1",
        lambda f: pages(f.rows(SUBSCRIBED), "subscribers"),
        "/contacts by listid and status, include=contactLists",
    ),
    Query(
        "won deals and who they are with",
        "SELECT d.title, c.email FROM deals@ac d JOIN contacts@ac c ON c.id = d.contact_id "
        "WHERE d.status = 1",
        _won,
        "filters[status], then ids[]",
    ),
    Query(
        "deals of three people, with their names",
        "SELECT c.first_name, d.title FROM few l JOIN contacts@ac c ON c.email = l.email "
        "JOIN deals@ac d ON d.contact_id = c.id",
        lambda f: each(f.rows("few"), "addresses"),
        "include=deals: they lie beside each contact",
    ),
    Query(
        "deals by the name of their stage",
        "SELECT s.title, count(*) FROM deals@ac d JOIN deal_stages@ac s ON s.id = d.stage_id "
        "GROUP BY s.title",
        lambda f: deals(f) + pages(f.rows("deal_stages"), "stages"),
        "two lists",
    ),
    Query(
        "stages and their pipelines",
        "SELECT p.title, s.title FROM pipelines@ac p JOIN deal_stages@ac s ON s.pipeline_id = p.id",
        lambda _: one("page"),
        "/dealGroups brings their stages along unasked",
    ),
    Query(
        "changed contacts LEFT JOIN their tags",
        "SELECT c.id, ct.tag_id FROM contacts@ac c LEFT JOIN contact_tags@ac ct "
        "ON ct.contact_id = c.id WHERE c.updated_at >= TIMESTAMPTZ '{since}'",
        updated,
        "filters[updated_after] and include=contactTags",
    ),
    Query(
        "everybody's tags, by name",
        "SELECT t.tag, max(ct.created_at) FROM contact_tags@ac ct "
        "JOIN tags@ac t ON t.id = ct.tag_id GROUP BY t.tag",
        lambda f: least(
            pages(f.rows("contact_tags"), "contact_tags") + pages(f.rows("tags"), "tags"),
            everybody(f),
        ),
        "two lists, or all contacts with include=contactTags.tag",
    ),
)
