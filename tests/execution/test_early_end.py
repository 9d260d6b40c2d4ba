"""A scan that ends early: cancelled, refused or satisfied, it leaves no thread and asks no more."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from typing import Any

import httpx
import pytest

from sqlcrm.errors import Cancelled, ShapeChanged
from sqlcrm.execution.pages import fetch
from sqlcrm.planner.access import Access
from sqlcrm.sandbox import Options, available, serve
from sqlcrm.sdk import Request
from sqlcrm.transport import Client, Clock, Limiter
from sqlcrm_activecampaign import connector

TABLES = {table.name: table for table in connector.tables}
WAYS = {  # offsets, parts of a chain, batches of keys
    "offsets": ("contact_tags", "", ()),
    "parts": ("contacts", "", ()),
    "batches": ("contacts", "id", tuple(range(1, 9001))),
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve([available()["activecampaign"]], Options(people=3000, limits="off")) as running:
        yield running[0].url


class Late(Client):
    """A client that believes answers to take long, so that many calls are under way."""

    before: Callable[[int], None] = staticmethod(lambda _calls: None)
    broken = 1_000_000  # the call from which on answers make no sense

    @property
    def latency(self) -> float:
        return 0.5

    def rate(self, path: str) -> float | None:
        return 20.0

    def send(self, request: Request) -> Any:
        self.before(self.calls)
        answer = super().send(request)
        if self.calls >= self.broken:
            return replace(answer, response=replace(answer.response, body={"contacts": None}))
        return answer


def client(url: str, cancel: threading.Event | None = None) -> Late:
    return Late(
        connection="ac",
        connector=connector,
        settings={"url": url, "api_key": "sandbox-key"},
        limiter=Limiter((), Clock()),
        cancel=cancel,
    )


def pages(way: str, door: Any) -> Any:
    table, by, keys = WAYS[way]
    read = next(read for read in TABLES[table].reads if read.by == by)
    columns = [column for column in TABLES[table].columns if column.name == "id"]
    return fetch(Access(read, keys=keys), columns, door, f"{table}@ac")


def readers() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("sqlcrm-read")]


def slow(url: str, ms: int) -> None:
    fault = {"name": "slow", "ms": ms} if ms else {}
    assert httpx.post(f"{url}/_sandbox/faults", json=fault).status_code == 200


@pytest.mark.parametrize("way", WAYS)
def test_a_cancel_ends_all_calls_under_way_within_a_second(url: str, way: str) -> None:
    cancel = threading.Event()
    with client(url, cancel) as door, closing(pages(way, door)) as found:
        door.before = lambda calls: slow(url, 20_000) if calls == 2 else None
        next(found)
        try:
            threading.Timer(0.3, cancel.set).start()
            began = time.monotonic()
            with pytest.raises(Cancelled):
                list(found)
            assert time.monotonic() - began < 1.3
        finally:
            slow(url, 0)
    assert not readers()


@pytest.mark.parametrize("way", WAYS)
def test_who_stops_early_leaves_no_thread_and_no_call(url: str, way: str) -> None:
    with client(url) as door:
        with closing(pages(way, door)) as found:
            next(found)
        calls = door.calls
        assert not readers()
        assert calls < 45
        assert door.calls == calls


@pytest.mark.parametrize("way", WAYS)
def test_an_error_ends_the_others_and_nothing_more_is_asked(url: str, way: str) -> None:
    with client(url) as door:
        door.broken = 3
        with pytest.raises(ShapeChanged):
            list(pages(way, door))
        assert not readers()
        assert door.calls < 40


def test_batches_of_keys_do_not_wait_for_the_first_one(url: str) -> None:
    together, number = threading.Barrier(8), count()

    def before(_calls: int) -> None:
        if next(number) < 8:  # none of the first eight goes out before all of them want to
            together.wait(10)

    with client(url) as door:
        door.before = before
        assert sum(len(page.rows) for page in pages("batches", door)) == 3000
        assert door.calls == 90
