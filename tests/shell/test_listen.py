"""`sqlcrm listen` as a process of its own: what it acknowledged is run, whatever ends it."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sqlcrm.sandbox import Options, available, serve

sys.path.insert(0, str(Path(__file__).parents[1]))  # so that `fakes` can be imported

from fakes import hooked
from fakes.ledger import Fault, Ledger

CREATE = "INSERT INTO items@crm (name, note) SELECT name, note FROM signed_up@crm_events;"
LOAD = "INSERT INTO batched@crm (name, note) SELECT name, note FROM signed_up@crm_events;"


@pytest.fixture
def crm() -> Iterator[Ledger]:
    ledger = Ledger()
    yield ledger
    ledger.close()


class Place:
    """A user's folders, with the connection @crm to a ledger."""

    def __init__(self, crm: Ledger, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment | {"PYTHONPATH": hooked.install(folder / "lib")}
        self.config = hooked.toml(folder / "c.toml", {"crm": hooked.settings(crm.url)})
        self.script = folder / "job.sql"
        self.script.write_text(CREATE)

    def start(self, *options: str) -> "Listening":
        return Listening(self, options)

    @contextmanager
    def listening(self, *options: str) -> Iterator["Listening"]:
        found = self.start(*options)
        try:
            yield found
        finally:
            found.process.kill()
            found.end()

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sqlcrm", "--config", str(self.config), *arguments]
        ran = subprocess.run(
            command, env=self.environment, cwd=self.folder, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert ran.returncode == code, ran.stderr
        assert "Traceback" not in ran.stderr
        return ran

    def once(self, code: int = 0) -> str:
        return self.run("listen", str(self.script), "--once", code=code).stderr

    def events(self, sql: str = "SELECT state, count(*) AS n FROM events@sqlcrm GROUP BY 1") -> Any:
        lines = self.run("query", sql, "--format", "jsonl").stdout.splitlines()
        return [json.loads(line) for line in lines]


class Listening:
    """A `sqlcrm listen` that is ready."""

    def __init__(self, place: Place, options: Sequence[str]) -> None:
        command = [sys.executable, "-m", "sqlcrm", "--config", str(place.config), "listen",
                   str(place.script), "--port", "0", *options]  # fmt: skip
        self.said: list[str] = []
        self.process = subprocess.Popen(
            command, env=place.environment, cwd=place.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self.process.stdout is not None
        ready = self.process.stdout.readline()
        assert ready.startswith("ready http://127.0.0.1:"), self.said
        self.url = ready.split()[1]
        self.hook = f"{self.url}/hooks/crm"

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.said += self.process.stderr

    def end(self) -> int:
        """Wait for its end; return its exit code."""
        code = self.process.wait(30)
        self._reader.join(10)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        assert "Traceback" not in "".join(self.said)
        return code

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        assert self.end() == -signal.SIGKILL


@pytest.fixture
def place(crm: Ledger, tmp_path: Path, environment: dict[str, str]) -> Place:
    return Place(crm, tmp_path, environment)


def until(fulfilled: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not fulfilled():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_what_comes_until_it_is_stopped(
    place: Place, crm: Ledger, stop: signal.Signals
) -> None:
    with place.listening() as one:
        for number, name in enumerate(("ana", "bo", "ana"), 1):
            assert hooked.post(one.hook, hooked.call(number, name)) == 200
        until(lambda: crm.counts("items") == {"ana": 1, "bo": 1})
        until(lambda: sum("run in" in line for line in one.said) > 1)
        one.process.send_signal(stop)
        assert one.end() == 130
    assert one.said[0] == "@crm (Ledger CRM): /hooks/crm\n"
    assert "stopped: 3 stored, 0 repeated, 0 refused\n" in one.said
    assert place.events() == [{"state": "done", "n": 3}]
    told = "".join(one.said)
    assert not [word for word in (hooked.SECRET, "the-api-key", "ana") if word in told]


def test_a1_what_was_acknowledged_before_a_kill_is_run_after_it(place: Place, crm: Ledger) -> None:
    """A1: killed between the acknowledgement and the run."""
    crm.faults = {0: Fault("hang", times=1_000)}
    with place.listening() as one:
        for number in range(1, 21):
            assert hooked.post(one.hook, hooked.call(number, f"p{number}")) == 200
        one.kill()
    crm.faults = {}
    assert crm.counts("items") == {}
    assert "20 pending" in place.once()
    assert crm.counts("items") == Counter(f"p{n}" for n in range(1, 21))
    assert place.events() == [{"state": "done", "n": 20}]


@pytest.mark.parametrize("trials", [4, pytest.param(40, marks=pytest.mark.slow)])
def test_a1_killed_at_any_time_nothing_is_lost_and_nothing_is_done_twice(
    place: Place, crm: Ledger, trials: int
) -> None:
    """A1: killed while calls come in and while they are run, again and again."""
    dice, acknowledged = random.Random(trials), Counter[str]()  # noqa: S311 - when to kill
    number = 0
    for _ in range(trials):
        with place.listening() as one:
            pause = dice.uniform(0.0, 0.6)
            killer = threading.Timer(pause, one.process.kill)
            killer.start()
            try:
                while True:
                    number += 1
                    body = hooked.call(number, f"p{number}")
                    if hooked.post(one.hook, body) == 200:
                        acknowledged[f"p{number}"] += 1
            except (OSError, http.client.HTTPException):
                killer.join()
            assert one.end() == -signal.SIGKILL
    place.once()
    done = crm.counts("items")
    assert acknowledged
    assert acknowledged - done == Counter()
    assert set((done - acknowledged).values()) <= {1}  # written down, and killed before the answer
    assert set(done.values()) == {1}
    assert {row["state"] for row in place.events()} == {"done"}


def test_a3_a_stop_interrupts_a_statement_that_does_not_end(place: Place, crm: Ledger) -> None:
    """A3: exit 130 within seconds, and the next start does what is left."""
    crm.faults = {1: Fault("hang", times=1_000)}
    with place.listening() as one:
        assert hooked.post(one.hook, hooked.call(1, "ana")) == 200
        until(lambda: len(crm.seen) > 1)
        began = time.monotonic()
        one.process.send_signal(signal.SIGTERM)
        assert one.end() == 130
        assert time.monotonic() - began < 10
    assert "stored events: 1 pending\n" in one.said
    crm.faults = {}
    place.once()
    assert crm.counts("items") == {"ana": 1}


def test_a8_a_second_listener_for_the_same_events_is_refused(place: Place) -> None:
    """A8: two would overtake each other."""
    with place.listening():
        assert "are being run by another sqlcrm listen" in place.once(code=3)


def test_dead_letters_are_listed_dropped_and_run_again(place: Place, crm: Ledger) -> None:
    place.script.write_text(CREATE.replace("note FROM", "score::VARCHAR FROM"))
    with place.listening("--attempts", "1") as one:
        hooked.post(one.hook, hooked.call(1, "ana", score="no number"))
        hooked.post(one.hook, hooked.call(2, "bo", score=7))
        hooked.post(one.hook, hooked.call(3, "cy", score="none either"))
        until(lambda: crm.counts("items") == {"bo": 1})
        until(lambda: sum("is a dead letter" in line for line in one.said) == 2)
    listed = place.run("events", "list", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["event"] for line in listed] == [1, 3]
    assert place.run("events", "drop", "3").stderr == "dropped: 1\n"
    assert "not dead" in place.run("events", "retry", "2", code=1).stderr
    assert place.run("events", "retry", "1").stderr == "pending again: 1\n"
    assert "stored events: 1 pending" in place.once(code=1)
    assert "take the numbers" in place.run("events", "retry", code=2).stderr
    told = place.run("listen", str(place.script), "--once", "--retry-dead", code=1).stderr
    assert "event 1 (signed.up) failed" in told
    assert "dropped: 0" not in place.run("events", "drop", "1").stderr
    assert sorted(row["state"] for row in place.events()) == ["done", "dropped"]


def test_a_script_that_names_no_events_is_refused(place: Place) -> None:
    place.script.write_text("SELECT 1")
    told = place.run("listen", str(place.script), code=1).stderr
    assert told.startswith("error: the script names no table of events")


def test_the_tables_of_events_are_listed(place: Place) -> None:
    rows = place.run("tables", "--format", "jsonl").stdout.splitlines()
    assert "signed_up@crm_events" in {json.loads(row)["table"] for row in rows}
    told = place.run("tables", "crm_events", "signed_up", "--format", "jsonl").stdout.splitlines()
    names = [json.loads(row)["column"] for row in told]
    assert names == ["event_id", "event_position", "received_at", "name", "note", "score"]
    assert "no events" in place.run("tables", "crm_events", "no", code=1).stderr


def asked(url: str, path: str, body: Any = None) -> Any:
    """Ask a sandbox of ControlShift or ActiveCampaign."""
    headers = {"Content-Type": "application/json", "Authorization": "Bearer cs_sandbox"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url + path, data, headers)) as answer:
        return json.loads(answer.read())


def test_signatures_of_one_crm_become_people_of_another(place: Place) -> None:
    crms = [available()["controlshift"], available()["activecampaign"]]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serve(crms, Options(people=50, limits="off")) as (cs, ac):
        endpoint = {"endpoint": {"url": f"http://127.0.0.1:{port}/hooks/cs"}}
        made = asked(cs.url, "/api/v1/webhook_endpoints", endpoint)["endpoint"]
        sender = {**cs.settings, "webhook_secret": made["signing_secret"]}
        hooked.toml(place.config, {"cs": sender, "ac": {**ac.settings, "rate_limit": "off"}})
        place.script.write_text(
            "INSERT INTO contacts@ac (email, first_name) "
            "SELECT email, first_name FROM signature_created@cs_events"
        )

        def arrived() -> list[str]:
            people = asked(ac.url, "/_sandbox/state")["contacts"]
            return sorted(one["email"] for one in people if one["email"].startswith("signer"))

        with place.listening("--port", str(port)) as one:
            for number in range(5):
                who = {"email": f"signer{number}@example.org", "first_name": "Ana"}
                asked(cs.url, "/_sandbox/actions", {"action": "sign", **who})
            until(lambda: len(arrived()) == 5)
            one.process.send_signal(signal.SIGTERM)
            assert one.end() == 130
        outbox = asked(cs.url, "/_sandbox/outbox", {"deliver": True})
        assert set(outbox["counts"]) == {"delivered"}
        assert arrived() == [f"signer{number}@example.org" for number in range(5)]


@pytest.mark.parametrize("count", [500, pytest.param(5_000, marks=pytest.mark.slow)])
def test_two_hundred_events_a_second_are_accepted_none_is_lost_and_memory_stays(
    place: Place, crm: Ledger, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rate is judged in the long form, on a machine that has nothing else to do."""
    quiet = os.getloadavg()[0] < (os.cpu_count() or 1)
    place.script.write_text(LOAD)
    with place.listening() as one:
        for number in range(50):  # what is loaded once is loaded
            hooked.post(one.hook, hooked.call(f"w{number}", f"w{number}"))
        until(lambda: len(crm.tables["batched"]) == 50)
        before = resident(one.process.pid)
        began = time.monotonic()
        with ThreadPoolExecutor(16) as pool:
            sent = sum(pool.map(lambda n: sender(one.url, range(n, count, 16)), range(16)))
        seconds = time.monotonic() - began
        until(lambda: len(crm.tables["batched"]) >= count + 50, 300)
        grown = resident(one.process.pid) - before
        until(lambda: "run in" in one.said[-1])
        one.process.send_signal(signal.SIGTERM)
        assert one.end() == 130
    done = time.monotonic() - began
    with capsys.disabled():
        sys.stdout.write(
            f"\n{count} events: {sent / seconds:.0f} accepted a second, all run after "
            f"{done:.1f} s; RSS {before >> 20} MB, grown by {grown / 2**20:.0f} MB\n"
        )
    assert sent == count
    wanted = {*(f"p{n}" for n in range(count)), *(f"w{n}" for n in range(50))}
    assert crm.counts("batched") == Counter(wanted)
    assert place.events() == [{"state": "done", "n": count + 50}]
    assert grown < 64 << 20
    if count > 1_000 and quiet:
        assert sent / seconds >= 200


def sender(url: str, numbers: Sequence[int]) -> int:
    """Send calls one after another over one connection; return how many were acknowledged."""
    parts, fine = urlsplit(url), 0
    line = http.client.HTTPConnection(parts.hostname or "", parts.port)
    for number in numbers:
        body = hooked.call(number, f"p{number}")
        given = {hooked.HEADER: hooked.signature(body), "Content-Type": "application/json"}
        line.request("POST", "/hooks/crm", body, given)
        answer = line.getresponse()
        answer.read()
        fine += answer.status == 200
    line.close()
    return fine


def resident(pid: int) -> int:
    """Return the bytes of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
