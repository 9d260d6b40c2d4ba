"""controlshift-action-network.sql: who signs or starts a petition becomes an activist.

What it must hold is taken from the help article of the product feature that it stands in for.
"""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sqlcrm.sandbox import Options, serve
from sqlcrm.session.scripts import Script
from sqlcrm_action_network.sandbox import sandbox as network_sandbox
from sqlcrm_controlshift.sandbox import sandbox as controlshift_sandbox

from .conftest import Desk, Moved, Served

SCRIPT = "controlshift-action-network.sql"
SIGNER, CREATOR = "controlshift-petition-signer", "controlshift-petition-creator"
SOURCE = "Controlshift Petition"
OLD = "2020-01-01T00:00:00Z"

Row = dict[str, Any]


def own(row: Row) -> str:
    """The bare id of a row of Action Network."""
    return next(
        one.split(":", 1)[1] for one in row["identifiers"] if one.startswith("action_network:")
    )


def linked(row: Row, relation: str) -> str:
    return str(row["_links"][relation]["href"]).rsplit("/", 1)[1]


def address(person: Row) -> str:
    found = person["email_addresses"]
    return str(found[0]["address"]).lower() if found else ""


class Bridge:
    """Both sandboxes, and a user's folder with the recipe."""

    def __init__(self, cs: Served, an: Served, clock: Moved, folder: Path) -> None:
        self.cs, self.an, self.clock, self.folder = cs, an, clock, folder
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        hook = {"url": f"http://127.0.0.1:{self.port}/hooks/cs"}
        secret = self.rest("POST", "webhook_endpoints", {"endpoint": hook})["endpoint"]
        cs.settings["webhook_secret"] = secret["signing_secret"]
        cs.set(retry_scale=0.001)
        self.desk = Desk(folder, {"cs": cs.settings, "an": an.settings})
        self.desk.copy(SCRIPT)
        lines = []
        for alias, settings in self.desk.settings.items():
            lines += [f"[connections.{alias}]", *(f'{k} = "{v}"' for k, v in settings.items())]
        self.config = folder / "c.toml"
        self.config.write_text("\n".join(lines))
        self.config.chmod(0o600)

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """Ask ControlShift's API."""
        headers = {"Authorization": "Bearer cs_sandbox", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.cs.url}/api/v1/{path}"
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def do(self, action: str, **values: Any) -> Any:
        """Do something on ControlShift's pages."""
        return self.cs.ask("POST", "/_sandbox/actions", {"action": action, **values})

    def petition(self, title: str, *categories: str, **values: Any) -> str:
        """Start a petition; return its slug."""
        creator = values.pop("creator", {"email": "starter@example.org", "first_name": "St"})
        wanted = {"title": title, "creator": creator, "categories": list(categories), **values}
        return str(self.do("create_petition", **wanted)["slug"])

    def sign(self, petition: str, email: str, **values: Any) -> int:
        """Sign a petition, and follow the link in the mail; return the signature's id."""
        values = {"confirmed": True, "first_name": "Ana", "last_name": "Lee", **values}
        return int(self.do("sign", petition=petition, email=email, **values)["ids"][0])

    def told(self, **changed: Any) -> Row:
        """A signature as webhooks tell it."""
        return {
            "id": 990_001,
            "email": "ana@example.org",
            "first_name": "Ana",
            "last_name": "Lee",
            "postcode": "10115",
            "join_organisation": True,
            "created_at": OLD,
            "updated_at": OLD,
            "confirmed_at": OLD,
            "deleted_at": None,
            "email_opt_in_type": {"context": "web_form", "mailable": True, "external_id": None},
            "petition": {"slug": "save-the-park"},
            **changed,
        }

    def emit(self, kind: str, **data: Any) -> None:
        self.do("emit", type=kind, data=data)

    def add(self, email: str, status: str = "subscribed", **more: Any) -> str:
        """Add a person to Action Network by hand; return the id."""
        body = {"person": {"email_addresses": [{"address": email, "status": status}], **more}}
        return own(self.an.api("POST", "people", body))

    def leave(self, email: str) -> None:
        """Let a person leave the mails of Action Network."""
        body = {"email_addresses": [{"status": "unsubscribed"}]}
        self.an.api("PUT", f"people/{own(self.person(email))}", body)

    def person(self, email: str) -> Row:
        found = [one for one in self.an.state()["people"] if address(one) == email]
        assert len(found) == 1, (email, len(found))
        return found[0]

    def status(self, email: str) -> str:
        return str(self.person(email)["email_addresses"][0]["status"])

    def statuses(self) -> dict[str, str]:
        people = [one for one in self.an.state()["people"] if address(one)]
        return {address(one): one["email_addresses"][0]["status"] for one in people}

    def tags(self, email: str) -> set[str]:
        state, person = self.an.state(), own(self.person(email))
        names = {own(tag): str(tag["name"]) for tag in state["tags"]}
        rows = [one for one in state["taggings"] if linked(one, "osdi:person") == person]
        assert len(rows) == len({linked(one, "osdi:tag") for one in rows})
        return {names[linked(one, "osdi:tag")] for one in rows}

    def history(self, email: str) -> Counter[tuple[str, str]]:
        """Source and title of the petitions that a person signed."""
        state, person = self.an.state(), own(self.person(email))
        petitions = {own(one): (one["origin_system"], one["title"]) for one in state["petitions"]}
        signed = [one for one in state["signatures"] if linked(one, "osdi:person") == person]
        return Counter(petitions[linked(one, "osdi:petition")] for one in signed)

    def everything(self) -> dict[str, Any]:
        """What Action Network has, without its ids and times."""
        state = self.an.state()
        keep = ("given_name", "family_name", "email_addresses", "postal_addresses")
        petitions = Counter(one["title"] for one in state["petitions"])
        tags = Counter(str(tag["name"]) for tag in state["tags"])
        emails = {own(one): address(one) for one in state["people"]}
        titles = {own(one): one["title"] for one in state["petitions"]}
        names = {own(one): one["name"] for one in state["tags"]}
        return {
            "people": {address(p): {k: p[k] for k in keep} for p in state["people"]},
            "petitions": petitions,
            "tags": tags,
            "signatures": Counter(
                (emails[linked(s, "osdi:person")], titles[linked(s, "osdi:petition")])
                for s in state["signatures"]
            ),
            "taggings": Counter(
                (emails[linked(s, "osdi:person")], names[linked(s, "osdi:tag")])
                for s in state["taggings"]
            ),
        }

    def batch(self, *, export: bool = True) -> Script:
        """Run the batch behind a nightly export, or without one."""
        if export:
            with self.listening() as one:
                self.do("export_full", table="unsubscribes")
                one.settle()
        script = self.desk.run(SCRIPT, {"batch": "true"})
        assert not script.errors
        return script

    @property
    def warned(self) -> bool:
        """Whether the last batch said that it had no export."""
        return any("No export of unsubscribes" in str(row) for row in self.desk.rows)

    @contextmanager
    def listening(self, *options: str) -> Iterator["Listening"]:
        one = Listening(self, options)
        try:
            yield one
        finally:
            one.stop()

    def pending(self, state: str = "pending") -> int:
        """How many stored events are in a state."""
        path = self.folder / "state" / "journal.sqlite3"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as journal:
            sql = "SELECT count(*) FROM events WHERE state = ?"
            return int(journal.execute(sql, (state,)).fetchone()[0])


