"""E7: a secret is found nowhere, however it is spelt."""

import base64
import logging
import traceback
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlcrm.errors import DatabaseError
from sqlcrm.sdk import Basic, Bearer, Request, Setting
from sqlcrm.transport.redaction import Redactor, escaped

SECRET = "c4nary/S3cret+Token=="
SPELLINGS = sorted(
    {
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d"),
        quote(SECRET),
        quote_plus(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(SECRET.encode()).decode().rstrip("="),
    }
)


def spellings_in(text):
    return [spelling for spelling in SPELLINGS if spelling in text]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_e7_every_spelling_of_a_secret_is_replaced(spelling):
    """E7: every spelling of a secret is replaced."""
    shown = Redactor([SECRET])(f"before {spelling} after")
    assert shown.startswith("before ***")
    assert shown.endswith(" after")
    assert not spellings_in(shown)


@given(st.text(min_size=3, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_e7_any_secret_is_replaced(secret, before, after):
    """E7: any secret is replaced."""
    shown = Redactor([secret])(before + secret + after)
    assert "***" in shown


def test_e7_a_secret_is_taken_out_before_a_text_is_cut():
    """E7: a secret is taken out before a text is cut."""
    assert "c4n" not in Redactor([SECRET]).shown("x" * 296 + SECRET)


def test_nothing_is_replaced_where_there_is_no_secret():
    assert Redactor([])("plain") == "plain"
    assert Redactor(["", "a"])("banana") == "banana"


def test_control_characters_are_shown_escaped():
    assert escaped("a\x1b[2J\r\n\x00\u202e\ud800é😀") == "a\\x1b[2J\\r\\n\\x00\\u202e\\ud800é😀"


def hostile_replies(server, reply, raw):
    words = " ".join(SPELLINGS)
    location = f"Location: https://{quote(SECRET, safe='')}.example/?k={quote_plus(SECRET)}"
    return [
        reply(401, {"message": words}),
        reply(403, words.encode()),
        reply(400, {"errors": [{"title": words, "detail": words}]}),
        reply(404, f"<p>{words}</p>".encode()),
        reply(500, {"error": words}, f"X-Request-Id: {SECRET}"),
        reply(429, {"message": words}, "Retry-After: 999"),
        reply(302, words.encode(), location),
        reply(200, f"<html>{words}".encode()),
        reply(200, b"{}", f"Content-Encoding: {SECRET}"),
        raw(f"{words}\r\n\r\n".encode(), "close"),
        raw(b"", "reset"),
    ]


@pytest.mark.parametrize("auth", ["own", Bearer("api_key"), Basic("user", "api_key")])
def test_e7_no_secret_in_errors_logs_records_or_reprs(
    server, reply, raw, connect, connector, calls, caplog, capfd, auth
):
    """E7: no secret in errors logs records or reprs."""
    caplog.set_level(logging.DEBUG)
    settings = (Setting("url"), Setting("user", default="api"), Setting("api_key", secret=True))
    changes = {} if auth == "own" else {"auth": auth, "settings": settings}
    client = connect(connector=connector(**changes))
    seen = [repr(client)]
    paths = ["/x", f"{server.url}/api/3/x?key={quote(SECRET, safe='')}", f"https://{SECRET}/x"]
    for request in (Request(m, p, (("q", SECRET),)) for m in ("GET", "POST") for p in paths):
        for answer in hostile_replies(server, reply, raw):
            server.replies, server.default = [], answer
            try:
                got = client.send(request)
                seen += [got.reason, got.response.text]
            except DatabaseError as problem:
                seen += [str(problem), repr(problem), "".join(traceback.format_exception(problem))]
    seen += [repr(call) for call in calls]
    seen += [record.getMessage() for record in caplog.records]
    seen += [repr(record.__dict__) for record in caplog.records if record.name != "asyncio"]
    seen += [repr(client._tools), repr(client._tokens), *capfd.readouterr()]
    assert calls
    assert any(record.name.startswith("httpcore") for record in caplog.records)
    basic = base64.b64encode(f"api:{SECRET}".encode()).decode()
    assert [text for text in seen if spellings_in(text) or basic in text] == []


def test_e7_queries_stay_out_of_the_logs_of_the_libraries(connect, caplog):
    """E7: queries stay out of the logs of the libraries."""
    caplog.set_level(logging.INFO)
    connect()
    logging.getLogger("httpx").info("HTTP Request: GET %s", "https://acme.com/x?email=ana@x.org")
    assert caplog.records[0].getMessage() == "HTTP Request: GET https://acme.com/x?***"


def test_e7_errors_hold_no_request_of_the_library(server, raw, connect):
    """E7: errors hold no request of the library."""
    server.default = raw(b"", "reset")
    for method in ("GET", "POST"):
        with pytest.raises(DatabaseError) as caught:
            connect().send(Request(method, "/x"))
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None
