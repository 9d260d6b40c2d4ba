"""Whatever is written, writing it again changes nothing: the property, over random rows."""

import datetime as dt

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = settings(
    max_examples=16,
    deadline=None,
    derandomize=True,
    # The CRM is shared on purpose: later examples meet what earlier ones wrote.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

TEXTS = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x00"), max_size=12),
    st.sampled_from(["", " ", " padded ", "O'Neill", 'say "hi"', "ünïcödé", "=1+1", "a||b"]),
)
ADDRESSES = st.builds(
    lambda name, upper: f"{name}@example.org".upper() if upper else f"{name}@example.org",
    st.sampled_from(["ann", "bob", "cy", "dee", "ann+x", "bo.b"]),
    st.booleans(),
)


@EXAMPLES
@given(rows=st.lists(st.tuples(ADDRESSES, TEXTS, TEXTS), min_size=1, max_size=6))
def test_inserting_people_twice_writes_once(crm, db, rows):
    db.execute("create or replace table people (email text, first_name text, last_name text)")
    for row in rows:
        db.execute("insert into people values (?, ?, ?)", row)
    insert = "insert into contacts@ac (email, first_name, last_name) select * from people"
    first = db.execute(insert).report.counts
    since = crm.count()
    second = db.execute(insert).report.counts
    assert sum(first.values()) == sum(second.values()) == len(rows)
    assert "done" not in second
    assert second.get("rejected", 0) == first.get("rejected", 0)
    assert {call["method"] for call in crm.calls()[since:]} <= {"GET"}


@EXAMPLES
@given(
    first=TEXTS,
    country=TEXTS,
    born=st.one_of(st.none(), st.dates(dt.date(1900, 1, 1), dt.date(2030, 1, 1))),
    interests=st.one_of(
        st.none(), st.lists(st.sampled_from(["Housing", "Climate", "Health"]), unique=True)
    ),
)
def test_an_update_twice_writes_once(crm, db, counts, first, country, born, interests):
    update = (
        "update contacts@ac set first_name = ?, country = ?, date_of_birth = ?, interests = ? "
        "where id = 7"
    )
    values = [first, country, born, interests]
    db.execute(update, values)
    since = crm.count()
    assert counts(db.execute(update, values)) == {"unchanged": 1}
    assert {call["method"] for call in crm.calls()[since:]} <= {"GET"}


@EXAMPLES
@given(pairs=st.lists(st.tuples(st.integers(1, 12), st.integers(1, 6)), min_size=1, max_size=8))
def test_links_twice_are_links_once_and_the_crm_has_exactly_these(crm, db, pairs):
    db.execute("create or replace table pairs (contact bigint, tag bigint)")
    for pair in pairs:
        db.execute("insert into pairs values (?, ?)", pair)
    before = {(row["contact"], row["tag"]) for row in crm.state()["contactTags"]}
    insert = "insert into contact_tags@ac (contact, tag) select * from pairs"
    first = db.execute(insert).report.counts
    after = {(row["contact"], row["tag"]) for row in crm.state()["contactTags"]}
    assert after == before | {(str(c), str(t)) for c, t in pairs}
    assert first.get("done", 0) == len(after - before)
    assert set(db.execute(insert).report.counts) == {"unchanged"}
    db.execute("delete from contact_tags@ac where (contact_id, tag_id) in (select * from pairs)")
    gone = {(row["contact"], row["tag"]) for row in crm.state()["contactTags"]}
    assert gone == after - {(str(c), str(t)) for c, t in pairs}