class Listening:
    """A `sqlcrm listen` of the recipe that is ready."""

    def __init__(self, bridge: Bridge, options: Sequence[str] = ()) -> None:
        self.bridge = bridge
        command = [
            *(sys.executable, "-m", "sqlcrm", "--config", str(bridge.config), "listen", SCRIPT),
            *("--param", "batch=false", "--port", str(bridge.port), *options),
        ]
        environment = {**os.environ, "SQLCRM_STATE": str(bridge.folder / "state")}
        self.process = subprocess.Popen(
            command, env=environment, cwd=bridge.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("ready "), "".join(self.said)

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.said += self.process.stderr

    def settle(self, seconds: float = 40.0) -> None:
        """Wait until all that ControlShift tells has been run."""
        self.bridge.cs.ask("POST", "/_sandbox/outbox", {"deliver": True})
        end = time.monotonic() + seconds
        while self.bridge.pending():
            assert self.process.poll() is None, "".join(self.said)
            assert time.monotonic() < end, "".join(self.said)
            time.sleep(0.02)
        assert not self.bridge.pending("dead"), "".join(self.said)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(20)
        self._reader.join(10)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Served, Served, Moved]]:
    clock = Moved()
    options = Options(people=24, limits="off", clock=clock)
    with serve([controlshift_sandbox, network_sandbox], options) as running:
        yield Served(running[0]), Served(running[1], "/api/v2"), clock


