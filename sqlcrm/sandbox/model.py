"""What passes between the kit and one CRM: options in, calls and replies, and what is running."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, Protocol, runtime_checkable

from sqlcrm.sandbox.clock import Clock

Headers = Sequence[tuple[bytes, bytes]]
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Options:
    """How a sandbox should behave.

    `people`: how many people the CRM holds; everything else is in proportion.
    `seed`: the same seed gives the same data and the same faults.
    `limits`: "real" for the API's documented rate limits, "off" for none.
    `latency_ms`: added to every API call.
    `faults`: "" or "NAME" or "NAME:SHARE", a fault to start with.
    """

    people: int = 10_000
    seed: int = 1
    limits: Literal["real", "off"] = "real"
    latency_ms: float = 0
    faults: str = ""
    clock: Clock = field(default_factory=Clock)


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is percent-decoded, `query` is not; header names are lower case."""

    method: str
    path: str
    query: str = ""
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: bytes) -> str:
        """The value of one header, or "" where it was not sent."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, body already encoded. `headers` are besides the body's type and length."""

    status: int
    body: bytes = b""
    headers: Headers = ()
    type: str = JSON


class Crm(Protocol):
    """One fake CRM. It is called from one thread only and never waits."""

    rate: tuple[int, float] | None
    """The documented limit as (calls, seconds), or None where the API has no common one."""

    def limited(self, call: Call) -> bool:
        """Whether this call counts against `rate`; an endpoint may have a limit of its own."""

    def handle(self, call: Call) -> Reply:
        """Answer one API call and change the data as the real API would."""

    def state(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """All rows per resource, with the API's own resource and field names."""

    def wording(self, fault: str, call: Call) -> Reply:
        """How this API says "429", "500", "expired-token", "foreign-next"; nothing is applied."""

    def allowance(self, left: int) -> Headers:
        """Headers that tell how many calls are left; () where this API has none."""

    def drift(self, random: Random | None) -> None:
        """Make a row vanish from lists and the last one appear again; None brings all back."""


@runtime_checkable
class Located(Protocol):
    """What a Crm has besides, where its answers name its own address."""

    origin: str
    """Where it is served, such as "http://127.0.0.1:8787"; the kit sets it at every start."""


@runtime_checkable
class Switched(Protocol):
    """What a Crm has besides, where its behaviour can be switched (`POST /_sandbox/settings`)."""

    @property
    def settings(self) -> Mapping[str, object]:
        """Every switch and how it is set; the type of a value is the type that is taken."""

    def set(self, name: str, value: object) -> None:
        """Set one switch, whose name and type are right. Raises: ValueError."""


@runtime_checkable
class Acting(Protocol):
    """What a Crm has besides, where people act on its web pages (`POST /_sandbox/actions`)."""

    @property
    def actions(self) -> Mapping[str, str]:
        """Every action and what it does and takes."""

    def act(self, action: str, values: Mapping[str, object]) -> Mapping[str, object]:
        """Do it and say what came of it. Raises: ValueError, TypeError."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request that the CRM itself makes: a webhook.

    `endpoint`: who gets it; messages of one endpoint are sent in the order they were made.
    `label`: what it is, for whoever looks at the outbox.
    """

    url: str
    body: bytes
    headers: Mapping[str, str]
    endpoint: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a CRM delivers: seconds before each retry, and what it takes for a success."""

    delays: tuple[float, ...]
    accepted: range = range(200, 300)
    timeout: float = 10.0


@runtime_checkable
class Posting(Protocol):
    """What a Crm has besides, where it sends webhooks. The kit asks after every call and action."""

    delivery: Delivery

    def outgoing(self) -> Sequence[Message]:
        """Messages made since the last time, oldest first; each is handed out once."""

    def wanted(self, message: Message) -> bool:
        """Whether it is still to be sent: its endpoint may be gone or disabled by now."""

    def delivered(self, message: Message) -> None:
        """It was accepted."""

    def failed(self, message: Message, problem: str) -> None:
        """It was not, and all retries are used up."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One CRM that can be served.

    `connection` holds the settings for a configuration file; "{url}" in a value stands for the
    address it is served at.
    """

    name: str
    alias: str
    build: Callable[[Options], Crm]
    connection: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Running:
    """A CRM that accepts calls at `url`; `settings` connect to it."""

    name: str
    alias: str
    url: str
    settings: Mapping[str, object]
