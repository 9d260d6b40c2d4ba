"""What reading costs, as the CRM itself counts it, and what EXPLAIN says about it."""

import json

import pytest

import sqlcrm


def spent(crm, db, sql, binds=None):
    """Return the rows of a query and the calls that it made."""
    since = crm.count()
    rows = db.execute(sql, binds).fetchall()
    return rows, crm.count() - since


def test_a_count_takes_the_total_of_one_page(crm, db):
    rows, calls = spent(crm, db, "select count(*) from contacts@ac")
    assert (rows, calls) == ([(300,)], 1)
    last = db.execute("select max(id) from contacts@ac").fetchall()[0][0]
    rows, calls = spent(crm, db, "select count(*) from contacts@ac where id > ?", [last - 150])
    assert calls == 1
    full = "select count(*) from contacts@ac where id + 0 > ?"
    assert rows == db.execute(full, [last - 150]).fetchall()


def test_a_count_with_a_condition_that_the_api_lacks_reads_the_rows(crm, db):
    name = next(c["firstName"] for c in crm.state()["contacts"] if c["firstName"])
    has = sum(c["firstName"] == name for c in crm.state()["contacts"])
    rows, calls = spent(crm, db, "select count(*) from contacts@ac where first_name = ?", [name])
    assert rows == [(has,)]
    assert calls >= 3


@pytest.mark.parametrize("column", ["id", "created_at"])
@pytest.mark.parametrize("way", ["", "desc"])
def test_the_first_rows_in_an_order_that_the_api_knows_are_one_page(crm, db, column, way):
    sql = f"select {column} from contacts@ac order by {column} {way} limit 10"
    rows, calls = spent(crm, db, sql)
    every = db.execute(f"select {column} from contacts@ac").fetchall()
    assert rows == sorted(every, reverse=way == "desc")[:10]
    assert calls == 1


def test_an_order_of_texts_is_not_left_to_the_api(crm, db):
    rows, calls = spent(crm, db, "select email from contacts@ac order by email limit 5")
    every = sorted((c["email"] for c in crm.state()["contacts"] if c["email"]), key=str.lower)
    assert [mail for (mail,) in rows] == every[:5]
    assert calls >= 3


def test_tables_that_lie_beside_each_other_come_in_one_reply(crm, db):
    sql = """
        select c.email, t.tag from contacts@ac c join contact_tags@ac ct on ct.contact_id = c.id
        join tags@ac t on t.id = ct.tag_id where c.id in (1, 2, 3)"""
    rows, calls = spent(crm, db, sql)
    state = crm.state()
    names = {t["id"]: t["tag"] for t in state["tags"]}
    mails = {c["id"]: c["email"] for c in state["contacts"] if c["id"] in {"1", "2", "3"}}
    links = [r for r in state["contactTags"] if r["contact"] in mails]
    assert sorted(rows) == sorted((mails[r["contact"]], names[r["tag"]]) for r in links)
    assert links
    assert calls == 1


