"""The ledger's CRM that sends webhooks, too: signed, with a time, or to a secret address."""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from fakes import ledger

from sqlcrm.catalog import connectors
from sqlcrm.sdk import (
    Column,
    Event,
    EventTable,
    Setting,
    ShapeChanged,
    Signature,
    Type,
    Webhooks,
)

SECRET = "c4nary-signing-s3cret"
OLDER = "an-older-signing-secret"
TOKEN = "c4nary-0123456789abcdef"
HEADER = "X-Hooked-Signature"
TIME = "X-Hooked-Time"


def events(body: Any) -> Sequence[Event]:
    """Return the event of a call, or the events of a list of calls."""
    calls = body if isinstance(body, list) else [body]
    if not all(isinstance(call, dict) and isinstance(call.get("type"), str) for call in calls):
        raise ShapeChanged("a call has no type")
    return [
        Event(call["type"], call.get("jid", ""), call["data"].get("name", ""), call["data"])
        for call in calls
    ]


TABLES = (
    EventTable(
        "signed_up",
        "signed.up",
        (Column("name"), Column("note"), Column("score", Type.INTEGER)),
        doc="Somebody signed up.",
    ),
    EventTable("went_away", "went.away", (Column("name"),), doc="Somebody went away."),
)
_SETTINGS = (*ledger.connector.settings, Setting("webhook_secret", secret=True, required=False))
signed = replace(
    ledger.connector,
    name="signed",
    settings=_SETTINGS,
    webhooks=Webhooks(events, TABLES, Signature(HEADER, "sha256:")),
)
timed = replace(
    signed,
    name="timed",
    webhooks=Webhooks(events, TABLES, Signature(HEADER, "v1=", "sha512", "base64", TIME)),
)
tokened = replace(signed, name="tokened", webhooks=Webhooks(events, TABLES))

NAMES = ("signed", "timed", "tokened")


def installed(monkeypatch: Any) -> None:
    """Let the connectors be found in this process."""
    points = {n: EntryPoint(n, f"fakes.hooked:{n}", connectors.GROUP) for n in NAMES}
    monkeypatch.setattr(connectors, "installed", lambda: points)
    connectors.load.cache_clear()


def install(folder: Path) -> str:
    """Let a process find them, and return the PYTHONPATH that it needs."""
    place = folder / "hooked-1.0.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: hooked\nVersion: 1.0\n")
    lines = "".join(f"{name} = fakes.hooked:{name}\n" for name in NAMES)
    (place / "entry_points.txt").write_text(f"[{connectors.GROUP}]\n{lines}")
    return f"{folder}:{Path(__file__).parents[1]}"


def settings(url: str, connector: str = "signed", **more: Any) -> dict[str, Any]:
    """Return a connection to a ledger."""
    secret = TOKEN if connector == "tokened" else f"{SECRET}, {OLDER}"
    return {
        "connector": connector,
        "url": url,
        "token": "the-api-key",
        "webhook_secret": secret,
        "rate_limit": "off",
        **more,
    }


def toml(path: Path, connections: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write a connections file."""
    path.write_text(
        "".join(
            f"[connections.{alias}]\n"
            + "".join(f"{name} = {json.dumps(value)}\n" for name, value in one.items())
            for alias, one in connections.items()
        )
    )
    path.chmod(0o600)
    return path


def call(number: int | str, name: str, type_: str = "signed.up", **data: Any) -> bytes:
    """Return the body of a call."""
    row = {"name": name, "note": f"event {number}", **data}
    return json.dumps({"type": type_, "data": row, "jid": f"jid-{number}"}).encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    """Sign a body as the CRM does."""
    return "sha256:" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(
    url: str, body: bytes, headers: Mapping[str, str] | None = None, method: str = "POST"
) -> int:
    """Send a call, signed unless it has headers; return the status of the answer."""
    given = headers if headers is not None else {HEADER: signature(body)}
    asked = urllib.request.Request(
        url, body, {"Content-Type": "application/json", **given}, method=method
    )
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            error.read()
        return int(error.code)
