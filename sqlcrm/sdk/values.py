"""The plain values that connectors, transport and engine hand each other."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

Row: TypeAlias = Mapping[str, Any]
"""One row; keys are column names, or wire names where the text says so."""

Query: TypeAlias = tuple[tuple[str, str], ...]
"""Query parameters in order; a name may repeat."""


class Type(StrEnum):
    """What a column holds; the value is DuckDB's name of the type."""

    TEXT = "VARCHAR"
    INTEGER = "BIGINT"
    FLOAT = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    TIMESTAMP = "TIMESTAMPTZ"
    TEXTS = "VARCHAR[]"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class Request:
    """One call, relative to the connection's base URL.

    `path` is a template: `{name}` is filled from `fill`, else from a setting of the connection
    that is no secret, each value quoted with no character safe.
    `after` is how many seconds to wait before sending. `repeatable` says that sending it twice
    does what sending it once does; None means that the method decides (GET and HEAD are).
    csv: the answer is CSV with a header, plain or in bzip2: its body is then a sequence of rows by
    name, texts or None where empty.
    """

    method: str
    path: str
    query: Query = ()
    body: Any = None
    fill: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0
    repeatable: bool | None = None
    csv: bool = False

    @property
    def may_repeat(self) -> bool:
        """Whether the transport may send this again when no clear answer came."""
        if self.repeatable is None:
            return self.method in {"GET", "HEAD"}
        return self.repeatable

    def with_query(self, **changes: str) -> Request:
        """Return the same request with these parameters set, each once, at the end."""
        return self.asking(tuple(changes.items()))

    def asking(self, pairs: Query) -> Request:
        """Return the same request with `pairs` in place of parameters of the same names."""
        names = {name for name, _ in pairs}
        kept = tuple(pair for pair in self.query if pair[0] not in names)
        return replace(self, query=kept + pairs)


@dataclass(frozen=True, slots=True)
class Href:
    """An address within the API, as a value in a body: `/people/77`.

    The transport writes it out in full, as it would call it.
    """

    path: str


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: `body` is the decoded JSON or CSV, None for an empty body."""

    status: int
    body: Any = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    text: str = field(default="", repr=False)
    """The start of an answer that is not JSON; empty otherwise."""
    size: int = 0
    """Bytes of the body, inflated."""


T = TypeVar("T")
Flow: TypeAlias = Generator[Request, Response, T]
"""A generator that yields Requests, is sent Responses and returns a T. It does no I/O itself."""


class Verdict(StrEnum):
    """What an answer means, whatever its status says."""

    OK = "ok"
    ALREADY = "already"
    """What was asked for was so before: success, nothing changed."""
    MISSING = "missing"
    """The row asked for does not exist."""
    REJECTED = "rejected"
    """This row is refused; sending it again would not help."""
    DENIED = "denied"
    """The credentials are refused or may not do this."""
    THROTTLED = "throttled"
    RETRY = "retry"
    """The API failed; nothing is known about what it did."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row of a write flow."""

    state: str
    """`done`, `rejected`, `unknown`; `accepted` where the API does it later, as the job `ticket`;
    `again` where it was not done and may be tried once more, alone (a lock that others held)."""
    reason: str = ""
    id: str = ""
    """The row's id in the CRM, where the answer told it."""
    ticket: str = ""


class BatchRefused(Exception):
    """The API refused a call as a whole and did nothing of it. Raised by a write flow.

    culprits: the reason by position of the row, for those that the API named. They are rejected,
    and the others sent again; where it named none, the rows are sent in halves.
    """

    def __init__(self, reason: str, culprits: Mapping[int, str] | None = None) -> None:
        super().__init__(reason)
        self.culprits = dict(culprits or {})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a connection is: `account` is the account's own id, `user` and `may` are for people.

    Where the API does not tell whose account it is, `account` is empty: what names it then is the
    credentials.
    people: what names all who share the account's people where that is more than the account, as
    the campaigns of a network: within the connection's origin. Opt-outs are remembered for it.
    """

    account: str
    user: str = ""
    may: str = ""
    people: str = ""