def test_the_contacts_of_a_tag_and_what_ties_them_to_it_come_in_one_list(crm, db):
    sql = """
        select c.email from contact_tags@ac ct join contacts@ac c on c.id = ct.contact_id
        where ct.tag_id = 2"""
    rows, calls = spent(crm, db, sql)
    state = crm.state()
    has = {r["contact"] for r in state["contactTags"] if r["tag"] == "2"}
    assert sorted(rows) == sorted((c["email"],) for c in state["contacts"] if c["id"] in has)
    assert calls == -(-len(has) // 100)


def test_a_left_join_keeps_those_who_have_nothing_beside_them(crm, db):
    sql = """
        select c.id, count(ct.id) from contacts@ac c
        left join contact_tags@ac ct on ct.contact_id = c.id group by c.id"""
    rows, calls = spent(crm, db, sql)
    links = crm.state()["contactTags"]
    wanted = {int(c["id"]): 0 for c in crm.state()["contacts"]}
    for link in links:
        wanted[int(link["contact"])] += 1
    assert dict(rows) == wanted
    assert calls <= 4  # three pages, and one more where the list is read in parts


def test_a_table_that_stands_twice_in_a_statement_is_read_once(crm, db):
    rows, calls = spent(
        crm, db, "select count(*) from contacts@ac a join contacts@ac b on b.id = a.id"
    )
    assert rows == [(300,)]
    assert calls <= 4


def test_lookups_in_a_table_of_few_rows_are_its_list(crm, db):
    _, calls = spent(crm, db, "select tag from tags@ac where id in (1, 2, 3, 4, 5)")
    assert calls == 1


def test_a_table_whose_partner_is_empty_is_not_read(crm, db):
    db.execute("create table nobody as select 'x' as description where false")
    join = "select t.id from nobody n join tags@ac t on t.description = n.description"
    assert spent(crm, db, join) == ([], 0)
    _, calls = spent(crm, db, "select t.id from tags@ac t left join nobody n using (description)")
    assert calls == 1
    db.execute("insert into nobody values ('x')")
    assert spent(crm, db, join)[1] == 1


def explained(db, sql, binds=None):
    """Return what EXPLAIN tells of each table, by table."""
    rows = db.execute(sql, binds).fetchall()
    return {key: json.loads(value) for key, value in rows if key != "note"}


def test_explain_makes_no_call_and_tells_what_will_be_done(crm, db):
    db.execute("create table people as select * from (values ('a@x.org'), ('b@x.org')) v(email)")
    since = crm.count()
    found = explained(
        db,
        "explain (format json) select c.id, c.first_name from contacts@ac c "
        "join people p on p.email = c.email where c.first_name = 'Ana'",
    )
    assert crm.count() == since
    facts = found["contacts@ac"]
    assert facts["access"] == "GET /contacts for 2 of email, 1 a call"
    assert facts["expected_calls"] == 2
    assert facts["checked_here"] == ["c.first_name = 'Ana'"]
    assert facts["keys"] == ["email from people.email"]


def test_explain_as_text_has_a_line_for_each_fact(crm, db):
    text = db.execute("explain select id from contacts@ac where id > 5").fetchall()
    told = "\n".join(value for _, value in text)
    assert "contacts@ac" in told
    assert "id > 5" in told
    assert "calls in all: 0, and those for contacts@ac" in told


def test_explain_knows_the_length_of_a_list_that_was_read(crm, db):
    db.execute("select id from contacts@ac").fetchall()
    facts = explained(db, "explain (format json) select email from contacts@ac")["contacts@ac"]
    assert facts["expected_calls"] == 3


def test_explain_analyze_tells_what_was_done(crm, db):
    since = crm.count()
    facts = explained(db, "explain (analyze, format json) select id from tags@ac")["tags@ac"]
    assert facts["calls"] == crm.count() - since == 1
    assert facts["rows"] == len(crm.state()["tags"])
    assert facts["bytes"] > 1000
    assert facts["retries"] == 0


def test_explain_of_custom_fields_says_that_they_cost_calls_and_makes_none(crm, db):
    since = crm.count()
    text = db.execute("explain select * from contacts@ac").fetchall()[-1][1]
    assert "custom fields of contacts@ac" in text
    assert crm.count() == since


def test_an_explain_that_duckdb_knows_is_duckdbs(db):
    assert db.execute("explain select 1").fetchall()[0][0] == "physical_plan"


@pytest.mark.parametrize("option", ["(format html)", "(verbose)"])
def test_options_of_explain_that_do_not_exist_are_refused(db, option):
    with pytest.raises(sqlcrm.ProgrammingError, match="takes ANALYZE and FORMAT text or json"):
        db.execute(f"explain {option} select id from tags@ac")


def test_max_requests_refuses_with_the_forecast(crm, opened):
    with opened(crm, policy={"max_requests": 2}) as db:
        since = crm.count()
        with pytest.raises(sqlcrm.GuardRefused, match=r"takes 2 more calls, .* leaves 1:"):
            db.execute("select id from contacts@ac")
        assert crm.count() - since == 1


def test_max_requests_can_be_set_for_a_session(crm, db):
    db.execute("set max_requests = 1")
    with pytest.raises(sqlcrm.GuardRefused, match="max_requests"):
        db.execute("select id from contacts@ac").fetchall()
    db.execute("reset max_requests")
    assert len(db.execute("select id from contacts@ac").fetchall()) == 300


def test_the_calls_of_a_query_are_logged_for_later_sessions(crm, opened):
    with opened(crm) as db:
        db.execute("select id from tags@ac").fetchall()
    with opened(crm) as db:
        rows = db.execute("select method, path, status from requests@sqlcrm").fetchall()
    assert rows == [("GET", "/api/3/tags", 200)]


@pytest.mark.parametrize(
    "later",
    [
        "select count(*) from contacts@ac where first_name = 'Ana'",
        "select email from contacts@ac where id in (3, 4)",
        "select id from contacts@ac where id > 250",
        "select id from contacts@ac order by id desc limit 3",
        "select count(*) from contacts@ac",
    ],
)
def test_c8_what_a_cached_list_holds_costs_no_call(crm, db, later):
    """C8: a subset of a cached full scan is answered from it, and equal to the API's own word."""
    truth = db.execute(later).fetchall()
    db.execute("set cache_ttl = '10 minutes'")
    db.execute("select id, email, first_name from contacts@ac").fetchall()
    rows, calls = spent(crm, db, later)
    assert calls == 0
    assert sorted(rows) == sorted(truth)


def test_c8_a_part_answers_no_question_about_the_whole(crm, db):
    """C8: neither a LIMIT, nor a filter, nor fewer columns, nor some keys stand for more."""
    db.execute("set cache_ttl = '10 minutes'")
    for part in (
        "select id from contacts@ac limit 3",
        "select id from contacts@ac where id > 200",
        "select id from contacts@ac where id in (5, 6)",
        "select count(*) from contacts@ac",
    ):
        db.execute(part).fetchall()
    assert len(db.execute("select id from contacts@ac").fetchall()) == 300
    _, calls = spent(crm, db, "select first_name from contacts@ac where id in (5, 7)")
    assert calls == 1


def test_c8_an_own_write_drops_what_it_touched_and_nothing_else(crm, db):
    """C8: own writes invalidate."""
    db.execute("set cache_ttl = '1 h'")
    for table in ("tags", "contact_tags", "deals"):
        db.execute(f"select id from {table}@ac").fetchall()
    before = db.execute("select count(*) from contact_tags@ac").fetchall()[0][0]
    crm_state = crm.state()["contactTags"]
    free = next(n for n in range(1, 300) if not any(r["contact"] == str(n) for r in crm_state))
    db.execute(f"insert into contact_tags@ac (contact_id, tag_id) values ({free}, 2)")
    assert db.execute("select count(*) from contact_tags@ac").fetchall() == [(before + 1,)]
    _, calls = spent(crm, db, "select id from deals@ac")
    assert calls == 0


def test_c8_a_write_is_decided_by_the_api_and_not_by_the_cache(crm, db):
    """C8: what was read before may be old."""
    db.execute("set cache_ttl = '1 h'")
    db.execute("select id, contact_id, tag_id from contact_tags@ac").fetchall()
    link = crm.state()["contactTags"][0]
    crm.api("DELETE", f"contactTags/{link['id']}")
    db.execute(
        f"insert into contact_tags@ac (contact_id, tag_id) values "
        f"({link['contact']}, {link['tag']})"
    )
    assert any(
        (r["contact"], r["tag"]) == (link["contact"], link["tag"])
        for r in crm.state()["contactTags"]
    )


def test_nothing_is_cached_unless_it_is_asked_for(crm, db):
    db.execute("select id from tags@ac").fetchall()
    assert spent(crm, db, "select id from tags@ac")[1] == 1
    db.execute("set cache_ttl = 60")
    db.execute("select id from tags@ac").fetchall()
    assert spent(crm, db, "select id from tags@ac")[1] == 0
    db.execute("set cache_ttl = 'off'")
    assert spent(crm, db, "select id from tags@ac")[1] == 1


def test_a_connection_can_be_cached_by_its_configuration(crm, opened):
    with opened(crm, policy={"cache_ttl": 60}) as db:
        db.execute("select id from tags@ac").fetchall()
        assert spent(crm, db, "select id from tags@ac")[1] == 0


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("set cache_ttl = 'soon'", "takes a time such as '10 minutes', not 'soon'"),
        ("set cache_ttl = '5 parsecs'", "takes a time"),
        ("set max_requests = 0", "takes a whole number above 0"),
        ("set cache_ttl", "needs a value"),
    ],
)
def test_a_setting_that_cannot_be_read_is_refused(db, sql, words):
    with pytest.raises(sqlcrm.ProgrammingError, match=words):
        db.execute(sql)


