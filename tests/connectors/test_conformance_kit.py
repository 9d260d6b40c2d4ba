"""The kit on a CRM whose persons carry their subscription themselves."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint
from random import Random
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest

from sqlcrm.catalog import connectors
from sqlcrm.conformance import Conformance
from sqlcrm.sandbox import Call, Options, Reply, Sandbox
from sqlcrm.sdk import (
    Bearer,
    Column,
    Connector,
    Consent,
    Flow,
    Identity,
    Offset,
    RateLimit,
    Read,
    Request,
    Setting,
    Table,
    Type,
    Write,
)

STATUSES = ("subscribed", "unsubscribed", "bounced", None)


def who() -> Flow[Identity]:
    reply = yield Request("GET", "/me")
    return Identity(str(reply.body["account"]))


members = Table(
    "members",
    doc="Members of a club, and whether they get its letter.",
    key=("id",),
    natural_key=("email",),
    columns=(
        Column("id", Type.INTEGER, readonly=True),
        Column("email", nocase=True, required=True, check="email"),
        Column("city", required=True),
        Column("letter", at="status", aliases=("letter_status",), doc="The default: subscribed."),
    ),
    consent=Consent(
        "letter", ("subscribed",), "unsubscribed", opted_in={"meant": True}, person="email"
    ),
    reads=(
        Read("/members", "members", Offset(size=100, total_at="total")),
        Read("/members/{id}", "member", by="id"),
        Read("/members", "members", Offset(size=100, total_at="total"), by="email", param="email"),
    ),
    writes=(
        Write("insert", "POST", "/members", wrap="member", unique=True),
        Write("update", "PUT", "/members/{id}", wrap="member", repeatable=True),
        Write("delete", "DELETE", "/members/{id}", repeatable=True),
    ),
    example="SELECT email FROM members@club WHERE letter = 'subscribed'",
)

club = Connector(
    name="club",
    title="Club",
    base_url="{url}",
    settings=(Setting("url", strip=("/",)), Setting("token", secret=True)),
    auth=Bearer("token"),
    limits=(RateLimit(calls=100, per=1.0),),
    tables=(members,),
    who=who,
    source="made up for this test",
)


def answer(body: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(body).encode())


class Club:
    """One account; a member without a status is subscribed, as its API's default has it."""

    rate: tuple[int, float] | None = None

    def __init__(self, options: Options) -> None:
        self.members: dict[int, dict[str, Any]] = {}
        self.account = f"club-{uuid.uuid4().hex}"
        for number in range(1, options.people + 1):
            status = STATUSES[number % len(STATUSES)]
            self.add({"email": f"m{number}@example.org", "city": "Leeds", "status": status})

    def add(self, given: Mapping[str, Any]) -> dict[str, Any]:
        number = max(self.members, default=0) + 1
        self.members[number] = {"status": "subscribed", **given, "id": number}
        return self.members[number]

    def limited(self, call: Call) -> bool:
        return False

    def handle(self, call: Call) -> Reply:
        if call.header(b"authorization") != "Bearer club-token":
            return self.wording("expired-token", call)
        _, resource, *rest = call.path.split("/")
        if resource == "me":
            return answer({"account": self.account})
        if rest:
            return self._one(call, int(rest[0]))
        if call.method == "POST":
            given = json.loads(call.body)["member"]
            if any(m["email"].lower() == given["email"].lower() for m in self.members.values()):
                return answer({"message": "taken"}, 422)
            return answer({"member": self.add(given)}, 201)
        asked = parse_qs(call.query)
        emails = {email.lower() for email in asked.get("email", ())}
        rows = [m for m in self.members.values() if not emails or m["email"].lower() in emails]
        start, size = int(asked["offset"][0]), int(asked["limit"][0])
        return answer({"members": rows[start : start + size], "total": len(rows)})

    def _one(self, call: Call, number: int) -> Reply:
        member = self.members.get(number)
        if member is None:
            return answer({"message": "no such member"}, 404)
        if call.method == "DELETE":
            del self.members[number]
        elif call.method == "PUT":
            given = json.loads(call.body)["member"]
            raised = given.get("status") == "subscribed" != member["status"]
            assert given.pop("meant", False) is bool(raised)
            member.update({**given, "status": given.get("status", member["status"])})
        return answer({"member": member})

    def state(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        return {"club members": list(self.members.values())}

    def wording(self, fault: str, call: Call) -> Reply:
        return answer({"message": f"fault: {fault}"}, {"429": 429, "500": 500}.get(fault, 401))

    def allowance(self, left: int) -> Sequence[tuple[bytes, bytes]]:
        return ()

    def drift(self, random: Random | None) -> None:
        """Nothing moves."""


@pytest.fixture(scope="module", autouse=True)
def installed_club() -> Iterator[None]:
    """Let the connector be found as one that pip has installed."""
    points = connectors.installed()
    points["club"] = EntryPoint("club", f"{__name__}:club", connectors.GROUP)
    yield
    del points["club"]
    connectors.load.cache_clear()


class TestClub(Conformance):
    connector = club
    sandbox = Sandbox(
        name="club",
        alias="club",
        build=Club,
        connection={"connector": "club", "url": "{url}", "token": "club-token"},
    )
    samples: ClassVar = {"members": {"email": "new@example.org", "city": "Ghent"}}
    collections: ClassVar = {"members": "club members"}
    people = 60
