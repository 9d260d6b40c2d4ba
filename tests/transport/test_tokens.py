"""Tokens that run out: one redeem for all who need one, kept before use, told to nobody."""

import json
import stat
import subprocess
import sys
import threading
import time
from urllib.parse import parse_qsl

import pytest

from sqlcrm.errors import Cancelled, ConfigurationError, Denied, ShapeChanged, Unreachable
from sqlcrm.sdk import Form, OAuth2, Request, Response, Setting, Token, token_grant
from sqlcrm.transport import Clock

READ = Request("GET", "/contacts")
WRITE = Request("POST", "/contacts", body={})
FIRST = "f1rst-r3fresh"


def grant(settings, refresh):
    fields = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": "sqlcrm"}
    return token_grant("/oauth/token", fields | {"client_secret": settings["api_key"]})


class Authority:
    """A server with tokens: each redeem ends the tokens before it, and is written down."""

    def __init__(self, server, reply, *, expires_in=3600, rotate=True):
        self.server, self.reply = server, reply
        self.expires_in, self.rotate = expires_in, rotate
        self.redeemed, self.served, self.refused = [], [], 0
        self.access, self.refresh = None, FIRST
        self._lock = threading.Lock()
        server.choose = self.choose

    def choose(self, heard):
        with self._lock:
            if heard.target.endswith("/oauth/token"):
                assert "authorization" not in heard.headers
                return self.redeem(heard)
            if self.access and heard.headers["authorization"] == f"Bearer {self.access}":
                self.served.append(heard)
                return self.reply(200, [len(self.served)])
            self.refused += 1
            return self.reply(401, {"message": "the token has expired"})

    def redeem(self, heard):
        self.redeemed.append(heard)
        number = len(self.redeemed)
        self.access = f"acc3ss-{number}"
        body = {"access_token": self.access, "expires_in": self.expires_in}
        if self.rotate:
            self.refresh = f"r3fresh-{number}"
            body["refresh_token"] = self.refresh
        return self.reply(200, body)

    def expire(self):
        with self._lock:
            self.access = None


@pytest.fixture
def authority(server, reply):
    return Authority(server, reply)


@pytest.fixture
def tokens(connect, connector, tmp_path):
    """Return a maker of clients with tokens, all of one account, kept in one folder."""
    settings = (Setting("url"), Setting("api_key", secret=True), Setting("refresh", secret=True))

    def make(auth=None, **changes):
        declared = connector(auth=auth or OAuth2(grant, "refresh"), settings=settings)
        given = {"connector": declared, "settings": {"refresh": FIRST}, "folder": tmp_path}
        return connect(**({"timeout": 5.0} | given | changes))

    return make


def all_at_once(count, work):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)


def test_the_first_request_fetches_a_token(authority, server, tokens, canary):
    client = tokens()
    assert client.send(READ).response.body == [1]
    client.send(READ)
    assert len(authority.redeemed) == 1
    assert client.calls == 3


def test_d5_a_token_that_ends_in_a_scan_is_renewed_once_for_sixteen_requests(authority, tokens):
    """D5: whichever page it ends at; each request refused is sent once more, and no page twice."""
    client, done = tokens(), []
    for _ in range(2):
        client.send(READ)
        authority.expire()
        before = len(authority.redeemed), len(authority.served)
        all_at_once(16, lambda: done.append(client.send(READ).response.status))
        assert len(authority.redeemed) == before[0] + 1
        assert len(authority.served) == before[1] + 16
    assert done == [200] * 32
    assert authority.refused <= 32


@pytest.mark.parametrize("page", [5, 50])
@pytest.mark.parametrize("request_", [READ, WRITE])
def test_d5_a_token_that_ends_at_any_page_costs_one_more_request(authority, tokens, page, request_):
    """D5: at page 5 and 50, reads and writes: one redeem, one replay, nothing twice."""
    client = tokens()
    for number in range(60):
        if number == page:
            authority.expire()
        client.send(request_)
    assert (len(authority.redeemed), len(authority.served), authority.refused) == (2, 60, 1)


def test_d5_a_second_401_is_the_end(authority, server, reply, tokens, monkeypatch):
    """D5: a new token that is refused as well is not renewed again."""
    client = tokens()
    client.send(READ)
    authority.redeem = lambda _: reply(200, {"access_token": "useless-token"})
    authority.expire()
    with pytest.raises(Denied, match=r"401.*expired; check api_key, refresh"):
        client.send(WRITE)
    assert authority.refused == 2


def test_d5_a_token_is_renewed_before_it_ends(authority, tokens, clock):
    """D5: a token that outlives the start but not the run is renewed ahead of its end."""
    authority.expires_in = 600
    client = tokens()
    for _ in range(20):
        client.send(READ)
        clock.advance(61)
    assert authority.refused == 0
    assert len(authority.redeemed) == 3


