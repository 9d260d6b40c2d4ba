"""CSV bodies: whole, in any pieces, plain or in bzip2, or one clear error."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import resource
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sqlcrm.errors import Unreachable
from sqlcrm.sdk import Request, Verdict
from sqlcrm.transport import csv as bodies
from sqlcrm.transport.bodies import BadBody
from sqlcrm.transport.csv import Collector

READ = Request("GET", "/export.csv", csv=True)
TEXT = b'id,name,note\n1,Ana,"a, ""b""\nc"\n2,,\n'
ROWS = [{"id": "1", "name": "Ana", "note": 'a, "b"\nc'}, {"id": "2", "name": None, "note": None}]


def read(data: bytes, size: int = 0) -> list[dict[str, Any]]:
    """Read a body that comes in chunks of a size."""
    collector = Collector()
    for start in range(0, len(data), size or len(data) or 1):
        collector.feed(data[start : start + (size or len(data))])
    return list(collector.done())


@pytest.mark.parametrize("size", [1, 2, 7, 0])
@pytest.mark.parametrize("packed", [False, True])
def test_rows_come_by_the_names_of_the_header_whatever_the_chunks(size, packed):
    assert read(bz2.compress(TEXT) if packed else TEXT, size) == ROWS


cells = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(cells, cells, cells).filter(any), max_size=30),
    st.integers(1, 200),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_csv_writer_writes_is_read_back(rows, size, ending):
    out = io.StringIO()
    # Left to itself, the writer quotes no carriage return, by which others end lines.
    quoting = csv.QUOTE_ALL if "\r" in "".join(map("".join, rows)) else csv.QUOTE_MINIMAL
    writer = csv.writer(out, lineterminator=ending, quoting=quoting)
    writer.writerows([("a", "b", "c"), *rows])
    wanted = [tuple(value or None for value in row) for row in rows]
    old, bodies.BLOCK = bodies.BLOCK, 64
    try:
        found = read(out.getvalue().encode(), size)
    finally:
        bodies.BLOCK = old
    assert [tuple(row.values()) for row in found] == wanted


def test_a_header_alone_is_no_rows_and_an_empty_body_is_no_csv():
    assert read(b"id,name\n") == []
    assert read(b"id,name") == []
    with pytest.raises(BadBody, match="empty"):
        read(b"")


def test_a_mark_of_the_byte_order_is_no_part_of_the_first_name():
    assert read(b"\xef\xbb\xbfid\n7\n") == [{"id": "7"}]


def test_a_null_in_the_only_column_is_a_row():
    assert read(b'id\n""\n7\n') == [{"id": None}, {"id": "7"}]


def test_a_header_may_end_lines_within_its_names():
    assert read(b'"a\nb",c\n1,2\n') == [{"a\nb": "1", "c": "2"}]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"id,name\n1\n", "does not fit its header"),
        (b"id,name\n1,2,3\n", "does not fit its header"),
        (b'id,name\n1,"open\n2,x\n', "a quote"),
        (b"id,id\n1,2\n", "header"),
        (b"id,\n1,2\n", "header"),
        (b"id\n\xff\xfe\n", "UTF-8"),
        (b"\xff\xfe\n1\n", "header"),
        (bz2.compress(TEXT)[:-3], "ends too early"),
        (b"BZh9" + b"x" * 40, "damaged"),
    ],
)
def test_what_is_no_whole_csv_is_one_clear_error(data, words):
    """B11: never fewer rows with success."""
    with pytest.raises(BadBody, match=words):
        read(data)


@given(st.integers(4, len(bz2.compress(TEXT)) - 1))
def test_bzip2_cut_anywhere_is_an_error(cut):
    """B11: bzip2 cut anywhere is an error."""
    with pytest.raises(BadBody):
        read(bz2.compress(TEXT)[:cut])


def test_one_stream_of_bzip2_after_another_is_one_file():
    """As parallel writers of bzip2 make them."""
    parts = bz2.compress(TEXT[:20]) + bz2.compress(TEXT[20:])
    assert read(parts) == read(parts, 3) == ROWS


def test_a_bomb_of_bzip2_is_refused():
    """B12: over 200 times its size, past a megabyte."""
    with pytest.raises(BadBody, match="200 times"):
        read(bz2.compress(b"a\n" + b"x" * 100_000_000), 1000)


def test_text_beyond_the_cap_is_refused(monkeypatch):
    """B12: a cap, which is higher for files than for pages."""
    monkeypatch.setattr(bodies, "CAP", 1000)
    with pytest.raises(BadBody, match="larger than"):
        read(b"a\n" + b"x\n" * 1000)


def test_rows_can_be_cut_counted_and_asked_for_by_their_place():
    collector = Collector()
    collector.feed(b"id\n" + b"".join(b"%d\n" % n for n in range(5000)))
    rows = collector.done()
    assert len(rows) == 5000
    assert rows[4999] == rows[-1] == {"id": "4999"}
    assert [row["id"] for row in rows[2500:2503]] == ["2500", "2501", "2502"]
    assert list(rows[7:3]) == []
    assert rows.having("x", "y")[0] == {"id": "0", "x": "y"}
    assert rows.having("id", "y")[0] == {"id": "0"}
    assert rows.column("gone").null_count == 5000
    with pytest.raises(IndexError):
        rows[5000]


def test_a_request_for_csv_gets_rows_over_the_wire(server, reply, connect):
    server.default = reply(
        200, gzip.compress(TEXT), "Content-Encoding: gzip", "Content-Type: text/csv"
    )
    answer = connect().send(READ)
    assert answer.verdict is Verdict.OK
    assert list(answer.response.body) == ROWS
    assert answer.response.size == len(TEXT)
    assert server.heard[0].headers["accept"].startswith("text/csv")


def test_a_file_cut_on_its_way_is_asked_for_again(server, reply, connect):
    whole = reply(200, TEXT, "Content-Type: text/csv")
    server.replies = [
        reply(200, TEXT[:20], "Content-Type: text/csv", length=len(TEXT), then="close"),
        whole,
    ]
    assert list(connect().send(READ).response.body) == ROWS
    assert len(server.heard) == 2


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", "text/xml"])
def test_a_page_in_place_of_a_file_is_an_error(server, reply, connect, kind):
    """B11: any text could be read as CSV."""
    server.default = reply(200, b"<html>\nsoon\n", f"Content-Type: {kind}")
    with pytest.raises(Unreachable, match="not CSV"):
        connect().send(READ)


def test_a_refused_file_tells_its_reason(server, reply, connect):
    server.default = reply(422, b'{"message": "too old"}')
    answer = connect().send(READ)
    assert (answer.verdict, answer.reason) == (Verdict.REJECTED, "too old")


def test_a_large_file_takes_memory_in_proportion():
    """Rows become objects only where they are used: 200,000 rows of 20 texts are 4 million."""
    line = ",".join(f"value {n} of it" for n in range(20)).encode() + b"\n"
    header = ",".join(f"c{n}" for n in range(20)).encode() + b"\n"
    block, blocks = line * 2000, 100
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    collector = Collector()
    collector.feed(header)
    for _ in range(blocks):
        collector.feed(block)
    rows = collector.done()
    used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert len(rows) == 200_000
    assert used < 3 * len(block) * blocks


def test_an_address_elsewhere_gets_no_credentials_and_its_signature_is_not_kept(
    server, reply, connect, connector, calls, canary
):
    """E1, E7: what signs a file's address is as good as a key."""
    server.default = reply(200, TEXT, "Content-Type: text/csv")
    other = f"http://localhost:{server.port}"
    client = connect(connector=connector(origins=(other,)))
    client.send(Request("GET", f"{other}/f.csv?X-Signature=s3cret", csv=True))
    assert server.heard[-1].target.endswith("X-Signature=s3cret")
    assert canary not in str(server.heard[-1].headers)
    assert "s3cret" not in repr(calls)
    client.send(Request("GET", "/f.csv", query=(("page", "2"),), csv=True))
    assert calls[-1].query == "page=2"
