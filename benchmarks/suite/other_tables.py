"""Other tables alone: short lists, deals, and what lies beside contacts."""

from benchmarks.fewest import Cost, Facts, Query, batches, least, one, pages
from benchmarks.suite.one_table import everybody


def deals(f: Facts, **filters: str) -> Cost:
    """A list of deals; hidden ones are in it, and only the API knows what they are."""
    named = {f"filters[{name}]": value for name, value in filters.items()}
    of = "deals" + "".join(f" of {name} {value}" for name, value in filters.items())
    return pages(f.total("deals", **named), of)


def _beside(table: str) -> Query:
    path = "".join(part.capitalize() for part in table.split("_"))
    path = path[0].lower() + path[1:]
    return Query(
        f"all of {table}",
        f"SELECT * FROM {table}@ac",
        lambda f: least(pages(f.rows(table), table), everybody(f)),
        f"by itself, or beside the contacts with include={path}",
    )


def _short(table: str) -> Query:
    return Query(
        f"all of {table}",
        f"SELECT * FROM {table}@ac",
        lambda f: pages(f.rows(table), table),
        "a page holds them all",
    )


QUERIES = (
    *map(_short, ("tags", "lists", "users", "pipelines")),
    Query(
        "a tag by its name",
        "SELECT id FROM tags@ac WHERE tag = 'Volunteer'",
        lambda _: one("page"),
        "filters[search][eq]",
    ),
    *map(_beside, ("contact_tags", "contact_lists", "field_values")),
    Query(
        "values of one custom field",
        "SELECT contact_id, value FROM field_values@ac WHERE field_id = 4",
        lambda f: pages(f.rows("field_values WHERE field_id = 4"), "values"),
        "filters[fieldid]",
    ),
    Query("all deals", "SELECT id, title, value FROM deals@ac", deals, "100 rows a call"),
    Query(
        "count of deals",
        "SELECT count(*) FROM deals@ac",
        lambda _: one("page"),
        "limit=1 and meta.total; hidden deals are rows too",
    ),
    Query(
        "count of won deals",
        "SELECT count(*) FROM deals@ac WHERE status = 1",
        lambda f: deals(f, status="1"),
        "the filtered total counts hidden deals, whose status is NULL here: rows must be seen",
    ),
    Query(
        "deals of a stage and a status",
        "SELECT id, value FROM deals@ac WHERE stage_id = 2 AND status = 0",
        lambda f: deals(f, stage="2", status="0"),
        "filters[stage] and filters[status]",
    ),
    Query(
        "deals of two stages",
        "SELECT id, stage_id FROM deals@ac WHERE stage_id IN (1, 2)",
        lambda f: least(deals(f, stage="1") + deals(f, stage="2"), deals(f)),
        "filters[stage] takes one",
    ),
    Query(
        "tags of one contact, by id",
        "SELECT tag_id FROM contact_tags@ac WHERE contact_id = 77",
        lambda _: one("contact"),
        "its sub-collection, or include=contactTags",
    ),
    Query(
        "contacts of one tag, as ids",
        "SELECT contact_id FROM contact_tags@ac WHERE tag_id = {tag_common}",
        lambda f: pages(f.rows("contact_tags WHERE tag_id = {tag_common}"), "contacts of the tag"),
        "/contacts by tagid, include=contactTags",
    ),
    Query(
        "subscriptions of 150 people",
        "SELECT cl.* FROM some_150 s JOIN contact_lists@ac cl ON cl.contact_id = s.id",
        lambda _: batches(150, "contacts"),
        "ids[] and include=contactLists",
    ),
)