def test_progress_tells_rows_and_calls_of_how_many(crm, db):
    seen = []
    db.session.progress = seen.append
    db.execute("select id from contacts@ac").fetchall()
    assert {one.table for one in seen} == {"contacts@ac"}
    assert (seen[-1].rows, seen[-1].writing) == (300, False)
    assert all(one.of is not None for one in seen)


def test_a_view_over_remote_tables_is_read_as_if_its_text_stood_there(crm, db):
    db.execute("create view people as select id, email as mail from contacts@ac")
    mail = crm.state()["contacts"][3]["email"]
    rows, calls = spent(crm, db, "select id from people where mail = ?", [mail])
    assert (rows, calls) == ([(4,)], 1)
    joined = "select p.mail from people p join people q on p.id = q.id where q.id = 4"
    assert db.execute(joined).fetchall() == [(mail,)]
    assert db.execute("select people.id from people where people.mail = ?", [mail]).fetchall()
    db.execute("create view few(a, b) as select * from people where id < 3")
    assert len(db.execute("select b from few").fetchall()) == 2
    with pytest.raises(sqlcrm.ProgrammingError, match="there is a view people"):
        db.execute("create view people as select 1 as x from tags@ac")
    db.execute("create or replace view people as select id from tags@ac")
    assert len(db.execute("select * from people").fetchall()) == len(crm.state()["tags"])
    db.execute("drop view people")
    with pytest.raises(sqlcrm.ProgrammingError, match="people does not exist"):
        db.execute("select * from people")