@pytest.fixture
def bridge(served: tuple[Served, Served, Moved], folder: Path) -> Bridge:
    cs, an, clock = served
    clock.ahead = timedelta()
    for one in (cs, an):
        one.ask("POST", "/_sandbox/reset", {})
        one.fault()
    return Bridge(cs, an, clock, folder)


def test_who_signs_is_there_at_once_with_names_petition_and_tags(bridge: Bridge) -> None:
    """A new person, an existing one, and who started it, as it happens."""
    bridge.add("bo@example.org", given_name="Bob", family_name="Old")
    with bridge.listening() as one:
        slug = bridge.petition("Save the lake", "Environment")
        bridge.sign(slug, "ana@example.org", postcode="1012 AB")
        bridge.sign(slug, "bo@example.org", first_name="Bo", last_name="New", postcode="45402")
        one.settle()
    ana, bo = bridge.person("ana@example.org"), bridge.person("bo@example.org")
    assert (ana["given_name"], ana["family_name"]) == ("Ana", "Lee")
    assert (bo["given_name"], bo["family_name"]) == ("Bo", "New")
    assert ana["postal_addresses"][0]["postal_code"] == "1012 AB"
    assert bo["postal_addresses"][0]["postal_code"] == "45402"
    for email, role in (("ana", SIGNER), ("bo", SIGNER), ("starter", CREATOR)):
        assert bridge.history(f"{email}@example.org") == {(SOURCE, "Save the lake"): 1}
        assert bridge.tags(f"{email}@example.org") == {role, "controlshift:Environment"}


def test_e5_a_new_person_is_subscribed_by_an_opt_in_alone(bridge: Bridge) -> None:
    """New and opted in: subscribed. New and not, not asked, or not confirmed: unsubscribed."""
    with bridge.listening() as one:
        slug = bridge.petition("Save the lake")
        bridge.sign(slug, "yes@example.org")
        bridge.sign(slug, "no@example.org", join=False)
        bridge.sign(slug, "unasked@example.org", join="null")
        bridge.sign(slug, "unconfirmed@example.org", confirmed=False)
        one.settle()
        assert bridge.status("yes@example.org") == "subscribed"
        for name in ("no", "unasked", "unconfirmed", "starter"):
            assert bridge.status(f"{name}@example.org") == "unsubscribed", name


def test_e5_who_exists_keeps_the_status_unless_they_opt_in(bridge: Bridge) -> None:
    """Subscribed stays; unsubscribed stays without an opt-in, and is subscribed by one."""
    for name in ("stays-1", "stays-2"):
        bridge.add(f"{name}@example.org")
    for name in ("out-1", "out-2", "out-3"):
        bridge.add(f"{name}@example.org", "unsubscribed")
    bridge.clock.ahead += timedelta(seconds=5)
    with bridge.listening() as one:
        slug = bridge.petition("Save the lake")
        bridge.sign(slug, "stays-1@example.org", join=False)
        bridge.sign(slug, "stays-2@example.org")
        bridge.sign(slug, "out-1@example.org")
        bridge.sign(slug, "out-2@example.org", join=False)
        bridge.sign(slug, "out-3@example.org", join="null")
        one.settle()
    found = bridge.statuses()
    assert found["stays-1@example.org"] == found["stays-2@example.org"] == "subscribed"
    assert found["out-1@example.org"] == "subscribed"
    assert found["out-2@example.org"] == found["out-3@example.org"] == "unsubscribed"


