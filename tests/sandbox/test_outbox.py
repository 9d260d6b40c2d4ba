"""What a CRM sends by itself."""

from collections.abc import Iterator
from time import perf_counter, sleep

import httpx
import pytest

from sqlcrm.sandbox import Call, Delivery, Message, Options, Reply, Sandbox, serve
from sqlcrm.sandbox.outbox import loopback
from tests.sandbox.conftest import Still, Toy
from tests.sandbox.receiver import Receiver, receiver


class Sender(Toy):
    """POST /things sends the body to the address in ?to=, as often as it says."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.delivery = Delivery((15, 30))
        self.messages: list[Message] = []
        self.disabled: set[str] = set()
        self.heard: list[str] = []

    def handle(self, call: Call) -> Reply:
        query = httpx.QueryParams(call.query)
        for number in range(int(query.get("times", 1))):
            body = call.body + (b"-%d" % number if number else b"")
            headers = {"content-type": "text/plain", "x-number": str(number)}
            to = query["to"]
            self.messages.append(Message(to, body, headers, to, call.body.decode()))
        return Reply(201, b"{}")

    def outgoing(self):
        new, self.messages = self.messages, []
        return new

    def wanted(self, message: Message) -> bool:
        return message.endpoint not in self.disabled

    def delivered(self, message: Message) -> None:
        self.heard.append(f"delivered {message.label}")

    def failed(self, message: Message, problem: str) -> None:
        self.heard.append(f"failed {message.label}: {problem}")
        self.disabled.add(message.endpoint)

    def state(self):
        return {"heard": [{"text": text} for text in self.heard]}


SENDER = Sandbox("sender", "s", Sender, {})


class Box(httpx.Client):
    """A client of the sandbox that sends."""

    def order(self, to: str, body: str = "hello", times: int = 1) -> None:
        reply = self.post("/things", params={"to": to, "times": times}, content=body)
        assert reply.status_code == 201

    def deliver(self) -> dict[str, int]:
        reply = self.post("/_sandbox/outbox", json={"deliver": True})
        assert reply.status_code == 200
        return reply.json()["counts"]

    def messages(self) -> list[dict[str, object]]:
        return self.get("/_sandbox/outbox").json()["messages"]

    def heard(self) -> list[str]:
        return [row["text"] for row in self.get("/_sandbox/state").json()["heard"]]


@pytest.fixture(scope="module")
def clock() -> Still:
    return Still()


@pytest.fixture(scope="module")
def _served_sender(clock: Still) -> Iterator[str]:
    with serve([SENDER], Options(people=3, limits="off", clock=clock)) as (running,):
        yield running.url


@pytest.fixture
def box(_served_sender: str) -> Iterator[Box]:
    with Box(base_url=_served_sender, timeout=30) as client:
        client.post("/_sandbox/reset")
        yield client


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as seen:
        yield seen


def until(true) -> None:
    """Wait for what happens in the background, at most ten seconds."""
    end = perf_counter() + 10
    while not true():
        assert perf_counter() < end, "it never happened"
        sleep(0.005)


def test_a_message_is_posted_as_it_was_made(box: Box, hook: Receiver):
    box.order(hook.url)
    assert box.deliver() == {"delivered": 1}
    [(path, headers, body)] = hook.got
    assert (path, body) == ("/hook", b"hello")
    assert (headers["content-type"], headers["x-number"]) == ("text/plain", "0")
    assert box.heard() == ["delivered hello"]


def test_a_message_goes_out_without_anybody_asking(box: Box, hook: Receiver):
    box.order(hook.url)
    until(lambda: hook.got)


def test_messages_leave_in_the_order_they_were_made(box: Box, hook: Receiver):
    box.order(hook.url, times=200)
    assert box.deliver() == {"delivered": 200}
    numbers = [int(headers["x-number"]) for _, headers, _ in hook.got]
    assert sorted(numbers) == list(range(200))
    near = sum(abs(number - place) < 16 for place, number in enumerate(numbers))
    assert near > 120, "eight at a time overtake each other, but those before leave first"


def test_connections_are_kept(box: Box, hook: Receiver):
    box.order(hook.url, times=200)
    box.deliver()
    assert len(hook.connections) <= 8


def test_an_unaccepted_message_waits_for_its_time(box: Box, hook: Receiver, clock: Still):
    hook.answers = [500]
    box.order(hook.url)
    until(lambda: box.messages()[0]["state"] == "waiting")
    [message] = box.messages()
    assert (message["attempts"], message["problem"]) == (1, "HTTP 500")
    assert message["next_try"] is not None
    clock.seconds += 14
    assert len(hook.got) == 1
    clock.seconds += 1
    until(lambda: len(hook.got) == 2)
    until(lambda: box.messages()[0]["state"] == "delivered")
    assert hook.bodies == [b"hello", b"hello"]


def test_deliver_tries_waiting_messages_now(box: Box, hook: Receiver):
    hook.answers = [500]
    box.order(hook.url)
    assert box.deliver() == {"waiting": 1}
    assert box.deliver() == {"delivered": 1}


def test_a_message_that_is_never_accepted_fails_after_all_retries(box: Box, hook: Receiver):
    hook.answers = [500] * 3
    box.order(hook.url, "poison")
    assert [box.deliver() for _ in range(3)] == [{"waiting": 1}, {"waiting": 1}, {"failed": 1}]
    assert box.heard() == ["failed poison: HTTP 500"]
    assert len(hook.got) == 3


def test_what_is_no_longer_wanted_is_dropped(box: Box, hook: Receiver):
    hook.answers = [500] * 3
    box.order(hook.url, "poison")
    for _ in range(3):
        box.deliver()
    box.order(hook.url, "late")
    assert box.deliver() == {"failed": 1, "dropped": 1}
    assert len(hook.got) == 3


def test_retries_can_be_made_quick(box: Box, hook: Receiver):
    assert box.get("/_sandbox/settings").json() == {"retry_scale": 1.0, "at_once": 8}
    box.post("/_sandbox/settings", json={"retry_scale": 0})
    hook.answers = [500, 503]
    box.order(hook.url)
    until(lambda: box.messages()[0]["state"] == "delivered")
    assert box.messages()[0]["attempts"] == 3


@pytest.mark.parametrize("wrong", [{"retry_scale": -1}, {"at_once": 0}, {"at_once": 1.5}])
def test_settings_that_cannot_be_are_refused(box: Box, wrong: dict[str, float]):
    reply = box.post("/_sandbox/settings", json=wrong)
    assert (reply.status_code, reply.json()["known"]) == (400, {"retry_scale": 1.0, "at_once": 8})


def test_one_at_once_arrives_in_order(box: Box, hook: Receiver):
    box.post("/_sandbox/settings", json={"at_once": 1})
    box.order(hook.url, times=50)
    box.deliver()
    assert [int(headers["x-number"]) for _, headers, _ in hook.got] == list(range(50))


def test_nobody_listening_is_a_failed_try(box: Box):
    box.order("http://127.0.0.1:9/hook")
    assert box.deliver() == {"waiting": 1}
    assert str(box.messages()[0]["problem"]).startswith("ConnectError")


def test_a_redirect_is_not_followed(box: Box, hook: Receiver):
    hook.answers = [302]
    box.order(hook.url)
    assert box.deliver() == {"waiting": 1}
    assert [path for path, _, _ in hook.got] == ["/hook"]


def test_one_slow_endpoint_does_not_hold_up_another(box: Box, hook: Receiver):
    box.order("http://127.0.0.1:9/hook", times=30)
    box.order(hook.url)
    assert box.deliver() == {"waiting": 30, "delivered": 1}


def test_a_reset_forgets_the_messages(box: Box, hook: Receiver):
    hook.answers = [500]
    box.order(hook.url)
    box.deliver()
    box.post("/_sandbox/reset")
    assert box.deliver() == {}
    assert len(hook.got) == 1


def test_the_outside_is_never_called(box: Box):
    box.order("http://203.0.113.7/hook")
    assert box.deliver() == {"dropped": 1}


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8/x", "http://127.9.9.9/", "http://[::1]:80/", "http://localhost:1/a"]
)
def test_loopback_is_this_machine(url: str):
    assert loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://127.0.0.1/",
        "http://127.0.0.1.example.org/",
        "http://127.0.0.1@example.org/",
        "http://0.0.0.0/",
        "http://192.168.0.1/",
        "ftp://127.0.0.1/",
        "http://",
        "127.0.0.1",
        "",
        "http://[::1",
    ],
)
def test_everything_else_is_not(url: str):
    assert not loopback(url)