def test_a_stream_gives_the_rows_of_a_query_and_holds_a_few_pages(crm, db):
    sql = "select id, upper(email) as mail from contacts@ac where id % 3 = 0"
    batches = list(db.stream(sql))
    rows = [tuple(row.values()) for batch in batches for row in batch.to_pylist()]
    assert sorted(rows) == sorted(db.execute(sql).fetchall())
    (held,) = db.execute(
        "select count(*) from duckdb_tables() where schema_name ~ 'stage'"
    ).fetchall()
    assert held == (0,)


def test_a_stream_of_what_must_be_gathered_is_run_as_a_whole(crm, db):
    (batch,) = db.stream("select count(*) as n from contacts@ac")
    assert batch.to_pylist() == [{"n": 300}]
    assert [b.num_rows for b in db.stream("select 1 as x")] == [1]


def test_nothing_else_runs_while_a_stream_is_read(crm, db):
    stream = db.stream("select id from contacts@ac")
    next(stream)
    with pytest.raises(sqlcrm.InterfaceError, match="a stream is under way"):
        db.execute("select 1")
    stream.close()
    assert db.execute("select 1").fetchall() == [(1,)]


def test_a_stream_that_fails_says_so(crm, db):
    with pytest.raises(sqlcrm.ProgrammingError, match="no column"):
        list(db.stream("select nonsense from tags@ac"))
    assert db.execute("select 1").fetchall() == [(1,)]


def test_a_limit_holds_where_the_other_side_of_a_left_join_is_narrowed_to_nothing(crm, db):
    """DuckDB 2.0.0 drops such a LIMIT."""
    db.execute("create table m as select range + 1 as id, range % 5 as a from range(10)")
    sql = "select * from m left join tags@ac t on t.id = m.a and t.tag = 'no such tag' limit 4"
    assert len(db.execute(sql).fetchall()) == 4
    assert len(db.execute(f"create table four as {sql}").execute("from four").fetchall()) == 4
    assert db.execute("select current_setting('disabled_optimizers')").fetchall() == [("",)]


