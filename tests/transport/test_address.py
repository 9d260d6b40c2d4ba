"""E1, E2: no request and no credential leaves for an origin that was not declared."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sqlcrm.errors import ConfigurationError, DeclarationError, Denied, OutcomeUnknown, Rejected
from sqlcrm.sdk import Href, NextLink, Request, Setting, every_page

GET = Request("GET", "/contacts")


def test_a_next_link_on_the_own_origin_is_followed_with_credentials(server, reply, connect, canary):
    link = f"{server.url}/api/3/contacts?cursor=a%2Bb&cursor=c&x=%20"
    server.replies = [
        reply(200, {"rows": [1], "next": link}),
        reply(200, {"rows": [2], "next": None}),
    ]
    assert connect().drive(every_page(GET, "rows", NextLink(1, "next"))) == [1, 2]
    assert server.heard[1].target == "/api/3/contacts?cursor=a%2Bb&cursor=c&x=%20"
    assert server.heard[1].headers["api-token"] == canary


HOSTILE = [
    "https://evil.example/next",
    "http://127.0.0.1:1/next",
    "https://127.0.0.1:{port}/next",
    "//evil.example/next",
    "//127.0.0.1:{port}/next",
    "https://127.0.0.1:{port}@evil.example/",
    "http://api@127.0.0.1:{port}/",
    "http://api:pw@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@evil.example/",
    "\\\\evil.example\\next",
    "/\\evil.example/next",
    "http://127.0.0.1:{port}.evil.example/",
    "http://127。0。0。1.evil.example/",
    "http://loc\u0430lhost:{port}/",
    "http://localhost:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f.1:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "data:application/json,[]",
    "ftp://127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/x",
    "http:///x",
    "http://127.0.0.1:{port}/x\r\nHost: evil.example",
    "http://127.0.0.1:{port}/x y",
    "/contacts\r\nX-Evil: 1",
    "/contacts\x00",
    "http://127.0.0.1:99999999/",
    "http://[::1/",
    "contacts",
    "?page=2",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("link", HOSTILE)
def test_e1_a_hostile_next_link_sends_nothing_and_is_named(server, connect, calls, link):
    """E1: a hostile next link sends nothing and is named."""
    link = link.replace("{port}", str(server.port))
    client = connect()
    with pytest.raises(Denied, match="was refused and nothing was sent") as caught:
        client.send(Request("GET", link))
    assert server.heard == []
    assert calls == []
    assert client.origin in str(caught.value)
    if "evil.example" in link and "\r" not in link:
        assert "evil.example" in str(caught.value)


def test_e1_the_refusal_shows_no_path_query_or_user(connect):
    """E1: the refusal shows no path query or user."""
    with pytest.raises(Denied) as caught:
        connect().send(Request("GET", "https://user:pw@evil.example/private?token=abc"))
    assert "//evil.example" in str(caught.value)
    assert not re.search(r"user:|pw@|private|abc", str(caught.value))


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_e1_no_made_up_link_reaches_another_origin(server, reply, connect, data):
    """E1: no made up link reaches another origin."""
    host = f"127.0.0.1:{server.port}"
    parts = st.sampled_from(
        [
            host,
            *"/\\@:?#{}[]ü。x\t",
            "//",
            "..",
            "\r\n",
            "%2f",
            "%00",
            "http:",
            "https:",
            "evil.example",
            "127.0.0.1",
            "localhost",
        ]
    )
    link = "".join(data.draw(st.lists(parts | st.text(max_size=2), min_size=1, max_size=8)))
    server.default = reply(200)
    addresses = connect()._tools.addresses
    try:
        target = addresses.resolve(Request("GET", link))
    except (Denied, Rejected, DeclarationError):
        return
    assert (target.url.scheme, target.url.host, target.url.port) == (
        "http",
        "127.0.0.1",
        server.port,
    )
    assert not target.url.userinfo
    assert re.fullmatch(rb"/[\x21-\x7e]*", target.url.raw_path)
    connect().send(Request("GET", link))


def test_e3_declared_origins_are_called_without_credentials(
    server, reply, connect, connector, canary
):
    """E3: declared origins are called without credentials."""
    other = f"http://localhost:{server.port}"
    client = connect(connector=connector(origins=(other,), headers={"X-Version": "3"}))
    server.default = reply(200, [1])
    assert client.send(Request("GET", f"{other}/files/1?sig=x")).response.body == [1]
    client.send(GET)
    away, home = server.heard
    assert (away.target, away.headers["host"]) == ("/files/1?sig=x", f"localhost:{server.port}")
    assert "api-token" not in away.headers
    assert canary not in str(away)
    assert home.headers["api-token"] == canary
    assert home.headers["x-version"] == "3"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_e2_redirects_are_never_followed(server, reply, connect, status):
    """E2: redirects are never followed."""
    location = "Location: https://user@evil.example/take?key=private"
    server.default = reply(status, b"<a>moved</a>", location)
    with pytest.raises(Denied, match=r"https://evil\.example, which is not followed") as caught:
        connect().send(GET)
    assert not re.search("private|take|user@", str(caught.value))
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [(301, OutcomeUnknown), (302, OutcomeUnknown), (303, OutcomeUnknown), (307, Denied)],
)
def test_e2_a_redirected_write_is_sent_once_and_unknown_unless_told_to_go_elsewhere(
    server, reply, connect, status, error
):
    """E2: a redirected write is sent once and unknown unless told to go elsewhere."""
    server.default = reply(status, b"", "Location: /login")
    with pytest.raises(error, match=f"redirects to {server.url}"):
        connect().send(Request("POST", "/contacts", body={}))
    assert len(server.heard) == 1


@pytest.mark.parametrize("location", ["", "//evil.example/x", "http://[", "\\\\evil.example"])
def test_e2_any_location_is_survived(server, reply, connect, location):
    """E2: any location is survived."""
    server.default = reply(302, b"", f"Location: {location}")
    with pytest.raises(Denied, match="not followed"):
        connect().send(GET)


@pytest.mark.parametrize(
    "written",
    [
        "https://acme.api-us1.com",
        "https://acme.api-us1.com/",
        " https://acme.api-us1.com/api/3\n",
        "https://acme.api-us1.com/api/3//",
        "https://ACME.api-us1.com:443/api/3/",
    ],
)
def test_addresses_are_forgiven_their_endings(connect, written):
    client = connect(written)
    assert client.origin == "https://acme.api-us1.com"
    assert client._tools.addresses.resolve(GET).url == "https://acme.api-us1.com/api/3/contacts"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("http://acme.api-us1.com", "https:// instead of http://"),
        ("http://169.254.169.254", "https:// instead of http://"),
        ("acme.api-us1.com", "write https://host"),
        ("ftp://acme.api-us1.com", "write https://host"),
        ("https://", "write https://host"),
        ("https://me:pw@acme.api-us1.com", "no user"),
        ("https://acme.api-us1.com?x=private", "no user"),
        ("https://acme.api-us1.com/#private", "no user"),
        ("https://acme .com", "no user"),
        ("https://acme.com:port", "cannot be read"),
    ],
)
def test_addresses_that_are_wrong_or_unsafe_are_refused(connect, written, says):
    with pytest.raises(ConfigurationError, match=says) as caught:
        connect(written)
    assert not re.search("me:pw|private", str(caught.value))


def test_plain_http_is_for_this_machine_only(connect):
    for host in ("127.0.0.1", "127.8.9.1", "localhost", "[::1]"):
        assert connect(f"http://{host}:8001").origin == f"http://{host}:8001"


@pytest.mark.parametrize("account", ["a.example/x", "a@evil.example", "a.b#", "a?b", "ä", ""])
def test_a_setting_inside_the_host_cannot_change_the_host(connect, connector, account):
    declared = connector(
        base_url="https://{account}.fab.example/api",
        settings=(Setting("account", required=False), Setting("api_key", secret=True)),
    )
    with pytest.raises(ConfigurationError, match="account may hold letters"):
        connect(connector=declared, settings={"account": account})


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=40), st.text(max_size=40))
def test_e4_any_value_stays_where_it_was_put(server, connect, segment, value):
    """E4: any value stays where it was put."""
    addresses = connect()._tools.addresses
    request = Request(
        "GET", "/contacts/{id}/tags", (("q", value), ("q", "2")), fill={"id": segment}
    )
    if segment in {"", ".", ".."}:
        with pytest.raises(Rejected, match="another address"):
            addresses.resolve(request)
        return
    url = addresses.resolve(request).url
    path = url.raw_path.split(b"?")[0].split(b"/")
    assert [path[:4], path[5:]] == [[b"", b"api", b"3", b"contacts"], [b"tags"]]
    assert url.params.get_list("q") == [value, "2"]


def test_a_placeholder_without_a_value_is_a_mistake_of_the_connector(connect):
    with pytest.raises(DeclarationError, match=r"no value for \{id\}"):
        connect().send(Request("DELETE", "/contacts/{id}"))


def test_the_limiter_sees_paths_below_the_base(server, connect):
    addresses = connect()._tools.addresses
    assert addresses.resolve(Request("GET", "/a/{x}", fill={"x": "b c"})).path == "/a/b%20c"
    assert addresses.resolve(Request("GET", f"{server.url}/api/3/a?x=1")).path == "/a"
    assert addresses.resolve(Request("GET", f"{server.url}/other")).path == "/other"


def test_a_path_may_name_a_setting_that_is_no_secret(server, reply, connect, connector):
    named = connector(settings=(*connector().settings, Setting("campaign", default="c 1/2")))
    server.replies = [reply(200, {})]
    path = "/campaigns/{campaign}/people/{id}"
    connect(connector=named).send(Request("GET", path, fill={"id": "7"}))
    assert server.heard[0].target == "/api/3/campaigns/c%201%2F2/people/7"
    with pytest.raises(DeclarationError, match="no value for"):
        connect().send(Request("GET", "/x/{api_key}"))


def test_an_address_in_a_body_is_written_out_as_it_would_be_called(server, reply, connect):
    server.replies = [reply(200, {})]
    body = {"_links": {"person": {"href": Href("/people/7")}}}
    connect().send(Request("POST", "/links", body=body))
    sent = json.loads(server.heard[0].body)
    assert sent == {"_links": {"person": {"href": f"{server.url}/api/3/people/7"}}}
    for wrong in ("people/7", "https://evil.example/x", "/people 7"):
        with pytest.raises(DeclarationError, match="no address within the API"):
            connect().send(Request("POST", "/links", body={"href": Href(wrong)}))
