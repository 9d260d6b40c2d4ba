"""A made-up CRM with two calls, served by the kit."""

from collections.abc import Iterator
from itertools import count
from random import Random

import httpx
import pytest

from sqlcrm.sandbox import Call, Clock, Options, Reply, Sandbox, serve

_accounts = count(1)


class Toy:
    """GET /things lists, POST /things adds. A new account each time."""

    def __init__(self, options: Options) -> None:
        self.rate = (5, 1.0)
        self.account = f"toy-{next(_accounts)}"
        self.things = [str(number) for number in range(options.people)]
        self.hidden = -1

    def limited(self, call: Call) -> bool:
        return call.path != "/free"

    def handle(self, call: Call) -> Reply:
        if call.method == "POST":
            self.things.append(call.body.decode())
            return Reply(201, b'{"thing":"%s"}' % call.body)
        shown = [thing for thing in self.things if thing != str(self.hidden)]
        return Reply(200, f'{{"things":"{",".join(shown)}"}}'.encode())

    def state(self):
        return {
            "things": [{"id": thing} for thing in self.things],
            "account": [{"id": self.account}],
        }

    def wording(self, fault: str, call: Call) -> Reply:
        status = {"429": 429, "500": 500, "expired-token": 401, "foreign-next": 302}[fault]
        return Reply(status, b"{}", self.allowance(0))

    def allowance(self, left: int):
        return ((b"x-left", b"%d" % left),)

    def drift(self, random: Random | None) -> None:
        self.hidden = -1 if random is None else int(random.random() * len(self.things))


TOY = Sandbox("toy", "t", Toy, {"connector": "toy", "url": "{url}/api", "api_key": "k"})


class Still(Clock):
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def toy() -> Sandbox:
    return TOY


@pytest.fixture
def clock() -> Still:
    return Still()


@pytest.fixture(scope="module")
def _served() -> Iterator[str]:
    with serve([TOY], Options(people=3, limits="off")) as running:
        yield running[0].url


@pytest.fixture
def http(_served: str) -> Iterator[httpx.Client]:
    """A client of a toy CRM that is as new."""
    with httpx.Client(base_url=_served) as client:
        client.post("/_sandbox/reset")
        yield client
