"""Faults in this API's words, bodies that make no sense, webhooks."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest


def test_rows_vanish_and_appear_while_somebody_pages(an):
    """Fault drift: by one row a page."""
    everybody = {an.key(row) for row in an.rows("people")}
    an.control("faults", {"name": "drift"})
    runs = [[an.key(row) for row in an.rows("people")] for _ in range(5)]
    assert any(set(run) != everybody for run in runs)
    assert an.page("tags")["total_records"] == 69
    an.control("faults", {})
    assert {an.key(row) for row in an.rows("people")} == everybody


def test_a_foreign_next_link_leads_to_another_host(an):
    """Fault foreign-next: rows as ever, and nothing written."""
    an.control("faults", {"name": "foreign-next"})
    page = an.page("people", page=2)
    assert page["_links"]["next"]["href"] == "http://foreign.example.net/api/v2/people?page=3"
    assert page["_links"]["self"]["href"] == f"{an.root}/api/v2/people"
    assert an.post("tags", json={"name": "x"}).status_code == 302


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("429", 429, "Too many requests"), ("500", 500, "Internal server error"),
        ("expired-token", 403, "API Key invalid or not present"),
    ],
)  # fmt: skip
def test_refused_writes_are_not_applied(an, name, status, error):
    """Faults in this API's words."""
    an.control("faults", {"name": name})
    reply = an.post("tags", json={"name": "x"})
    assert (reply.status_code, reply.json()) == (status, {"error": error})
    assert len(an.state()["tags"]) == 70


@pytest.mark.parametrize("name", ["lost-reply", "truncated"])
def test_cut_writes_are_applied(an, name):
    """Faults that leave one in doubt."""
    an.control("faults", {"name": name})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        an.post("tags", json={"name": "x"})
    assert an.state()["tags"][-1]["name"] == "x"


NONSENSE = [
    b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"person":[]}',
    b'{"person":{"email_addresses":"x"}}', b'{"person":{"email_addresses":[{"address":7}]}}',
    b'{"person":{"email_addresses":[{"address":"a@b.c","status":[]}],"custom_fields":{"x":[1]}}}',
    b'{"title":7,"origin_system":{},"type":[],"identifiers":7,"name":[1]}',
    b'{"_links":[],"recipients":[{"amount":{}}],"created_date":[1],"identifiers":{}}',
    b'{"given_name":[1],"postal_addresses":[{"region":7,"location":3}],"phone_numbers":[{}]}',
    b'{"subject":{},"targets":[{"href":7}],"unique_ids":7,"languages_spoken":{"a":1}}',
]  # fmt: skip


@pytest.mark.parametrize("body", NONSENSE)
def test_a_body_that_makes_no_sense_is_no_crash(an, body):
    """Section 11: 200 or 400, and the server goes on."""
    headers = {"content-type": "application/json"}
    for path in ("people", "petitions", "tags", "messages", "unique_id_lists", "events"):
        assert an.post(path, content=body, headers=headers).status_code in {200, 400}
        if path != "tags":
            row = f"{path}/{an.key(an.first(path))}"
            assert an.put(row, content=body, headers=headers).status_code in {200, 400}
    for parent, child in (("petitions", "signatures"), ("tags", "taggings")):
        path = f"{parent}/{an.key(an.first(parent))}/{child}"
        assert an.post(path, content=body, headers=headers).status_code in {200, 400}
    for text in ("title gt 'x'", "title lt 'x'"):
        an.rows("petitions", filter=text)
    an.rows("people", filter="region gt 'x'")


@pytest.fixture
def receiver():
    """Receives webhooks; its `refuse` is how many it turns away first."""

    class Receiver(BaseHTTPRequestHandler):
        refuse = 0
        got: list = []  # noqa: RUF012 - of this fixture alone

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            Receiver.got.append((self.headers["content-type"], json.loads(body)))
            self.send_response(500 if len(Receiver.got) <= Receiver.refuse else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        Receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
        yield Receiver
        server.shutdown()
        thread.join()


def deliver(an) -> dict[str, int]:
    return an.control("outbox", {"deliver": True})["counts"]


def test_a_webhook_tells_what_was_entered(an, receiver):
    """W12: an array with one object, its sponsor and a key against repeats."""
    petition = an.made("petitions")
    an.control("settings", {"webhook": receiver.url})
    body = {
        "comments": "Go",
        "person": {"given_name": "Bo", "email_addresses": [{"address": "bo@example.net"}]},
        "add_tags": ["Volunteer"],
    }
    row = an.ok("POST", f"{petition}/signatures", body)
    an.sign_up("upload@example.net")
    assert deliver(an) == {"delivered": 1}
    ((kind, (told,)),) = receiver.got
    assert kind == "application/json"
    assert told.keys() == {"osdi:signature", "action_network:sponsor", "idempotency_key"}
    assert told["action_network:sponsor"]["title"].startswith("Sandbox group ")
    assert told["osdi:signature"] == {
        "created_date": row["created_date"],
        "comments": "Go",
        "person": {
            "given_name": "Bo",
            "email_addresses": [{"primary": True, "address": "bo@example.net"}],
        },
        "_links": row["_links"],
    }


def test_a_webhook_is_tried_four_times_and_then_dropped(an, receiver):
    """Section 10: three retries."""
    receiver.refuse = 99
    an.control("settings", {"webhook": receiver.url, "webhook_for": "actions and uploads"})
    an.sign_up()
    for _ in range(3):
        assert deliver(an) == {"waiting": 1}
    assert deliver(an) == {"failed": 1}
    assert len(receiver.got) == 4
    assert next(iter(receiver.got[0][1][0])) == "action_network:upload"


def test_outreaches_share_a_webhook_and_one_action_can_be_chosen(an, receiver, clock):
    """Section 10: batches, after some minutes."""
    mine, others = (an.made("advocacy_campaigns", type="email") for _ in range(2))
    an.control("settings", {"webhook": receiver.url, "webhook_for": mine, "webhook_delay": 300})
    link = an.link(an.sign_up())
    for path in (mine, others, mine):
        an.ok("POST", f"{path}/outreaches", link)
    assert deliver(an) == {}
    clock.move(301)
    an.page("")
    assert deliver(an) == {"delivered": 1}
    ((_, told),) = receiver.got
    assert [next(iter(one)) for one in told] == ["osdi:outreach"] * 2


def test_people_act_on_web_pages_without_the_api(an):
    """Section 7.1: a form in the browser, and the link in an e-mail."""
    path = f"{an.made('petitions')}/signatures"
    body = {"person": {"email_addresses": [{"address": "ana@example.net"}]}}
    done = an.control("actions", {"action": "act", "path": path, "body": body})
    assert done == {"status": 200, "body": {}}
    (row,) = an.rows(path)
    person = an.page(f"people/{row['action_network:person_id']}")
    assert person["email_addresses"][0]["status"] == "subscribed"
    an.control("actions", {"action": "unsubscribe", "email": "ana@example.net"})
    assert an.reload(person)["email_addresses"][0]["status"] == "unsubscribed"
