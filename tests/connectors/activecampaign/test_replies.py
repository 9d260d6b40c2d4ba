"""Replies as the API reference and recorded traffic show them, through the declarations.

One test for each trap that is a client's business.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sqlcrm.sdk import Read, Request, Response, ShapeChanged, Table, Verdict, dig, rows_at
from sqlcrm_activecampaign import connector
from sqlcrm_activecampaign.replies import reason
from sqlcrm_activecampaign.wire import CONTACTS, LISTED

REPLIES = Path(__file__).parent / "replies"


def reply(name: str, **changes: Any) -> Response:
    """Return a transcribed reply, with its body's top keys changed."""
    kept = json.loads((REPLIES / f"{name}.json").read_text())
    body = kept["body"]
    return Response(
        kept["status"], {**body, **changes} if body else body, kept.get("headers") or {}
    )


def table(name: str) -> Table:
    return next(table for table in connector.tables if table.name == name)


def read_of(name: str, by: str = "", at: str = "") -> Read:
    return next(r for r in table(name).reads if r.by == by and (not at or r.path == at))


def request(read: Read, *query: tuple[str, str]) -> Request:
    return Request("GET", read.path, (*read.always, *query))


@pytest.mark.parametrize(
    ("name", "verdict", "words"),
    [
        ("contact_duplicate", Verdict.REJECTED, "already exists"),
        ("contact_missing", Verdict.MISSING, "No result found"),
        ("contact_sync_created", Verdict.OK, ""),
        ("contact_tag_applied", Verdict.OK, ""),
        ("contact_tag_gone", Verdict.MISSING, "SubscriberTag"),
        ("contact_tag_incomplete", Verdict.REJECTED, "No tag id provided (contactTag.tag)"),
        ("contact_tag_unknown_contact", Verdict.MISSING, "Contact not found"),
        ("contact_list_subscribed", Verdict.OK, ""),
        ("tag_duplicate", Verdict.REJECTED, "Duplicate entry"),
        ("rate_limit", Verdict.THROTTLED, ""),
        ("bulk_accepted", Verdict.OK, ""),
        ("bulk_rate_limit", Verdict.THROTTLED, "Up to 100 imports"),
        ("bulk_refused", Verdict.REJECTED, "incorrect format (row 1)"),
        ("second_account", Verdict.REJECTED, "already associated"),
        ("note_missing_as_403", Verdict.MISSING, "Note with id 1"),
        ("forbidden", Verdict.DENIED, "Forbidden"),
        ("lists_forbidden", Verdict.DENIED, "permission to view lists"),
        ("automation_refused", Verdict.REJECTED, "SubscriberSeries"),
        ("campaign_not_deleted", Verdict.REJECTED, "could not be deleted"),
        ("options_refused", Verdict.REJECTED, "Bulk operation failed"),
        ("deal_value_refused", Verdict.REJECTED, "could not be saved"),
        ("deals_with_a_hidden_row", Verdict.OK, ""),
    ],
)
def test_every_transcribed_answer_is_understood(name: str, verdict: Verdict, words: str) -> None:
    paths = {
        "automation_refused": "/contactAutomations",
        "bulk_rate_limit": "/import/bulk_import",
        "campaign_not_deleted": "/campaigns/{id}",
        "second_account": "/accountContacts",
        "contact_tag_incomplete": "/contactTags",
    }
    got, said = connector.judge(reply(name), paths.get(name, "/contacts"))
    assert got is verdict
    assert words in said


@pytest.mark.parametrize(
    "body",
    [
        {"success": 0, "message": "Rate limit exceeded.", "failureReasons": []},
        {"message": "no", "failureReasons": ["Up to 20 imports may be requested per minute."]},
    ],
)
def test_too_many_imports_are_waited_for_though_they_come_as_a_bad_request(body: Any) -> None:
    """B4: a throttled import was not queued. The same words elsewhere are a refusal."""
    assert connector.judge(Response(400, body), "/import/bulk_import")[0] is Verdict.THROTTLED
    assert connector.judge(Response(400, body), "/contacts")[0] is Verdict.REJECTED