def test_t8_an_opt_in_that_waits_for_its_confirmation_counts_from_then(bridge: Bridge) -> None:
    """T8: join_organisation and confirmed_at are null until the link is followed."""
    bridge.add("bo@example.org", "unsubscribed")
    bridge.clock.ahead += timedelta(seconds=5)
    bridge.cs.set(deferred_opt_in=True)
    with bridge.listening() as one:
        slug = bridge.petition("Save the lake")
        ids = {e: bridge.sign(slug, e, join="null", confirmed=False)
               for e in ("ana@example.org", "bo@example.org")}  # fmt: skip
        one.settle()
        assert {bridge.status(email) for email in ids} == {"unsubscribed"}
        for key in ids.values():  # within the second in which the people were written last
            bridge.do("confirm", signature=key, join=True)
        one.settle()
    assert {bridge.status(email) for email in ids} == {"subscribed"}


def test_who_starts_and_signs_at_once_keeps_the_opt_in(bridge: Bridge) -> None:
    """The petition's event makes the person, so that the opt-in is older than the person's row."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    who = {"email": "cy@example.org", "first_name": "Cy", "join_organisation": None}
    with bridge.listening() as one:
        told = {"title": "Save the park", "creator": who, "created_at": now, "updated_at": now}
        bridge.emit("petition.launched", slug="save-the-park", **told)
        one.settle()
        assert bridge.status("cy@example.org") == "unsubscribed"
        times = {"created_at": now, "updated_at": now, "confirmed_at": now}
        bridge.emit("signature.created", **bridge.told(email="cy@example.org", **times))
        one.settle()
    assert bridge.status("cy@example.org") == "subscribed"
    assert bridge.tags("cy@example.org") >= {SIGNER, CREATOR}
    assert bridge.history("cy@example.org") == {(SOURCE, "Save the park"): 1}


def test_leaving_one_petition_changes_nothing_and_leaving_all_is_carried_over(
    bridge: Bridge,
) -> None:
    with bridge.listening() as one:
        slug = bridge.petition("Save the lake")
        key = bridge.sign(slug, "ana@example.org")
        bridge.sign(slug, "bo@example.org")
        one.settle()
        bridge.clock.ahead += timedelta(seconds=5)
        bridge.do("unsubscribe", signature=key)
        one.settle()
        assert bridge.status("ana@example.org") == "subscribed"
        bridge.do("unsubscribe", email="bo@example.org")
        one.settle()
        assert bridge.status("bo@example.org") == "unsubscribed"
        bridge.clock.ahead += timedelta(seconds=5)
        bridge.sign("save-the-park", "bo@example.org")  # T7: a later opt-in, on another petition
        one.settle()
    assert bridge.status("bo@example.org") == "subscribed"


def test_t20_events_that_come_late_or_twice_change_nothing(bridge: Bridge) -> None:
    """An older signature.created behind the later one, and an opt-in older than the farewell."""
    bridge.cs.set(duplicate_messages=True, at_once=1)
    newer, newest = "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"
    with bridge.listening() as one:
        bridge.emit("signature.updated", **bridge.told(first_name="Anna", updated_at=newest))
        bridge.emit("signature.created", **bridge.told(first_name="Ann", updated_at=newer))
        told = {"email": "bo@example.org", "unsubscribe_organisation": True, "created_at": newest}
        bridge.emit("unsubscribe.created", id=7, unsubscribable_type=None, **told)
        late = {"email": "bo@example.org", "id": 990_002, "created_at": newer}
        bridge.emit("signature.created", **bridge.told(**late, confirmed_at=newer))
        one.settle()
        assert bridge.person("ana@example.org")["given_name"] == "Anna"
        assert bridge.status("ana@example.org") == "subscribed"
        assert bridge.status("bo@example.org") == "unsubscribed"
        before, writes = bridge.everything(), bridge.an.writes()
        bridge.emit("signature.created", **bridge.told(first_name="Ann", updated_at=newer))
        older = {**told, "email": "ana@example.org", "created_at": "2019-01-01T00:00:00Z"}
        bridge.emit("unsubscribe.created", id=8, unsubscribable_type=None, **older)
        one.settle()
    assert bridge.an.writes() == writes
    assert bridge.everything() == before


def test_t6_a_signature_that_was_not_theirs_leaves_nothing_new(bridge: Bridge) -> None:
    """T6: neither an unsubscription nor a tag, also where the deletion overtakes the creation."""
    with bridge.listening() as one:
        slug = bridge.petition("Save the lake", "Environment")
        key = bridge.sign(slug, "ana@example.org")
        one.settle()
        before = bridge.everything()
        bridge.do("disown", signature=key)
        one.settle()
        assert bridge.everything() == before
        told = bridge.told(email="bo@example.org", petition={"slug": slug})
        bridge.emit("signature.deleted", **{**told, "deleted_at": "2026-02-01T00:00:00Z"})
        one.settle()
        bridge.emit("signature.created", **told)
        one.settle()
    assert bridge.everything() == before
    assert bridge.status("ana@example.org") == "subscribed"


def test_the_batch_makes_everybody_and_a_second_and_third_write_nothing(bridge: Bridge) -> None:
    """Row by row: who signed what, tags, names; nobody twice; people without an address."""
    slug = bridge.petition("Save the lake", "Environment")
    bridge.sign("save-the-park", "two@example.org", postcode="10115", last_name="Older")
    bridge.clock.ahead += timedelta(seconds=5)
    bridge.sign(slug, "Two@Example.org", postcode="10117", last_name="")
    assert bridge.batch().exit_code == 0
    signed = [one for one in bridge.cs.state()["signatures"] if not one["deleted_at"]]
    titles = {p["slug"]: p["title"] for p in bridge.cs.state()["petitions"]}
    emails = {str(one["email"]).lower() for one in signed if one["email"]}
    assert any(one["email"] is None for one in signed)
    assert emails <= set(bridge.statuses())
    for email in sorted(emails):
        theirs = [one for one in signed if str(one["email"]).lower() == email]
        wanted = {(SOURCE, titles[one["petition"]["slug"]]) for one in theirs}
        history = bridge.history(email)
        assert wanted <= {entry for entry in history if entry[0] == SOURCE}
        assert set(history.values()) == {1}
        assert SIGNER in bridge.tags(email)
    two = bridge.person("two@example.org")
    assert (two["family_name"], two["postal_addresses"][0]["postal_code"]) == ("Older", "10117")
    assert bridge.status("two@example.org") == "subscribed"
    before, writes = bridge.everything(), bridge.an.writes()
    for _ in range(2):
        assert bridge.batch().exit_code == 0
        assert bridge.an.writes() == writes
    assert bridge.everything() == before


def test_an_old_opt_in_subscribes_nobody_who_left_action_network_since(bridge: Bridge) -> None:
    """All statuses before and after a batch over all that was ever signed."""
    slug = bridge.petition("Save the lake")
    for name in ("left", "unsubscribed", "fresh", "bounced"):
        bridge.sign(slug, f"{name}@example.org")
    for signed in bridge.cs.state()["signatures"]:
        if signed["email"]:
            bridge.add(signed["email"], "unsubscribed")  # later than each opt-in
    bridge.add("left@example.org")
    bridge.leave("left@example.org")
    bridge.clock.ahead += timedelta(seconds=5)
    bridge.sign("save-the-park", "fresh@example.org")
    before = bridge.statuses()
    bridge.batch()
    after = bridge.statuses()
    raised = {email for email, status in after.items()
              if status == "subscribed" and before.get(email, status) != "subscribed"}  # fmt: skip
    assert raised == {"fresh@example.org"}
    bridge.clock.ahead += timedelta(seconds=5)
    bridge.leave("fresh@example.org")
    (bridge.folder / SCRIPT).write_text((bridge.folder / SCRIPT).read_text() + "\n-- edited\n")
    bridge.batch()  # an edited script begins anew, with all there ever was
    assert bridge.status("fresh@example.org") == "unsubscribed"


def test_bouncing_addresses_and_complaints_are_never_raised(bridge: Bridge) -> None:
    kinds = {"bouncing", "spam complaint", "previous bounce", "previous spam complaint"}
    people = {e: s for e, s in bridge.statuses().items() if s in kinds}
    assert people
    with bridge.listening() as one:
        slug = bridge.petition("Save the lake")
        for email in people:
            bridge.sign(slug, email)
            bridge.do("unsubscribe", email=email)
        one.settle()
    found = bridge.statuses()
    assert {email: found[email] for email in people} == people


def test_a_webhook_and_the_batch_do_not_double_anything(bridge: Bridge) -> None:
    with bridge.listening() as one:
        slug = bridge.petition("Save the lake", "Environment")
        for name in ("ana", "bo", "cy"):
            bridge.sign(slug, f"{name}@example.org")
        one.settle()
    before = bridge.everything()
    bridge.batch()
    after = bridge.everything()
    for name in ("ana", "bo", "cy"):
        email = f"{name}@example.org"
        assert after["people"][email] == before["people"][email]
        assert {k: n for k, n in after["signatures"].items() if k[0] == email} == {
            (email, "Save the lake"): 1
        }
        assert {n for key, n in after["taggings"].items() if key[0] == email} == {1}
    assert after["petitions"]["Save the lake"] == 1
    assert max(after["tags"].values()) == max(before["tags"].values())


def test_the_batch_carries_over_who_left_all_mails_from_the_export(bridge: Bridge) -> None:
    """Without one it goes on, subscribes nobody, and says so; the next batch makes up for it."""
    slug = bridge.petition("Save the lake")
    bridge.sign(slug, "ana@example.org")
    bridge.sign(slug, "bo@example.org")
    bridge.add("cy@example.org")
    bridge.sign(slug, "cy@example.org", join=False)
    bridge.clock.ahead += timedelta(seconds=5)
    for name in ("bo", "cy"):
        bridge.do("unsubscribe", email=f"{name}@example.org")
    with bridge.listening() as one:
        one.settle()
        bridge.clock.ahead -= timedelta(hours=7)
        bridge.do("export_full", table="unsubscribes")  # its address has run out
        bridge.clock.ahead += timedelta(hours=7)
        one.settle()
    bridge.an.ask("POST", "/_sandbox/reset", {})
    (bridge.folder / "controlshift-action-network.duckdb").unlink()
    bridge.clock.ahead -= timedelta(hours=1)
    bridge.add("cy@example.org")
    bridge.clock.ahead += timedelta(hours=1)
    assert bridge.batch(export=False).exit_code == 0
    assert bridge.warned
    assert bridge.history("ana@example.org") == {(SOURCE, "Save the lake"): 1}
    found = bridge.statuses()
    assert [found[f"{n}@example.org"] for n in ("ana", "bo", "cy")] == [
        *("unsubscribed", "unsubscribed", "subscribed")
    ]
    bridge.batch()
    assert not bridge.warned
    found = bridge.statuses()
    assert [found[f"{n}@example.org"] for n in ("ana", "bo", "cy")] == [
        *("subscribed", "unsubscribed", "unsubscribed")
    ]


FAULTS = ("429:0.1", "500:0.1", "lost-reply:0.1", "slow:0.05", "truncated:0.1")


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_what_misbehaves_on_the_way_changes_nothing_in_the_end(bridge: Bridge, fault: str) -> None:
    """Faults of Action Network: the state is that of a run without, and no event is dead."""
    name, _, share = fault.partition(":")
    states = []
    for faulty in (False, True):
        if faulty:
            bridge.an.ask("POST", "/_sandbox/reset", {})
            (bridge.folder / "controlshift-action-network.duckdb").unlink()
            bridge.an.fault(name, float(share))
        titles = [bridge.petition(f"{word} the lake", "Environment") for word in ("Save", "See")]
        with bridge.listening() as one:
            for number in range(6):
                for slug in titles:
                    bridge.sign(slug, f"p{number}@example.org", join=number % 2 == 0)
            one.settle(120)
        bridge.an.fault()
        states.append(bridge.everything())
    assert states[0] == states[1]


def test_a_kill_between_the_acknowledgement_and_the_run_loses_nothing(bridge: Bridge) -> None:
    bridge.an.fault("500", 1.0)
    slug = bridge.petition("Save the lake", "Environment")
    one = Listening(bridge)
    for name in ("ana", "bo"):
        bridge.sign(slug, f"{name}@example.org")
    bridge.cs.ask("POST", "/_sandbox/outbox", {"deliver": True})
    one.stop(signal.SIGKILL)
    assert bridge.pending()
    bridge.an.fault()
    assert "ana@example.org" not in bridge.statuses()
    with bridge.listening() as again:
        again.settle()
    for name in ("ana", "bo"):
        assert bridge.status(f"{name}@example.org") == "subscribed"
        assert bridge.history(f"{name}@example.org") == {(SOURCE, "Save the lake"): 1}
        assert bridge.tags(f"{name}@example.org") == {SIGNER, "controlshift:Environment"}
