"""A webhook's call is taken only where it is the CRM's, whatever is done to it on the way."""

import base64
import hashlib
import hmac
import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import sqlcrm
from sqlcrm.errors import ConfigurationError, ProgrammingError, SqlError
from sqlcrm.session.hooks import Endpoint, endpoints
from sqlcrm.session.run import parsed
from sqlcrm.state.events import Arrival, Events, Source

sys.path.insert(0, str(Path(__file__).parents[1]))  # so that `fakes` can be imported

from fakes import hooked

NOW = 1_790_000_000.0
SCRIPT = "INSERT INTO upserts@crm (name, note) SELECT name, note FROM signed_up@crm_events"
Open = Callable[..., sqlcrm.Connection]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Open]:
    hooked.installed(monkeypatch)
    found: list[sqlcrm.Connection] = []

    def open_(connector: str = "signed", **more: Any) -> sqlcrm.Connection:
        given = hooked.settings("http://127.0.0.1:9", connector, **more)
        found.append(sqlcrm.connect(crm=given, state=tmp_path / "state"))
        return found[-1]

    yield open_
    for one in found:
        one.close()


def endpoint(opened: Open, connector: str = "signed", text: str = SCRIPT, **more: Any) -> Endpoint:
    session = opened(connector, **more).session
    return endpoints(session, parsed(session, text))["crm"]


def refusal(
    one: Endpoint, body: bytes, headers: Mapping[str, str] | None = None, token: str = ""
) -> str:
    given = headers if headers is not None else {hooked.HEADER: hooked.signature(body)}
    small = {name.lower(): value for name, value in given.items()}
    asked = lambda name: [v for n, v in small.items() if n == name.lower()]  # noqa: E731
    return one.refusal(asked, body, token, NOW)


def test_e11_either_of_two_secrets_signs_and_a_third_does_not(opened: Open) -> None:
    """E11: two secrets in rotation."""
    one, body = endpoint(opened), hooked.call(1, "ana")
    for secret in (hooked.SECRET, hooked.OLDER):
        assert refusal(one, body, {hooked.HEADER: hooked.signature(body, secret)}) == ""
    assert "signature" in refusal(one, body, {hooked.HEADER: hooked.signature(body, "third")})
    both = f"{hooked.SECRET}, {hooked.OLDER}"
    assert "signature" in refusal(one, body, {hooked.HEADER: hooked.signature(body, both)})


def test_e11_two_hundred_mutated_deliveries_are_all_refused(opened: Open) -> None:
    """E11: a bit of the body or of the signature, something more, something less, another case."""
    one, dice = endpoint(opened), random.Random(11)  # noqa: S311 - where to flip, no secret
    body = hooked.call(1, "ana")
    good = hooked.signature(body)
    assert refusal(one, body) == ""
    mutants: set[tuple[bytes, str]] = set()
    while len(mutants) < 200:
        at, bit = dice.randrange(len(body)), 1 << dice.randrange(8)
        place, letter = dice.randrange(len(good)), dice.choice("0123456789abcdefABCDEF :=x\xe9")
        mutants |= {
            (body[:at] + bytes([body[at] ^ bit]) + body[at + 1 :], good),
            (body[:at] + body[at + 1 :], good),
            (body[:at] + b" " + body[at:], good),
            (body, good[:place] + letter + good[place + 1 :]),
            (body, good[:place]),
        }
    mutants |= {(body, good.upper()), (body, good + "0"), (body, ""), (body, "sha256:")}
    mutants |= {(body, good.replace(":", "=")), (b"", good), (body + b"\n", good)}
    mutants.discard((body, good))
    taken = [
        mutant for mutant in mutants if not refusal(one, mutant[0], {hooked.HEADER: mutant[1]})
    ]
    assert len(mutants) >= 200
    assert taken == []


def test_a_call_without_a_signature_or_with_two_is_refused(opened: Open) -> None:
    one, body = endpoint(opened), hooked.call(1, "ana")
    assert refusal(one, body, {}) == f"it has no {hooked.HEADER}"
    twice = [hooked.signature(body)] * 2
    assert "it has 2" in one.refusal(lambda _name: twice, body, "", NOW)
    assert "address" in refusal(one, body, token=hooked.TOKEN)


@pytest.mark.parametrize(
    ("seconds", "good"), [(0, True), (299, True), (-299, True), (301, False), (-301, False)]
)
def test_e11_a_call_is_taken_within_five_minutes_of_its_time(
    opened: Open, seconds: int, good: bool
) -> None:
    """E11: +-300 s, where the API signs the time."""
    one, body, at = endpoint(opened, "timed"), hooked.call(1, "ana"), str(int(NOW + seconds))
    found = hmac.new(hooked.SECRET.encode(), f"{at}.".encode() + body, hashlib.sha512).digest()
    given = "v1=" + base64.b64encode(found).decode()
    assert (refusal(one, body, {hooked.HEADER: given, hooked.TIME: at}) == "") is good
    assert refusal(one, body, {hooked.HEADER: given, hooked.TIME: str(int(at) + 1)}) != ""


