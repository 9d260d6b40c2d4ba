"""Declarations: what is refused at load, what an answer means, how credentials travel."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sqlcrm.sdk import (
    Basic,
    Bearer,
    Column,
    Connector,
    Consent,
    DeclarationError,
    Filter,
    Flow,
    HeaderKey,
    Identity,
    Need,
    Outcome,
    RateLimit,
    Read,
    Request,
    Response,
    Row,
    Rule,
    Setting,
    Table,
    Verdict,
    Write,
    plain_reason,
    validate,
)


def who() -> Flow[Identity]:
    yield Request("GET", "/me")
    return Identity("1")


def send(rows: Sequence[Row]) -> Flow[Sequence[Outcome]]:
    yield Request("POST", "/bulk")
    return [Outcome("done") for _ in rows]


THINGS = Table(
    "things",
    "Things.",
    key=("id",),
    natural_key=("name",),
    columns=(Column("id"), Column("name", aliases=("title",))),
    reads=(Read("/things", "things"), Read("/things/{id}", "thing", by="id")),
    writes=(Write("insert", "POST", "/things"), Write("delete", "DELETE", "/things/{id}")),
)
CRM = Connector(
    "crm",
    "CRM",
    "https://{host}",
    settings=(Setting("host"),),
    auth=Bearer("token"),
    limits=(RateLimit(5),),
    tables=(THINGS,),
    who=who,
)


NEED = Need("what", by="id", table="things", value="name")


def wait(ticket: str) -> Flow[str]:
    yield Request("GET", "/jobs", query=(("id", ticket),))
    return "done"


def _needing(*needs: Need, **changes: str) -> Write:
    """Return a flow whose rows need values of another table, some of them as `changes` say."""
    return Write("insert", send=send, needs=needs or (replace(NEED, **changes),))


def refused(table: Table) -> str:
    with pytest.raises(DeclarationError) as caught:
        validate(replace(CRM, tables=(table,)))
    return str(caught.value)


def test_a_sound_declaration_passes() -> None:
    validate(CRM)


def test_a_single_write_and_flows_for_many_rows_stand_side_by_side() -> None:
    """B7: what a batch needs, waits for and counts by is all declared, and sound."""
    many = _needing()
    many = replace(many, batch=100, least=10, per="name", finish=wait, takes=lambda *_: True)
    consent = Consent("id", (1,), 0, person=NEED, scope="name")
    table = replace(THINGS, writes=(*THINGS.writes, many, many), consent=consent)
    validate(replace(CRM, tables=(table,)))
    assert table.carrier("insert") is THINGS.writes[0]
    validate(replace(CRM, tables=(replace(THINGS, consent=Consent("id", (1,), 0, person="name")),)))


def test_every_mistake_is_told_at_once() -> None:
    bad = replace(THINGS, doc="", key=("nr",), natural_key=())
    with pytest.raises(DeclarationError) as caught:
        validate(replace(CRM, limits=(), base_url="https://{hots}", tables=(bad, bad)))
    lines = str(caught.value).splitlines()
    assert "'crm'" in lines[0]
    assert len(lines) == 1 + 3 + 2 * 3
    assert "  - base_url names the setting 'hots', which is not declared" in lines
    assert "  - table things is declared twice" in lines
    assert "  - things: key column 'nr' is not declared" in lines


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"doc": ""}, "has no doc"),
        ({"reads": (), "writes": ()}, "has no read"),
        ({"columns": (*THINGS.columns, Column("NAME"))}, "column name 'name' occurs twice"),
        ({"columns": (*THINGS.columns, Column("Title"))}, "column name 'title' occurs twice"),
        ({"columns": (Column("id"), Column("name", check="iban"))}, "unknown check 'iban'"),
        ({"optional": ("title",)}, "optional 'title' is not among"),
        ({"consent": Consent("status", (1,), 0)}, "consent column 'status'"),
        ({"reads": (Read("/x", "x", by="nr", param="nr"),), "writes": ()}, "by='nr' is no column"),
        ({"reads": (Read("/x", "x", by="id"),), "writes": ()}, "neither a parameter nor a place"),
        ({"reads": (Read("/x/{id}", "x"),), "writes": ()}, "no `by`"),
        ({"reads": (Read("/x/{id}", "x", by="id", batch=2),), "writes": ()}, "may repeat"),
        ({"reads": (Read("/x", "x", columns=("nr",)),)}, "column 'nr' is not declared"),
        ({"reads": (Read("/x", "x", filters=(Filter("nr", "=", "n"),)),)}, "filter on 'nr'"),
        ({"reads": (Read("/x", "x", filters=(Filter("id", "~", "n"),)),)}, "unknown operator '~'"),
        ({"writes": (Write("put", "PUT", "/x"),)}, "unknown verb"),
        ({"writes": (Write("update"),)}, "neither a call nor a flow"),
        ({"writes": (Write("update", "PUT", "/x", columns=("nr",)),)}, "column 'nr'"),
        ({"writes": (Write("update", "PUT", "/x", whole=("nr",)),)}, "column 'nr'"),
        ({"writes": (Write("update", "PUT", "/x/{nr}"),)}, "the path names 'nr'"),
        ({"writes": (Write("insert", "POST", "/x", batch=2),)}, "batch without a flow"),
        ({"writes": (Write("insert", "POST", "/x", least=2, batch=2),)}, "least without a flow"),
        ({"writes": (Write("insert", "POST", "/x", per="name"),)}, "per without a flow"),
        ({"writes": (Write("insert", "POST", "/x", finish=wait),)}, "finish without a flow"),
        ({"writes": (Write("insert", "POST", "/x", takes=lambda *_: True),)}, "takes without"),
        ({"writes": (Write("insert", "POST", "/x", needs=(NEED,)),)}, "needs without a flow"),
        ({"writes": (Write("insert", send=send, batch=0),)}, "are 1 or more"),
        ({"writes": (Write("insert", send=send, batch=5, least=6),)}, "more than a batch of 5"),
        ({"writes": (Write("insert", send=send, per="nr"),)}, "per='nr' is no column"),
        ({"writes": (_needing(by="nr"),)}, "need 'what': by='nr' is no column"),
        ({"writes": (_needing(table="thongs"),)}, "there is no table 'thongs'"),
        ({"writes": (_needing(value="nr"),)}, "things has no column 'nr'"),
        ({"writes": (_needing(name="name"),)}, "need 'name' has the name of another value"),
        ({"writes": (_needing(NEED, NEED),)}, "need 'what' has the name of another value"),
        (
            {"writes": (_needing(),), "key": ("id", "name")},
            "things has no key of one column",
        ),
        (
            {"writes": (Write("insert", "POST", "/x"), Write("insert", "POST", "/y"))},
            "write insert: 2 writes without a flow",
        ),
        (
            {"writes": (Write("insert", "POST", "/x", unique=True),), "natural_key": ()},
            "unique, but the table has no natural key",
        ),
        ({"consent": Consent("id", (1,), 0, scope="nr")}, "consent scope 'nr' is not declared"),
        ({"consent": Consent("id", (1,), 0, person="nr")}, "consent person 'nr' is not declared"),
        (
            {"consent": Consent("id", (1,), 0, person=Need("email", "nr", "things", "name"))},
            "consent person: by='nr' is no column",
        ),
        ({"parts": {"thongs": "id"}}, "part 'thongs' is no table with a Consent"),
        (
            {"parts": {"things": "nr"}, "consent": Consent("id", (1,), 0, person="name")},
            "part things has no column 'nr'",
        ),
        ({"natural_key": ()}, "neither repeatable, nor append, nor a natural key"),
        ({"reads": (Read("/x/{id}", "x", by="id"),)}, "no read can look a row up by 'name'"),
    ],
)
def test_an_impossible_table_is_refused_with_its_name(
    changes: dict[str, Any], mistake: str
) -> None:
    said = refused(replace(THINGS, **changes))
    assert "\n  - things: " in said
    assert mistake in said


@pytest.mark.parametrize(
    "write",
    [
        Write("insert", "POST", "/x", repeatable=True),
        Write("insert", "POST", "/x", append=True),
        Write("upsert", send=send, repeatable=True),
        Write("update", "PUT", "/x/{id}"),
    ],
)
def test_what_may_be_sent_twice_or_is_remembered_needs_no_natural_key(write: Write) -> None:
    validate(replace(CRM, tables=(replace(THINGS, natural_key=(), writes=(write,)),)))


def test_a_column_is_found_by_name_before_alias_and_without_case() -> None:
    table = replace(THINGS, columns=(Column("a", aliases=("b",)), Column("B")))
    found = {name: table.column(name) for name in ("A", "b", "c")}
    assert [column.name if column else None for column in found.values()] == ["a", "B", None]
    assert THINGS.column("TITLE") is THINGS.columns[1]
    assert (Column("a").path, Column("a", at="x.y").path) == ("a", "x.y")


def test_a_write_is_found_by_its_verb() -> None:
    assert THINGS.write("delete") is THINGS.writes[1]
    assert THINGS.write("update") is None


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.OK),
        (204, Verdict.OK),
        (302, Verdict.REJECTED),
        (400, Verdict.REJECTED),
        (401, Verdict.DENIED),
        (403, Verdict.DENIED),
        (404, Verdict.MISSING),
        (408, Verdict.RETRY),
        (410, Verdict.MISSING),
        (422, Verdict.REJECTED),
        (425, Verdict.RETRY),
        (429, Verdict.THROTTLED),
        (500, Verdict.RETRY),
        (524, Verdict.RETRY),
    ],
)
def test_a_status_means_what_it_says_without_a_rule(status: int, verdict: Verdict) -> None:
    assert CRM.judge(Response(status))[0] is verdict


def test_the_first_rule_that_applies_decides() -> None:
    rules = (
        Rule(Verdict.MISSING, statuses=(403,), match="no such", paths="/things"),
        Rule(Verdict.ALREADY, match="duplicate"),
        Rule(Verdict.REJECTED, statuses=(200,), match="^failed"),
    )
    crm = replace(CRM, rules=rules)

    def judged(status: int, message: str, path: str = "/things/1") -> Verdict:
        return crm.judge(Response(status, {"message": message}), path)[0]

    assert judged(403, "No such thing") is Verdict.MISSING
    assert judged(403, "No such thing", "/other") is Verdict.DENIED
    assert judged(403, "forbidden") is Verdict.DENIED
    assert judged(422, "Duplicate name") is Verdict.ALREADY
    assert judged(200, "failed") is Verdict.REJECTED
    assert judged(200, "has not failed") is Verdict.OK
    assert crm.judge(Response(422, {"message": "duplicate"}))[1] == "duplicate"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"message": "No."}, "No."),
        ({"error": "No."}, "No."),
        ({"error": {"message": "No.", "code": 5}}, "No."),
        ({"errors": ["a", "b", "a"]}, "a; b"),
        ({"errors": [{"title": "T", "detail": "D"}, {"detail": "E"}]}, "T; D; E"),
        ({"message": "M", "errors": [{"title": "M"}, {"title": "N"}]}, "M; N"),
        ({"errors": {"title": "T"}}, "T"),
        ({"errors": [[{"title": "deep"}]]}, "deep"),
        ({"errors": None, "message": "", "error": 5}, ""),
        ({}, ""),
    ],
)
def test_the_words_of_an_error_are_found_in_its_usual_shapes(body: Any, reason: str) -> None:
    assert plain_reason(Response(400, body)) == reason


def test_an_error_that_is_no_json_is_quoted_from_its_start() -> None:
    assert plain_reason(Response(502, None, text="<html>" + "x" * 500)) == "<html>" + "x" * 294
    assert plain_reason(Response(400, ["odd"])) == ""


def test_credentials_travel_in_headers() -> None:
    settings = {"token": "t", "user": "ü", "password": "p:w"}
    assert HeaderKey("Api-Token", "token").headers(settings) == {"Api-Token": "t"}
    assert Bearer("token").headers(settings) == {"Authorization": "Bearer t"}
    assert Basic("user", "password").headers(settings) == {"Authorization": "Basic w7w6cDp3"}


@pytest.mark.parametrize(
    ("method", "repeatable", "may"),
    [
        ("GET", None, True),
        ("HEAD", None, True),
        ("POST", None, False),
        ("PUT", None, False),
        ("POST", True, True),
        ("GET", False, False),
    ],
)
def test_reads_may_be_repeated_and_writes_only_if_they_say_so(
    method: str, repeatable: bool | None, may: bool
) -> None:
    assert Request(method, "/x", repeatable=repeatable).may_repeat is may


def test_a_parameter_that_is_set_replaces_those_of_its_name_and_keeps_the_rest() -> None:
    request = Request(
        "POST", "/x", (("a", "1"), ("b", "2"), ("a", "3")), {"k": 1}, {"id": "5"}, 2.0
    )
    changed = request.with_query(a="4")
    assert changed.query == (("b", "2"), ("a", "4"))
    assert request.asking((("c", "1"), ("c", "2"))).query[-2:] == (("c", "1"), ("c", "2"))
    assert replace(changed, query=request.query) == request
