"""Client: requests go out as declared; each answer becomes an Answer or the right error."""

import threading

import pytest

from sqlcrm.errors import (
    Cancelled,
    ConfigurationError,
    DeclarationError,
    Denied,
    GuardRefused,
    InterfaceError,
    OutcomeUnknown,
    Rejected,
    Unreachable,
)
from sqlcrm.sdk import (
    Basic,
    Offset,
    RateLimit,
    Request,
    Rule,
    Setting,
    Verdict,
    every_page,
    rows_at,
)
from sqlcrm.transport import Client, Limiter
from sqlcrm.transport.clock import REAL


def test_a_request_goes_out_as_declared(server, reply, connect, canary):
    server.replies = [reply(201, {"contact": {"id": "7"}})]
    request = Request(
        "POST", "/contacts/{id}/tags", (("a[]", "1+1 & ü"), ("a[]", "2")), {"x": "ü"}, {"id": "a/b"}
    )
    answer = connect().send(request)
    heard = server.heard[0]
    assert heard.target == "/api/3/contacts/a%2Fb/tags?a%5B%5D=1%2B1%20%26%20%C3%BC&a%5B%5D=2"
    assert heard.body == '{"x":"ü"}'.encode()
    assert heard.headers["api-token"] == canary
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["accept-encoding"] == "gzip"
    assert (answer.verdict, answer.response.status) == (Verdict.OK, 201)
    assert answer.response.body == {"contact": {"id": "7"}}


def test_no_body_means_no_content(server, reply, connect):
    server.replies = [reply(204, b"")]
    assert connect().send(Request("DELETE", "/contacts/1")).response.body is None
    assert server.heard[0].body == b""
    assert "content-type" not in server.heard[0].headers


def test_the_response_has_lower_case_headers_and_its_size(server, reply, connect):
    server.replies = [reply(200, b'{"a": 1}', "X-Total: 3")]
    response = connect().send(Request("GET", "/contacts")).response
    assert response.headers["x-total"] == "3"
    assert response.size == 8


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, Verdict.OK), (400, Verdict.REJECTED), (404, Verdict.MISSING), (422, Verdict.REJECTED)],
)
def test_settled_answers_are_returned(server, reply, connect, status, verdict):
    server.replies = [reply(status, {"message": "why"})]
    answer = connect().send(Request("POST", "/contacts", body={}))
    assert answer.verdict is verdict
    assert len(server.heard) == 1


def test_rules_decide_before_the_status_does(server, reply, connect, connector):
    rules = (Rule(Verdict.ALREADY, (422,), "already"), Rule(Verdict.RETRY, (403,), "busy"))
    client = connect(connector=connector(rules=rules))
    server.replies = [
        reply(422, {"message": "is already there"}),
        reply(403, {"message": "busy"}),
        reply(200),
    ]
    assert client.send(Request("POST", "/tags")).verdict is Verdict.ALREADY
    assert client.send(Request("GET", "/tags")).verdict is Verdict.OK


def test_d7_denied_has_the_words_of_the_api_and_what_to_do(server, reply, connect, calls):
    """D7: denied has the words of the api and what to do."""
    server.replies = [reply(401, {"message": "No valid API key"}, "X-Request-Id: r-17")]
    with pytest.raises(Denied) as caught:
        connect().send(Request("GET", "/users/me", (("q", "private"),)))
    message = str(caught.value)
    for part in ("'ac'", "GET /api/3/users/me", "401 Unauthorized", "r-17", "No valid", "api_key"):
        assert part in message
    assert "private" not in message
    assert calls[0].status == 401
    assert "No valid API key" in calls[0].error


def test_every_attempt_is_recorded(server, reply, connect, calls, clock):
    server.replies = [reply(503), reply(200, b'{"a": 1}')]
    connect().send(Request("GET", "/contacts", (("limit", "5"),)))
    first, second = calls
    assert (first.status, first.attempt, second.status, second.attempt) == (503, 1, 200, 2)
    assert (second.path, second.query) == ("/api/3/contacts", "limit=5")
    assert second.bytes == 8
    assert second.waited_ms == round(clock.waits[0] * 1000)
    assert "503" in first.error
    assert second.error == ""


def test_max_requests_refuses_before_sending(server, reply, connect):
    server.default = reply()
    client = connect(max_requests=2)
    client.send(Request("GET", "/a"))
    client.send(Request("GET", "/a"))
    with pytest.raises(GuardRefused, match="max_requests = 2"):
        client.send(Request("GET", "/a"))
    assert client.calls == len(server.heard) == 2


def test_max_requests_holds_for_threads_too(server, reply, connect):
    server.default = reply()
    client, refused = connect(max_requests=7), []

    def work():
        try:
            client.send(Request("GET", "/a"))
        except GuardRefused as problem:
            refused.append(problem)

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(server.heard), len(refused)) == (7, 13)


def test_a_retry_beyond_max_requests_reports_the_failure(server, reply, connect):
    server.default = reply(500)
    with pytest.raises(Unreachable):
        connect(max_requests=1).send(Request("PUT", "/a", body={}, repeatable=True))
    assert len(server.heard) == 1


def test_flows_are_driven_to_their_result(server, reply, connect):
    server.replies = [reply(200, {"tags": [1, 2]}), reply(200, {"tags": [3]})]
    flow = every_page(Request("GET", "/tags"), "tags", Offset(size=2))
    assert connect().drive(flow) == [1, 2, 3]
    assert server.heard[1].target == "/api/3/tags?limit=2&offset=2"


def test_flows_wait_as_they_ask(server, reply, connect, clock):
    def flow():
        return (yield Request("GET", "/job", after=5.0)).body

    server.replies = [reply(200, {"state": "done"})]
    assert connect().drive(flow()) == {"state": "done"}
    assert clock.waits == [5.0]