def test_explain_of_a_write_makes_no_call_and_says_how_its_rows_are_read(crm, db):
    db.execute("select count(*) from tags@ac")
    since = crm.count()
    rows = dict(db.execute("explain delete from tags@ac where id = 3").fetchall())
    assert crm.count() == since
    assert "tags@ac" in rows
    assert db.execute("explain insert into tags@ac (tag) values ('x')").fetchall()
    assert crm.count() == since


def test_rows_that_came_for_one_scan_are_not_taken_for_those_of_another(crm, db):
    """The first scan of contact_tags wants fewer rows than came beside the contacts."""
    has = {}
    for link in crm.state()["contactTags"]:
        has[int(link["contact"])] = has.get(int(link["contact"]), 0) + 1
    some = sorted(has)[:3]
    counted = f"""
        select c.id, (select count(*) from contact_tags@ac t where t.contact_id = c.id
        and t.contact_id in (297, 298)), (select count(*) from contact_tags@ac t
        where t.contact_id = c.id) from contacts@ac c where c.id in {tuple(some)}"""
    assert {row[0]: row[2] for row in db.execute(counted).fetchall()} == {c: has[c] for c in some}
    joined = f"""
        select c.id, b.id from contacts@ac c
        left join contact_tags@ac a on a.contact_id = c.id and a.contact_id = 297
        left join contact_tags@ac b on b.contact_id = c.id where c.id in {tuple(some)}"""
    rows = db.execute(joined).fetchall()
    assert len(rows) == sum(has[c] for c in some)
    assert all(link is not None for _, link in rows)


@pytest.mark.parametrize(
    "items",
    ["* replace (-id as id)", "* rename (sent_count as id, id as sc)", "columns('^id$') * -1"],
)
def test_an_order_by_what_a_star_makes_is_not_the_apis(db, items):
    db.execute("create table if not exists copy as select * from contacts@ac")
    sql = f"select {items} from {{}} order by id limit 2"
    found = db.execute(sql.format("contacts@ac")).fetchall()
    assert found == db.execute(sql.format("copy")).fetchall()


def test_hidden_rows_without_a_value_do_not_hold_up_an_order(crm, db):
    every = db.execute("select value from deals@ac where value is not null").fetchall()
    rows, calls = spent(crm, db, "select value from deals@ac order by value desc limit 3")
    assert rows == sorted(every, reverse=True)[:3]
    assert calls == 1
    many = len(every) + 1
    last = db.execute(f"select value from deals@ac order by value limit {many}").fetchall()
    assert last[-1] == (None,)


@pytest.mark.parametrize(
    "sql",
    [
        "with v as (select 42 as x) select * from v",
        "select 3 is distinct from v from lt",
        "select extract(year from v) from (select date '2026-01-01' as v)",
        "select substring('abc' from v) from lt2",
        "select v from (select 1 as v)",
        "select v.v from (select 1 as v) v",
    ],
)
def test_a_views_name_means_the_view_only_where_rows_are_read_from_it(db, sql):
    db.execute("create table lt as select 5 as v")
    db.execute("create table lt2 as select 2 as v")
    truth = db.execute(sql).fetchall()
    db.execute("create view v as select id from tags@ac")
    assert db.execute(sql).fetchall() == truth


def test_a_views_name_is_given_once(crm, db):
    tags = len(crm.state()["tags"])
    db.execute("create view v as select id from tags@ac")
    for sql in ("create table v as select 1", "create view v as select 1"):
        with pytest.raises(sqlcrm.ProgrammingError, match="there is a view v"):
            db.execute(sql)
    assert len(db.execute("from v").fetchall()) == tags
    assert db.execute("describe v").fetchall()[0][:2] == ("id", "BIGINT")
    db.execute("create or replace view v as select 1 as x")
    assert db.execute("select * from v").fetchall() == [(1,)]
    with pytest.raises(sqlcrm.ProgrammingError, match="DuckDB has a table or view v"):
        db.execute("create view v as select id from tags@ac")
    db.execute("create view w as select id from tags@ac")
    db.execute("drop view if exists w cascade")
    with pytest.raises(sqlcrm.ProgrammingError):
        db.execute("select * from w")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("create view main.mv as select id from tags@ac", "has no schema"),
        ("create view b as select id from tags@ac where id = ?", r"cannot hold \?"),
    ],
)
def test_a_view_that_could_not_be_read_is_refused(db, sql, words):
    with pytest.raises(sqlcrm.ProgrammingError, match=words):
        db.execute(sql, [1] if "?" in sql else None)


