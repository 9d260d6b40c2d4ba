"""B11, B12: a body is whole, inflated, decoded and of sane size, or it is one clear error."""

import gzip
import json
import resource
import zlib
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sqlcrm.errors import OutcomeUnknown, Unreachable
from sqlcrm.sdk import Href, Request, Verdict
from sqlcrm.transport.bodies import CAP, BadBody, Inflater, collect, decoded, encoded

READ = Request("GET", "/contacts")
WRITE = Request("POST", "/contacts", body={})
PAGE = json.dumps({"contacts": [{"id": n, "name": f"Ana {n} ü"} for n in range(20)]}).encode()
GZIP = "Content-Encoding: gzip"


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(PAGE) - 1))
def test_b11_json_cut_anywhere_is_an_error(cut):
    """B11: json cut anywhere is an error."""
    if cut == 0:
        assert decoded(bytearray()) is None
    else:
        with pytest.raises(BadBody):
            decoded(bytearray(PAGE[:cut]))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(1, len(PAGE) - 1), st.booleans())
def test_b11_a_page_cut_on_its_way_never_has_fewer_rows(server, reply, connect, cut, honest):
    """B11: a page cut on its way never has fewer rows."""
    length = cut if honest else len(PAGE)
    server.default = reply(200, PAGE[:cut], length=length, then="keep" if honest else "close")
    client = connect()
    with pytest.raises(Unreachable):
        client.send(READ)
    with pytest.raises(OutcomeUnknown):
        client.send(WRITE)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_b11_mutated_json_is_rows_or_a_bad_body(data):
    """B11: mutated json is rows or a bad body."""
    mutated = bytearray(PAGE)
    for _ in range(data.draw(st.integers(1, 4))):
        mutated[data.draw(st.integers(0, len(PAGE) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BadBody):
        json.dumps(decoded(mutated), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Down for maintenance</body></html>",
        b"OK",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e400}',
        b'"\\ud800"',
        b'"\\udc00"',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "Jos\xe9"}',
        '{"a": 1}'.encode("utf-16"),
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"a": 1} {"a": 2}',
        b'{"a": 1}<!-- served by web-3 -->',
        b"\x00",
    ],
)
def test_b11_a_success_that_is_no_json_is_no_success(server, reply, connect, body, calls):
    """B11: a success that is no json is no success."""
    client = connect()
    server.default = reply(200, body)
    with pytest.raises(Unreachable, match=r"GET /api/3/contacts of connection 'ac'.*200 OK, but"):
        client.send(READ)
    with pytest.raises(OutcomeUnknown):
        client.send(WRITE)
    assert len(server.heard) == 4
    assert calls[0].status == 200
    assert calls[0].error


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"", None),
        (b" \n", None),
        (b"null", None),
        (b"\xef\xbb\xbf[1]", [1]),
        (b'{"id": 9007199254740993}', {"id": 9007199254740993}),
        (b'{"id": 123456789012345678901234}', {"id": 123456789012345678901234}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"\\ud83d\\ude00"', "😀"),
    ],
)
def test_b11_unusual_but_proper_json_is_read(server, reply, connect, body, value):
    """B11: unusual but proper json is read."""
    server.replies = [reply(200, body, "Content-Type: text/plain; charset=utf-8")]
    assert connect().send(READ).response.body == value


def test_b11_a_missing_last_chunk_is_an_error(server, reply, connect):
    """B11: a missing last chunk is an error."""
    data = b"7\r\n[1,2,3]\r\n"
    server.default = reply(200, data, "Transfer-Encoding: chunked", then="close")
    with pytest.raises(Unreachable):
        connect().send(READ)
    server.default = reply(200, data + b"0\r\n\r\n", "Transfer-Encoding: chunked")
    assert connect().send(READ).response.body == [1, 2, 3]


def test_b11_gzip_is_inflated_and_counted_as_sent(server, reply, connect, calls):
    """B11: gzip is inflated and counted as sent."""
    packed = gzip.compress(PAGE)
    server.replies = [reply(200, packed, GZIP)]
    response = connect().send(READ).response
    assert response.body == json.loads(PAGE)
    assert (response.size, calls[0].bytes) == (len(PAGE), len(packed))