def test_d5_a_token_without_an_end_is_kept_until_it_is_refused(authority, tokens, clock):
    """D5: without expires_in only a 401 tells."""
    authority.expires_in = None
    client = tokens()
    client.send(READ)
    clock.advance(1e6)
    client.send(READ)
    assert len(authority.redeemed) == 1


def test_d6_the_new_token_is_on_disk_before_it_is_used(authority, tokens, tmp_path):
    """D6: private, whole, and there before the first request that carries it."""
    seen = []

    def look(heard, choose=authority.choose):
        if not heard.target.endswith("/oauth/token"):
            (file,) = (tmp_path / "tokens").glob("*.json")
            seen.append((json.loads(file.read_text()), stat.S_IMODE(file.stat().st_mode)))
        return choose(heard)

    authority.server.choose = look
    client = tokens()
    client.send(READ)
    authority.expire()
    client.send(READ)
    assert [kept["access"] for kept, _ in seen] == ["acc3ss-1", "acc3ss-1", "acc3ss-2"]
    assert [kept["refresh"] for kept, _ in seen] == ["r3fresh-1", "r3fresh-1", "r3fresh-2"]
    assert {mode for _, mode in seen} == {0o600}
    assert len(list((tmp_path / "tokens").iterdir())) == 2  # the token and the lock


def test_d6_a_rotated_refresh_token_is_what_the_next_session_sends(authority, tokens):
    """D6: the setting holds the first one only."""
    tokens().send(READ)
    authority.expire()
    tokens().send(READ)
    sent = [dict(parse_qsl(heard.body.decode()))["refresh_token"] for heard in authority.redeemed]
    assert sent == [FIRST, "r3fresh-1"]


def test_d6_who_comes_second_reads_what_the_first_got(authority, tokens):
    """D6: two sessions, one token: the loser of a round re-reads."""
    one, other = tokens(), tokens()
    one.send(READ)
    other.send(READ)
    authority.expire()
    one.send(READ)
    other.send(READ)
    assert len(authority.redeemed) == 2


@pytest.mark.parametrize(
    ("processes", "rounds"), [(4, 5), pytest.param(8, 50, marks=pytest.mark.slow)]
)
def test_d6_many_processes_redeem_once_a_round(authority, tmp_path, processes, rounds):
    """D6: real processes, a rotating refresh token: one redeem a round, each with the last one."""
    Clock.fake = None
    command = [sys.executable, "-c", CALLER, str(authority.server.port), str(tmp_path)]
    pipe = subprocess.PIPE
    many = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(processes)]
    try:
        for _ in range(rounds):
            authority.expire()
            for one in many:
                one.stdin.write("go\n")
                one.stdin.flush()
            assert {one.stdout.readline() for one in many} == {"200\n"}
    finally:
        for one in many:
            one.stdin.close()
            one.wait(10)
            one.stdout.close()
    sent = [dict(parse_qsl(heard.body.decode()))["refresh_token"] for heard in authority.redeemed]
    assert sent == [FIRST, *(f"r3fresh-{number}" for number in range(1, rounds))]
    assert len(authority.served) == processes * rounds


CALLER = """
import sys
from pathlib import Path
from sqlcrm.sdk import Connector, OAuth2, Request, Setting, token_grant
from sqlcrm.transport import Client, Clock, limiter_for
port, folder = sys.argv[1:]
def grant(settings, refresh):
    return token_grant("/oauth/token", {"refresh_token": refresh})
connector = Connector("fake", "Fake", "{url}", (Setting("url"), Setting("refresh", secret=True)),
                      OAuth2(grant, "refresh"), (), (), lambda: iter(()))
client = Client(connection="ac", connector=connector,
                settings={"url": "http://127.0.0.1:" + port, "refresh": "f1rst-r3fresh"},
                limiter=limiter_for("account", (), Clock()), folder=Path(folder))
for line in sys.stdin:
    print(client.send(Request("GET", "/x")).response.status, flush=True)
"""


def test_a_folder_that_cannot_be_written_costs_no_refresh_token(authority, tokens, tmp_path):
    (tmp_path / "tokens").touch()
    with pytest.raises(ConfigurationError, match="SQLCRM_STATE"):
        tokens().send(READ)
    assert authority.redeemed == []


def test_without_a_folder_tokens_live_as_long_as_the_client(authority, tokens):
    client = tokens(folder=None)
    client.send(READ)
    authority.expire()
    client.send(READ)
    assert len(authority.redeemed) == 2


def test_a_kept_token_that_is_damaged_is_fetched_anew(authority, tokens, tmp_path):
    authority.rotate = False
    tokens().send(READ)
    (file,) = (tmp_path / "tokens").glob("*.json")
    file.write_text('{"access": 7')
    tokens().send(READ)
    assert len(authority.redeemed) == 2