@pytest.mark.parametrize("time", ["", "soon", "-1", "1e9", "١٢٣", "9" * 40, "1790000000.0"])
def test_a_time_that_is_none_is_refused(opened: Open, time: str) -> None:
    one, body = endpoint(opened, "timed"), hooked.call(1, "ana")
    assert "is no time" in refusal(one, body, {hooked.HEADER: "v1=x", hooked.TIME: time})


def test_without_a_signature_the_address_is_the_secret(opened: Open) -> None:
    one, body = endpoint(opened, "tokened"), hooked.call(1, "ana")
    assert refusal(one, body, {}, hooked.TOKEN) == ""
    for wrong in ("", hooked.TOKEN[:-1], hooked.TOKEN + "0", hooked.TOKEN.upper(), "é"):
        assert "address" in refusal(one, body, {}, wrong)


def test_no_secret_is_shown_anywhere(opened: Open) -> None:
    """E7: neither in what an endpoint looks like, nor in its address."""
    for connector in hooked.NAMES:
        one = endpoint(opened, connector)
        assert not {hooked.SECRET, hooked.TOKEN} & {one.path, *repr(one).split("'")}
    assert endpoint(opened, "tokened").path == "/hooks/crm/SECRET"


def test_only_the_events_that_the_script_names_are_kept(opened: Open) -> None:
    calls = [json.loads(hooked.call(n, "ana", kind)) for n, kind in
             enumerate(("signed.up", "went.away", "other"))]  # fmt: skip
    found = endpoint(opened).read(json.dumps(calls).encode())
    assert [one.type for one in found.arrivals] == ["signed.up"]
    assert found.ignored == 2


def test_an_event_without_an_id_is_known_by_what_it_says(opened: Open) -> None:
    one = endpoint(opened)
    rows = [{"type": "signed.up", "data": {"name": name}} for name in ("ana", "ana", "bo")]
    ids = [event.own_id for event in one.read(json.dumps(rows).encode()).arrivals]
    assert ids[0] == ids[1] != ids[2]
    rows[0]["jid"] = "x" * 5_000
    assert len(one.read(json.dumps(rows).encode()).arrivals[0].own_id) < 100


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[1]", b"{", b'{"type": 7}', b'{"type": "signed.up"}', b"\xff\xfe", b"NaN",
        b'{"type": "signed.up", "data": [], "jid": "1"}',
        b'{"type": "signed.up", "data": {"name": null}}', b"[" * 100_000,
        b'{"type": "signed.up", "data": {"name": 1e400}, "jid": 7}',
    ],
)  # fmt: skip
def test_t4_what_is_the_crms_and_cannot_be_read_becomes_a_dead_letter(
    opened: Open, body: bytes
) -> None:
    """B11: a message that is never acknowledged would let the CRM give up the whole feed."""
    (one,) = endpoint(opened).read(body).arrivals
    assert one.error.startswith("it cannot be read: ")
    assert one.type == ""
    assert json.loads(one.data) is not None


@pytest.mark.parametrize("half", [b"\\ud83d", b"\xed\xa0\xbd", b"\\ude00"])
def test_t4_half_an_emoji_is_no_reason_to_lose_an_event(opened: Open, half: bytes) -> None:
    body = b'{"type": "signed.up", "data": {"name": "Ana ' + half + b'"}, "jid": "j' + half + b'"}'
    (one,) = endpoint(opened).read(body).arrivals
    assert not one.error
    assert json.loads(one.data)["name"].rstrip("\ufffd") == "Ana "
    assert one.own_id.startswith("j\ufffd")
    whole = body.replace(half, b"\\ud83d\\ude00")
    assert json.loads(endpoint(opened).read(whole).arrivals[0].data)["name"] == "Ana \U0001f600"


def test_one_event_that_is_no_json_hides_none_of_the_others(opened: Open) -> None:
    db = opened()
    where = Source("crm", "signed", "http://127.0.0.1:9")
    texts = ['{"name":"\\ud83d"}', "no JSON", '{"name":"Bo"}']
    Events(db.session.journal.database).store(
        [Arrival(where, f"j{n}", "signed.up", "", text) for n, text in enumerate(texts)]
    )
    assert db.execute("SELECT count(*) FROM events@sqlcrm").fetchall() == [(3,)]
    found = db.execute("SELECT data ->> '$.name', data ->> '$' FROM events@sqlcrm ORDER BY 1")
    assert found.fetchall() == [("Bo", texts[2]), (None, texts[0]), (None, texts[1])]


def test_a_script_without_events_and_events_that_are_not_there_are_refused(opened: Open) -> None:
    with pytest.raises(ProgrammingError, match="names no table of events"):
        endpoint(opened, text="SELECT * FROM upserts@crm")
    with pytest.raises(SqlError, match=r"no events 'signed_upp'. Did you mean signed_up\?"):
        endpoint(opened, text="SELECT * FROM signed_upp@crm_events")


def test_without_a_secret_or_with_a_short_one_nothing_is_taken(opened: Open) -> None:
    with pytest.raises(ConfigurationError, match="lacks webhook_secret"):
        endpoint(opened, webhook_secret="")
    with pytest.raises(ConfigurationError, match="16 or more") as raised:
        endpoint(opened, "tokened", webhook_secret="too-short")
    assert "too-short" not in str(raised.value)