@pytest.mark.parametrize("keep", [1, 10, 0.5, -9, -8, -4, -1])
@pytest.mark.parametrize("status", [200, 400])
def test_b11_half_a_gzip_is_an_error_though_framed_well(server, reply, connect, keep, status):
    """B11: half a gzip is an error though framed well."""
    packed = gzip.compress(b"[1, 2, 3]" + b" " * 100)
    cut = packed[: int(len(packed) * keep) if keep == 0.5 else keep]
    server.default = reply(status, cut, GZIP)
    with pytest.raises(Unreachable, match="gzip ends too early"):
        connect().send(READ)


def test_b11_a_damaged_gzip_is_an_error(server, reply, connect):
    """B11: a damaged gzip is an error."""
    packed = bytearray(gzip.compress(PAGE))
    packed[len(packed) // 2] ^= 0xFF
    server.default = reply(200, bytes(packed), GZIP)
    with pytest.raises(Unreachable, match="gzip"):
        connect().send(READ)


def test_b11_gzips_one_after_another_are_one_body():
    """B11: gzips one after another are one body."""
    data = gzip.compress(b"[1,") + gzip.compress(b"2]")
    for size in (1, 7, len(data)):
        pieces = iter([data[n : n + size] for n in range(0, len(data), size)])
        assert collect(pieces, Inflater({"content-encoding": "gzip"})) == b"[1,2]"


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "gzip,identity"])
def test_b12_only_one_coding_is_accepted_and_only_ours(server, reply, connect, coding):
    """B12: only one coding is accepted and only ours."""
    server.default = reply(200, zlib.compress(b"{}"), f"Content-Encoding: {coding}")
    with pytest.raises(Unreachable, match="content coding"):
        connect().send(READ)


@pytest.fixture(scope="module")
def bomb():
    """256 MB in 255 KB."""
    packer = zlib.compressobj(9, wbits=31)
    mega = b"0" * 1024 * 1024
    return b"".join(packer.compress(mega) for _ in range(256)) + packer.flush()


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_b12_a_bomb_fails_without_being_inflated(server, reply, connect, bomb, status):
    """B12: a bomb fails without being inflated."""
    server.default = reply(status, bomb, GZIP)
    client = connect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Unreachable, match="inflates to over 200 times"):
        client.send(READ)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80 * 1024  # KB
    assert len(server.heard) == 1  # it would be no smaller the next time


def test_b12_a_body_above_the_cap_is_refused_by_its_length_alone(server, reply, connect):
    """B12: a body above the cap is refused by its length alone."""
    server.default = reply(200, b"[", length=CAP + 1)
    with pytest.raises(Unreachable, match="larger than 64 MB"):
        connect().send(READ)
    assert len(server.heard) == 1


def test_b12_a_body_above_the_cap_is_refused_while_it_comes():
    """B12: a body above the cap is refused while it comes."""
    with pytest.raises(BadBody, match="larger than 64 MB"):
        collect(iter([b" " * 1024 * 1024] * 100), Inflater({}))


def test_b12_what_compresses_well_is_fine_below_a_megabyte():
    """B12: what compresses well is fine below a megabyte."""
    data = gzip.compress(b" " * 1_000_000)
    assert len(collect(iter([data]), Inflater({"content-encoding": "gzip"}))) == 1_000_000


def test_d7_an_html_error_keeps_its_status_and_the_start_of_its_text(server, reply, connect):
    """D7: an html error keeps its status and the start of its text."""
    page = b"<html>\x1b[31mNot here\r\n" + b"x" * 1000
    server.replies = [reply(404, page, "Content-Type: text/html")]
    answer = connect().send(READ)
    assert answer.verdict is Verdict.MISSING
    assert answer.response.body is None
    assert answer.response.text.startswith("<html>\\x1b[31mNot here\\r\\nxxx")
    assert len(answer.response.text) == 300


def test_addresses_within_a_body_are_written_out_in_full():
    body = {"_links": {"osdi:person": {"href": Href("/people/7")}}, "others": (Href("/a"), 1)}
    data, kind = encoded(body, "POST /x", lambda href: f"https://crm.example/api{href.path}")
    assert json.loads(data) == {
        "_links": {"osdi:person": {"href": "https://crm.example/api/people/7"}},
        "others": ["https://crm.example/api/a", 1],
    }
    assert kind == "application/json"