def test_a_tag_that_exists_is_refused_even_where_the_api_calls_it_a_server_error() -> None:
    answer = Response(500, reply("tag_duplicate").body)
    assert connector.judge(answer, "/tags")[0] is Verdict.REJECTED


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"title": "The contact already has this tag"}]},
        {"message": "Could not process", "error": "Duplicate entry '201-7' for key 'contacttag'"},
    ],
)
def test_a_tag_applied_twice_is_a_success_but_the_same_words_elsewhere_are_not(body: Any) -> None:
    assert connector.judge(Response(422, body), "/contactTags")[0] is Verdict.ALREADY
    assert connector.judge(Response(422, body), "/accountContacts")[0] is Verdict.REJECTED


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_a_success_because_documented_codes_are_unreliable(status: int) -> None:
    assert connector.judge(Response(status, {"list": {"id": "1"}}))[0] is Verdict.OK
    assert connector.judge(Response(status))[0] is Verdict.OK


@pytest.mark.parametrize(
    ("status", "verdict"), [(500, Verdict.RETRY), (502, Verdict.RETRY), (403, Verdict.DENIED)]
)
def test_html_of_the_proxy_in_front_is_judged_by_its_status(status: int, verdict: Verdict) -> None:
    page = Response(status, None, text="<html>Bad gateway</html>")
    assert connector.judge(page) == (verdict, "<html>Bad gateway</html>")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, ""),
        (None, ""),
        ("plain words", "plain words"),
        ({"message": "m"}, "m"),
        ({"message": "m", "error": "e"}, "m; e"),
        ({"errors": "one string"}, "one string"),
        ({"errors": ["a", "b", "a"]}, "a; b"),
        ({"errors": [{"detail": "only a detail"}]}, "only a detail"),
        ({"errors": [{"title": "t", "detail": "d", "code": "c"}]}, "t: d (c)"),
        ({"errors": [{"code": "duplicate"}]}, "code: duplicate"),
        ({"errors": [{"strange": 1}]}, "strange: 1"),
        ({"errors": {"email": "bad"}}, "email: bad"),
        ({"errors": [{"title": "t", "source": {"pointer": "/data/x"}}]}, "t (/data/x)"),
        ({"errors": [{"title": "t", "source": {}}, {}, None]}, "t"),
        ({"failureReasons": ["too fast"]}, "too fast"),
        (
            {"failureReasons": [{"contact": 230, "failureReason": "bad"}]},
            "bad (row 230)",
        ),
    ],
)
def test_reasons_are_found_in_every_shape_of_error(body: Any, said: str) -> None:
    assert reason(Response(400, body)) == said


@pytest.mark.parametrize("succeeded", [0, "0", False], ids=["number", "text", "boolean"])
def test_a_200_that_did_nothing_is_a_refusal(succeeded: Any) -> None:
    answer = Response(200, {"succeeded": succeeded})
    assert connector.judge(answer, "/campaigns/{id}")[0] is Verdict.REJECTED
    assert connector.judge(Response(200, {"succeeded": 1}), "/campaigns/{id}")[0] is Verdict.OK


def test_contacts_are_read_by_ascending_id_a_hundred_at_a_time() -> None:
    read = read_of("contacts")
    first = read.pages.first(request(read))
    assert first.query == (("limit", "100"), ("orders[id]", "ASC"))
    more = reply("contacts_page", meta={"total": "250"})
    rows = rows_at(more.body, read.at)
    following = read.pages.after(first, more, rows)
    assert following is not None
    assert following.query == (*first.query, ("id_greater", "201"))
    assert read.pages.after(following, reply("contacts_page"), rows) is None


def test_a_filter_by_id_and_the_cursor_share_their_parameter() -> None:
    asked = CONTACTS.first(Request("GET", "/contacts", (("id_greater", "100"),)))
    more = reply("contacts_page", meta={"total": "250"})
    following = CONTACTS.after(asked, more, ())
    assert following is not None
    assert [value for name, value in following.query if name == "id_greater"] == ["201"]