def test_a_table_may_be_called_view(crm, db):
    db.execute('create table "view" as select id from tags@ac')
    assert len(db.execute('select * from "view"').fetchall()) == len(crm.state()["tags"])


def test_a_rollback_takes_nothing_from_the_cache(crm, db):
    db.execute("set cache_ttl = 600")
    db.execute("begin")
    db.execute("select id from tags@ac").fetchall()
    db.execute("rollback")
    assert len(db.execute("select id from tags@ac").fetchall()) == len(crm.state()["tags"])
    db.execute("drop schema if exists sqlcrm_cache cascade")
    assert len(db.execute("select id from tags@ac").fetchall()) == len(crm.state()["tags"])


def test_what_was_read_stays_out_of_the_users_own_database(crm, db, tmp_path):
    db.execute("set cache_ttl = 600")
    db.execute(f"attach '{tmp_path}/mine.db' as mine")
    db.execute("use mine")
    db.execute("select id from tags@ac").fetchall()
    db.execute("use memory")
    assert spent(crm, db, "select id from tags@ac")[1] == 0
    names = db.execute("select schema_name from duckdb_schemas() where database_name = 'mine'")
    assert not any("sqlcrm" in name for (name,) in names.fetchall())


def test_a_stranger_may_not_lift_the_hosts_limits(crm, opened):
    with (
        opened(crm, policy={"max_requests": 2}, restricted=True) as db,
        pytest.raises(sqlcrm.ProgrammingError, match="may not change settings"),
    ):
        db.execute("set max_requests = 1000")


def test_explain_of_a_view_makes_none(db):
    with pytest.raises(sqlcrm.NotSupportedError, match="CREATE VIEW"):
        db.execute("explain analyze create view ev as select id from tags@ac")


@pytest.mark.parametrize(
    ("condition", "checked"),
    [
        ("length(first_name) > 4", ["LENGTH(first_name) > 4"]),
        ("email like 'a%'", []),
        ("id > 5 and first_name is not null", ["NOT first_name IS NULL"]),
    ],
)
def test_explain_names_the_conditions_that_reach_no_api(db, condition, checked):
    sql = f"explain (format json) select id from contacts@ac where {condition}"
    assert explained(db, sql)["contacts@ac"]["checked_here"] == checked


def test_explain_knows_what_the_cache_holds(crm, db):
    db.execute("set cache_ttl = 600")
    db.execute("select id, email from contacts@ac").fetchall()
    facts = explained(db, "explain (format json) select email from contacts@ac")["contacts@ac"]
    assert facts["expected_calls"] == 0
    assert "the cache" in facts["access"]


def test_a_run_that_only_read_began_before_its_calls(crm, opened):
    with opened(crm) as db:
        db.execute("select id from contacts@ac").fetchall()
    with opened(crm) as db:
        sql = """select bool_and(r.started_at <= q.started_at) from requests@sqlcrm q
                 join runs@sqlcrm r using (run_id)"""
        assert db.execute(sql).fetchall() == [(True,)]


def test_a_stream_without_rows_still_tells_its_columns(db):
    (batch,) = db.stream("select id, email from contacts@ac where id < 0")
    assert (batch.num_rows, batch.schema.names) == (0, ["id", "email"])


def test_a_stream_of_a_write_is_refused(crm, db):
    since = crm.count()
    with pytest.raises(sqlcrm.ProgrammingError, match="a stream takes a query"):
        list(db.stream("insert into tags@ac (tag) values ('x')"))
    assert crm.count() == since


def test_a_view_of_what_is_not_there_is_refused_and_the_one_before_it_stays(crm, db):
    db.execute("create view v as select id from tags@ac")
    since = crm.count()
    with pytest.raises(sqlcrm.ProgrammingError, match="nosuch"):
        db.execute("create or replace view v as select nosuch from tags@ac")
    assert crm.count() == since
    assert len(db.execute("select id from v").fetchall()) == len(crm.state()["tags"])