def test_flows_see_rejected_writes_but_not_rejected_reads(server, reply, connect):
    def flow(method):
        return (yield Request(method, "/x")).status

    server.default = reply(400, {"message": "no such field"})
    client = connect()
    assert client.drive(flow("POST")) == 400
    with pytest.raises(Rejected, match=r"GET /api/3/x .*no such field"):
        client.drive(flow("GET"))
    server.default = reply(404)
    assert client.drive(flow("GET")) == 404


def test_e13_a_flow_that_yields_nonsense_is_named_and_ended(connect):
    """E13: a flow that yields nonsense is named and ended."""
    ended = []

    def flow():
        try:
            yield "/contacts"
        finally:
            ended.append(True)

    with pytest.raises(DeclarationError, match="yielded str"):
        connect().drive(flow())
    assert ended


def test_e13_a_rule_that_breaks_is_an_unusable_answer(server, reply, connect, connector):
    """E13: a rule that breaks is an unusable answer."""

    def reason(response):
        raise KeyError("message")

    client = connect(connector=connector(reason=reason))
    server.default = reply(400)
    with pytest.raises(Unreachable, match="'fake' raised KeyError on 400"):
        client.send(Request("GET", "/x"))
    with pytest.raises(OutcomeUnknown):
        client.send(Request("POST", "/x"))


def test_a_closed_client_says_so(server, reply, connect):
    with connect() as client:
        pass
    client.close()
    with pytest.raises(InterfaceError, match="'ac' is closed"):
        client.send(Request("GET", "/x"))
    assert server.heard == []


def test_a_cancelled_client_sends_nothing(server, connect):
    cancel = threading.Event()
    client = connect(cancel=cancel)
    cancel.set()
    with pytest.raises(Cancelled):
        client.send(Request("GET", "/x"))
    assert server.heard == []


def test_missing_settings_are_named(connect):
    with pytest.raises(ConfigurationError, match="'ac' lacks api_key"):
        connect(settings={"api_key": ""})


def test_defaults_fill_settings_that_are_not_given(server, reply, connect, connector):
    settings = (Setting("url"), Setting("user", default="api"), Setting("api_key", secret=True))
    client = connect(connector=connector(settings=settings, auth=Basic("user", "api_key")))
    server.replies = [reply()]
    client.send(Request("GET", "/x"))
    assert server.heard[0].headers["authorization"].startswith("Basic YXBpO")


@pytest.mark.parametrize(
    "key", ["k3y-with-break\n", "k3y\r\nX-Evil: 1", "kéy-secret", " k3y-blank"]
)
def test_e7_a_key_that_no_header_can_carry_is_not_shown(connect, key):
    """E7: a key that no header can carry is not shown."""
    with pytest.raises(ConfigurationError, match="api_key has a character") as caught:
        connect(settings={"api_key": key})
    assert key.strip() not in str(caught.value)


def test_e4_values_that_cannot_travel_are_rejected_before_sending(server, connect):
    """E4: values that cannot travel are rejected before sending."""
    client = connect()
    for request in (
        Request("POST", "/x", body={"a": "\ud800"}),
        Request("POST", "/x", body={"a": [float("nan")]}),
        Request("POST", "/x", body=[{"a": float("-inf")}, None]),
        Request("GET", "/x", (("q", "\ud800"),)),
        Request("GET", "/x", (("q", "y" * 70_000),)),
        Request("GET", "/x/{id}", fill={"id": "\ud800"}),
    ):
        with pytest.raises(Rejected):
            client.send(request)
    with pytest.raises(DeclarationError):
        client.send(Request("POST", "/x", body={"a": object()}))
    assert server.heard == []


def test_null_in_a_body_is_fine(server, reply, connect):
    server.replies = [reply()]
    connect().send(Request("POST", "/x", body={"a": None, "b": [{"c": 1.5}]}))
    assert server.heard[0].body == b'{"a":null,"b":[{"c":1.5}]}'


def test_threads_share_a_client(server, reply, connect):
    server.default = reply(200, {"rows": [1]})
    client = connect(limiter=Limiter((RateLimit(100),), REAL))
    rows = []

    def work():
        for _ in range(5):
            rows.extend(rows_at(client.send(Request("GET", "/x")).response.body, "rows"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows) == client.calls == len(server.heard) == 40


def test_nothing_is_kept_between_requests(server, reply, connect):
    server.default = reply(200, b"{}", "Set-Cookie: session=1; Path=/")
    client = connect()
    client.send(Request("GET", "/x"))
    client.send(Request("GET", "/x"))
    assert "cookie" not in server.heard[1].headers


def test_the_environment_names_no_proxy_and_no_netrc(server, reply, connect, monkeypatch, tmp_path):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login u password p")
    monkeypatch.setenv("NETRC", str(netrc))
    server.replies = [reply()]
    connect().send(Request("GET", "/x"))
    assert "authorization" not in server.heard[0].headers


def test_repr_shows_the_connection_only(connect, canary):
    client = connect()
    assert repr(client) == f"Client('ac', '{client.origin}')"
    assert isinstance(client, Client)


def test_a_flow_that_has_written_says_so_when_a_later_call_fails(server, reply, connect):
    def flow(method):
        yield Request(method, "/notes", body={} if method == "POST" else None)
        yield Request("GET", "/notes")

    for method, sent in (("POST", True), ("GET", False)):
        server.replies = [reply(200)]
        client = connect(max_requests=1)
        with pytest.raises(GuardRefused) as caught:
            client.drive(flow(method))
        assert getattr(caught.value, "sent", False) is sent
