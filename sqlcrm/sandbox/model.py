"""What passes between the kit and one CRM: options in, calls and replies, and what is running."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, Protocol

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