def test_a_refused_refresh_token_says_what_to_do(authority, server, reply, tokens):
    error = {"error": "invalid_grant", "error_description": "expired or revoked"}
    authority.redeem = lambda _: reply(400, error)
    with pytest.raises(Denied, match=r"invalid_grant; expired or revoked; check api_key.*sign in"):
        tokens().send(READ)


def test_an_answer_of_the_token_endpoint_that_is_lost_is_no_unknown_write(authority, raw, tokens):
    authority.redeem = lambda _: raw(b"", "close")
    with pytest.raises(Unreachable, match=r"no new token.*try again"):
        tokens().send(READ)


def test_g3_a_cancel_ends_the_wait_for_a_redeem_within_a_second(authority, raw, tokens):
    """G3: also for those who wait for another thread's redeem."""
    Clock.fake = None
    authority.redeem = lambda _: raw(b"", "hang")
    cancel, ended = threading.Event(), []
    client = tokens(cancel=cancel, timeout=30.0)

    def work():
        with pytest.raises(Cancelled):
            client.send(READ)
        ended.append(time.monotonic())

    def stop():
        assert authority.server.waiting.wait(5)
        cancel.set()

    began = time.monotonic()
    stopper = threading.Thread(target=stop)
    stopper.start()
    all_at_once(4, work)
    stopper.join()
    assert len(ended) == 4
    assert max(ended) - began < 1.5


def test_e7_tokens_are_shown_to_nobody(authority, server, reply, tokens, calls, canary):
    """E7: neither an old token nor the present one is in errors, records or reprs."""
    client = tokens()
    client.send(READ)
    words = f"acc3ss-1 r3fresh-1 {FIRST} {canary}"
    server.choose = lambda _: reply(403, {"message": words}, f"X-Request-Id: {words}")
    with pytest.raises(Denied) as caught:
        client.send(Request("GET", "/acc3ss-1", (("q", "r3fresh-1"),)))
    held = client._tokens._held
    shown = " ".join(map(repr, [caught.value, calls, client, client._tools, client._tokens, held]))
    shown += repr(Token("acc3ss-1", 5, "r3fresh-1")) + repr(Form({"refresh_token": FIRST}))
    for secret in ("acc3ss-1", "r3fresh-1", FIRST, canary):
        assert secret not in shown


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, r"401 Unauthorized: no; check api_key of connection 'ac': the API does not accept"),
        (403, r"403 Forbidden: no; check api_key of connection 'ac': the API knows it, but it may"),
    ],
)
def test_d7_a_wrong_key_and_a_missing_right_are_told_apart(server, reply, connect, status, says):
    """D7: 401 is who you are, 403 is what you may do; neither is tried again."""
    server.default = reply(status, {"message": "no"})
    with pytest.raises(Denied, match=says):
        connect().send(WRITE)
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    "page",
    [
        b"<html><head><title>Log in to Acme</title></head>",
        b"<TITLE>Acme: Sign In</TITLE>",
        b"<form><input name=p type='password'></form>",
        b'<form><input class="x" type="password" name=p></form>',
    ],
)
def test_d7_a_login_page_is_no_outage(server, reply, connect, page):
    """D7: HTML that asks to log in is a refusal, at once; other HTML is an API out of order."""
    server.default = reply(200, page, "Content-Type: text/html")
    for request in (READ, WRITE):
        with pytest.raises(Denied, match="a login page instead of JSON; check the address"):
            connect().send(request)
    assert len(server.heard) == 2


def test_d7_403_does_not_renew_a_token(authority, server, reply, tokens):
    """D7: a missing right is none that a new token has."""
    client = tokens()
    client.send(READ)
    server.choose = lambda _: reply(403, {"message": "no right"})
    with pytest.raises(Denied, match="no right"):
        client.send(READ)
    assert len(authority.redeemed) == 1


@pytest.mark.parametrize("body", [None, {}, {"access_token": ""}, {"access_token": 7}, [1], "x"])
def test_an_answer_without_a_token_is_no_token(body):
    flow = token_grant("/oauth/token", {})
    assert next(flow).body == Form({})
    with pytest.raises(ShapeChanged, match="no access_token"):
        flow.send(Response(200, body))


@pytest.mark.parametrize(("seconds", "read"), [("3600", 3600.0), (60, 60.0), (None, None)])
def test_how_long_a_token_lasts_may_be_text_or_a_number(seconds, read):
    flow = token_grant("https://login.example/token", {"grant_type": "client_credentials"})
    next(flow)
    with pytest.raises(StopIteration) as end:
        flow.send(Response(200, {"access_token": "a", "expires_in": seconds}))
    assert end.value.value == Token("a", read)
