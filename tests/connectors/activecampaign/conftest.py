"""Cassettes in place of the network: an answer for exactly the calls that are kept, in their order.

vcrpy puts itself in front of `httpx.HTTPTransport.handle_request`, from which our transport's door
inherits, so credentials, addresses, headers, bodies, limits and retries are the real ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import vcr
from vcr.request import Request

import sqlcrm
from sqlcrm.transport import Client, Clock, Limiter, testing
from sqlcrm.transport.clock import FakeClock
from sqlcrm_activecampaign import connector

CASSETTES = Path(__file__).parent / "cassettes"


def _plain(value: Any) -> Any:
    """Return what a value of a call says, in whichever of the documented ways it is written.

    Numbers are sent bare or as digits, times at any offset, and an empty text says as much as none.
    """
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item != ""}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and "T" in value:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value
        return moment.astimezone(UTC).isoformat() if moment.tzinfo else value
    return value


def _query(made: Request, kept: Request) -> None:
    asked, known = (
        sorted((name, _plain(value)) for name, value in parse_qsl(each.parsed_uri.query, True))
        for each in (made, kept)
    )
    assert asked == known, (asked, known)


def _body(made: Request, kept: Request) -> None:
    sent, known = (_plain(json.loads(each.body)) if each.body else None for each in (made, kept))
    assert sent == known, (sent, known)


def _headers(made: Request, kept: Request) -> None:
    """Whether a call has the headers that are kept, and sends nothing back that it was told to."""
    for name, value in kept.headers.items():
        assert made.headers.get(name) == value, (name, made.headers.get(name), value)
    assert "cookie" not in made.headers


def _recorder() -> vcr.VCR:
    made = vcr.VCR(
        record_mode="none",
        match_on=("method", "scheme", "host", "port", "path", "asked", "sent", "with_headers"),
        filter_headers=[("Api-Token", "REDACTED")],
    )
    made.register_matcher("asked", _query)
    made.register_matcher("sent", _body)
    made.register_matcher("with_headers", _headers)
    return made


@contextmanager
def _playing(path: Path) -> Iterator[FakeClock]:
    """Answer from a cassette; at the end each of its calls was made once, writes in their order.

    Only when the account is asked who it is does not matter: it changes nothing.
    """
    with testing() as clock, _recorder().use_cassette(str(path)) as cassette:
        yield clock
        made = [cassette.requests[index] for index in cassette.play_counts]
        assert len(made) == len(cassette), f"not all calls were made: {made}"
        assert _settled(made) == _settled(cassette.requests), (
            f"the calls were not those of the cassette, in its order: {made}"
        )


def _settled(requests: Sequence[Request]) -> list[tuple[int, str, str]]:
    """Return calls by their place among the writes; reads between two of them are side by side."""
    writes, found = 0, []
    for request in requests:
        if not _asks_who(request):
            writes += request.method != "GET"
            found.append((writes, request.method, request.uri))
    return sorted(found)


def _asks_who(request: Request) -> bool:
    return bool(request.path.endswith("/users/me"))


@dataclass(frozen=True, slots=True)
class Played:
    """A session whose network is a cassette, and the clock that stands in for waiting."""

    db: sqlcrm.Connection
    clock: FakeClock

    def counts(self, sql: str) -> dict[str, int]:
        """Run a write and return how many rows had which outcome."""
        report = self.db.execute(sql).report
        assert report is not None
        return dict(report.counts)

    def outcomes(self) -> list[tuple[Any, ...]]:
        """Return state, reason and id at the API of every operation so far."""
        sql = "select state, reason, remote_id from operations@sqlcrm"
        return self.db.execute(sql).fetchall()


Play = Callable[..., AbstractContextManager[Played]]
Door = Callable[[str], AbstractContextManager[Client]]


@pytest.fixture
def session(tmp_path: Path) -> Play:
    """Open a session that plays a cassette: its folder and name, and what connects to it."""

    @contextmanager
    def play(folder: str, name: str, settings: Mapping[str, Any]) -> Iterator[Played]:
        with (
            _playing(CASSETTES / folder / f"{name}.yaml") as clock,
            sqlcrm.connect(ac=settings, state=tmp_path / name, yes=True) as db,
        ):
            yield Played(db, clock)

    return play


@pytest.fixture
def door() -> Door:
    """Open the connector's own way out, for what SQL does not reach yet."""

    @contextmanager
    def play(name: str) -> Iterator[Client]:
        clock = Clock()
        with (
            _playing(CASSETTES / "transcribed" / f"{name}.yaml"),
            Client(
                connection="ac",
                connector=connector,
                settings={"url": "https://acme.api-us1.com", "api_key": "k"},
                limiter=Limiter(connector.limits, clock),
                clock=clock,
            ) as client,
        ):
            yield client

    return play