@pytest.mark.parametrize("total", ["250", 250], ids=["text", "number"])
def test_totals_are_read_as_strings_and_as_numbers(total: Any) -> None:
    assert LISTED.total(Response(200, {"meta": {"total": total}})) == 250


def test_a_list_without_its_total_is_an_error_and_no_short_list() -> None:
    read = read_of("tags")
    first = read.pages.first(request(read))
    with pytest.raises(ShapeChanged, match=r"meta\.total"):
        read.pages.after(first, Response(200, {"tags": []}), [])


def test_offsets_follow_the_rows_received_when_a_limit_is_lowered_silently() -> None:
    read = read_of("tags")
    first = read.pages.first(request(read))
    page = Response(200, {"tags": [{}] * 20, "meta": {"total": "45"}})
    following = read.pages.after(first, page, page.body["tags"])
    assert following is not None
    assert dict(following.query)["offset"] == "20"


def test_tags_lie_beside_contacts_and_every_contact_proves_that_they_were_asked_for() -> None:
    read = read_of("contact_tags", by="contact_id")
    assert (read.param, read.batch, read.at) == ("ids[]", 100, "contactTags")
    got = reply("contacts_with_tags")
    assert [row["id"] for row in rows_at(got.body, read.at)] == ["55", "56"]
    outer, inner = read.expects[0].split("[].")
    assert all(inner in contact for contact in dig(got.body, outer))
    assert read.pages.after(read.pages.first(request(read)), got, ()) is None
    ignored = reply("contacts_page")
    assert not all(inner in contact for contact in dig(ignored.body, outer))


def test_tags_of_one_contact_come_without_a_total() -> None:
    read = read_of("contact_tags", "contact_id", "/contacts/{contact_id}/contactTags")
    got = reply("contact_tags_of_one")
    rows = rows_at(got.body, read.at)
    assert len(rows) == 1
    assert read.pages.after(request(read), got, rows) is None


def test_options_and_relations_are_paged_by_the_fields_they_lie_beside() -> None:
    for name, count in (("field_options", 1), ("field_rels", 1)):
        read = read_of(name)
        first = read.pages.first(request(read))
        got = reply("fields_page", meta={"total": "3"})
        rows = rows_at(got.body, read.at)
        assert len(rows) == count
        assert read.pages.total(got) is None
        following = read.pages.after(first, got, rows)
        assert following is not None
        assert dict(following.query)["offset"] == "2"
        assert read.pages.after(first, reply("fields_page"), rows) is None


def test_a_hidden_deal_has_three_keys_and_counts() -> None:
    read = read_of("deals")
    got = reply("deals_with_a_hidden_row")
    rows = rows_at(got.body, read.at)
    assert read.pages.total(got) == len(rows) == 2
    hidden = {c.name for c in table("deals").columns if c.path in rows[0]}
    assert hidden == {"id", "title", "is_disabled"}


def test_deals_are_paged_in_an_order_since_theirs_is_none() -> None:
    query = read_of("deals").pages.first(request(read_of("deals"))).query
    assert ("orders[cdate]", "ASC") in query


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("contacts_page", "contacts"),
        ("contact_tags_of_one", "contact_tags"),
        ("deals_with_a_hidden_row", "deals"),
        ("fields_page", "fields"),
    ],
)
def test_every_key_of_a_reply_is_a_column_or_known_to_be_left_out(name: str, of: str) -> None:
    left = {
        "contacts": {"links", "organization", "scoreValues", "accountContacts"}
        | {"created_timestamp", "updated_timestamp"},  # the same as those in US Central time
        "contact_tags": {"links"},
        "deals": set(),
        "fields": set(),
    }[of]
    got = reply(name)
    at = next(read.at for read in table(of).reads if dig(got.body, read.at))
    keys = {key for row in rows_at(got.body, at) for key in row}
    assert keys - {column.path for column in table(of).columns} == left
