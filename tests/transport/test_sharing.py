"""One account, one allowance: all processes of the machine share it, and none can block it.

Two limiters with a memory of their own on one file are two processes, seen from the limiter.
"""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from itertools import pairwise

import pytest

from sqlcrm.errors import Cancelled
from sqlcrm.sdk import RateLimit
from sqlcrm.state.shared import PATIENCE, SharedFile
from sqlcrm.transport import Clock, Limiter, limiter_for
from sqlcrm.transport.allowance import Memory
from sqlcrm.transport.clock import REAL

NEVER = threading.Event()
LIMITS = (RateLimit(5),)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "limits" / "account.json"


@pytest.fixture
def process(path):
    """Return a maker of limiters that share nothing but the file."""

    def make(limits=LIMITS, boot="this boot"):
        return Limiter(limits, REAL, Memory(SharedFile(path), boot))

    return make


def left(limiter, clock, times=1, path="/x"):
    at = []
    for _ in range(times):
        limiter.acquire(path, NEVER)
        at.append(clock.now)
    return at


def near(times):
    return pytest.approx(times, rel=0.016, abs=1e-6)


def test_d3_processes_share_the_pace(clock, process):
    """D3: whoever calls, the calls of all leave one gap apart."""
    one, other = process(), process()
    times = [at for _ in range(3) for limiter in (one, other) for at in left(limiter, clock)]
    assert times == near([0, 0.2, 0.4, 0.6, 0.8, 1.0])


def test_d3_a_slower_limit_of_one_process_counts_for_the_other(clock, process):
    """D3: settings may slow one session down; its calls still count for all."""
    slow, fast = process((RateLimit(1),)), process()
    left(slow, clock)
    assert left(fast, clock) == near([1.0])
    assert left(fast, clock) == near([1.2])


def test_d3_a_burst_is_spent_once_by_all(clock, process):
    """D3: a declared burst is the account's, not each process's."""
    limits = (RateLimit(5, 1.0, burst=4),)
    one, other = process(limits), process(limits)
    assert left(one, clock, 2) + left(other, clock, 2) == [0.0] * 4
    assert left(one, clock)[0] > 0


def test_d1_a_pause_and_a_slower_pace_hold_for_all_processes(clock, process):
    """D1: after a 429 every process waits, then goes a little slower, and recovers."""
    one, other = process(), process()
    one.pause(10)
    one.slow("/x")
    assert left(other, clock) == near([10])
    assert left(other, clock)[0] > 10.21 - 0.003
    clock.advance(60)
    began = left(one, clock)[0]
    assert left(other, clock)[0] - began == pytest.approx(0.203)


def test_a_slower_pace_is_never_below_a_quarter_and_never_above_the_declared(clock, process):
    limiter = process()
    for _ in range(100):
        limiter.slow("/x")
        clock.advance(1.1)
    first, second = left(limiter, clock, 2)
    assert 0.7 < second - first < 0.82
    clock.advance(1000)
    first, second = left(limiter, clock, 2)
    assert second - first == pytest.approx(0.203)


def test_only_the_limit_that_was_exceeded_is_slowed(clock, process):
    limiter = process((RateLimit(5), RateLimit(1, paths="/bulk")))
    limiter.slow("/bulk/7")
    assert left(limiter, clock, 2, "/x") == pytest.approx([0, 0.203])
    first, second = left(limiter, clock, 2, "/bulk/7")
    assert second - first > 1.03


def test_a_call_whose_connection_took_long_counts_from_when_it_went_out(clock, process):
    limiter = process((RateLimit(2, 1.0, burst=2),))
    turn = limiter.acquire("/x", NEVER)
    left(limiter, clock)
    clock.advance(0.5)
    limiter.went(turn)
    assert left(limiter, clock) == pytest.approx([1.01])
    assert left(limiter, clock)[0] > 1.5


def test_the_file_is_private_and_names_no_secret(clock, tmp_path, canary):
    Clock.fake = None
    limiter = limiter_for(f"fake {canary}", LIMITS, Clock(), tmp_path)
    limiter.acquire("/x", NEVER)
    (file,) = (tmp_path / "limits").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert canary not in file.name + file.read_text()
    assert len(file.read_text()) < 500


def test_a_fake_clock_is_shared_with_nobody(clock, tmp_path):
    limiter_for("fake", LIMITS, Clock(), tmp_path).acquire("/x", NEVER)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"\0" * 100, b'{"boot": 7}', b"[]\n", b'{"used": {"#1": null}}\n']
)
def test_a_damaged_file_is_taken_for_what_was_last_known(clock, process, path, damage):
    limiter = process()
    left(limiter, clock)
    path.write_bytes(damage)
    assert left(limiter, clock) == near([0.2])
    assert json.loads(path.read_text().partition("\n")[0])["boot"] == "this boot"


def test_times_of_another_boot_mean_nothing(clock, process):
    process(boot="yesterday").pause(200)
    left(process(boot="yesterday"), clock, 2)
    began = clock.now
    assert left(process(), clock) == [began]


@pytest.mark.parametrize("field", ["paused", "due", "left", "at"])
def test_times_that_no_living_process_can_have_written_freeze_nobody(clock, process, path, field):
    """As after a reboot, where the system does not tell one from another."""
    left(process(), clock)
    written = json.loads(path.read_text().partition("\n")[0])
    far = clock.monotonic() + 1e6
    place = written if field == "paused" else written["used"]["#1"]
    place[field] = [far] * 5 if field == "left" else far
    path.write_text(json.dumps(written) + "\n")
    assert left(process(), clock)[0] < 1


def test_a_step_of_the_wall_clock_changes_nothing(clock, process, monkeypatch):
    limiter = process()
    left(limiter, clock)
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert left(limiter, clock) == near([0.2])
    monkeypatch.setattr("time.time", lambda: 9e9)
    assert left(limiter, clock) == near([0.4])


@pytest.mark.parametrize("kind", ["a file in its place", "a folder in its place"])
def test_where_nothing_can_be_shared_each_process_keeps_its_own_pace(clock, tmp_path, kind):
    (tmp_path / "limits").touch() if kind == "a file in its place" else None
    (tmp_path / "limits" / "a").mkdir(parents=True) if kind == "a folder in its place" else None
    limiter = Limiter(LIMITS, REAL, Memory(SharedFile(tmp_path / "limits" / "a"), "b"))
    assert left(limiter, clock, 3) == near([0, 0.2, 0.4])


HOLD = """
import sys, time
from pathlib import Path
from sqlcrm.state.shared import locked
with locked(Path(sys.argv[1]), lambda: None):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(path):
    """A process that holds the lock of the file."""
    path.parent.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        yield other
        other.kill()


def test_a_process_killed_with_the_lock_blocks_nobody(process, holder):
    Clock.fake = None
    holder.kill()
    holder.wait(5)
    began = time.monotonic()
    process().acquire("/x", NEVER)
    assert time.monotonic() - began < PATIENCE


def test_a_process_stopped_with_the_lock_is_done_without(process, holder):
    Clock.fake = None
    os.kill(holder.pid, signal.SIGSTOP)
    limiter, began = process(), time.monotonic()
    limiter.acquire("/x", NEVER)
    limiter.acquire("/x", NEVER)
    assert 0.2 < time.monotonic() - began < 4 * PATIENCE + 1


def test_a_process_that_dies_with_a_reserved_turn_costs_one_turn(clock, process, path):
    dying, living = process(), process()
    left(dying, clock)
    line = path.read_bytes()
    reserved = dying._lane("/x")
    dying._memory.change(lambda account: dying._reserve(reserved, account, clock.monotonic(), 0.0))
    assert path.read_bytes() != line
    assert left(living, clock, 2) == near([0.4, 0.6])


def test_g3_a_cancel_ends_the_wait_for_the_turns_of_other_processes_within_a_second(process):
    """G3: sixteen threads that wait for their turn leave the queue at once, and no turn is lost."""
    Clock.fake = None
    process((RateLimit(1, 30.0),)).acquire("/x", NEVER)
    limiter, cancel, ended = process((RateLimit(1, 30.0),)), threading.Event(), []

    def work():
        with pytest.raises(Cancelled):
            limiter.acquire("/x", cancel)
        ended.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    cancel.set()
    for thread in threads:
        thread.join(5)
    assert len(ended) == 16
    assert max(ended) - began < 1


CALLER = """
import sys, threading, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from sqlcrm.sdk import Connector, HeaderKey, RateLimit, Request, Setting
from sqlcrm.transport import Client, Clock, limiter_for
port, folder, calls, per, number, width = sys.argv[2:]
limits = (RateLimit(int(calls), float(per)),)
connector = Connector("fake", "Fake", "{url}", (Setting("url"), Setting("api_key", secret=True)),
                      HeaderKey("Api-Token", "api_key"), limits, (), lambda: iter(()))
client = Client(connection="ac", connector=connector,
                settings={"url": "http://127.0.0.1:" + port, "api_key": "k3y-k3y"},
                limiter=limiter_for("account", limits, Clock(), Path(folder)))
numbers = iter(range(int(number)))
lock = threading.Lock()
def work():
    while True:
        with lock:
            if next(numbers, None) is None:
                return
        assert client.send(Request("GET", "/pages")).response.body == [1]
threads = [threading.Thread(target=work) for _ in range(int(width))]
print("ready", flush=True)
sys.stdin.readline()
for thread in threads: thread.start()
for thread in threads: thread.join()
print(client.calls, flush=True)
"""


@pytest.mark.parametrize(
    ("calls", "per", "pages", "least"),
    [
        pytest.param(20, 1.0, 40, 0.5, id="short"),
        pytest.param(50, 1.0, 300, 0.95, id="50 a second", marks=pytest.mark.slow),
        pytest.param(5, 1.0, 300, 0.95, id="5 a second", marks=pytest.mark.slow),
        pytest.param(100, 10.0, 300, 0.95, id="100 in 10 seconds", marks=pytest.mark.slow),
    ],
)
def test_d3_two_processes_use_the_allowance_of_one_account_in_full(
    server, reply, tmp_path, calls, per, pages, least
):
    """D3: real processes, an API that counts: 95 to 100 % of the rate, at most one 429 a window."""
    from sqlcrm.sandbox.limits import Limiter as Window

    Clock.fake = None
    window, lock = Window(calls, per, REAL), threading.Lock()
    taken, refused = [], []

    def choose(heard):
        time.sleep(0.2)  # the API's latency
        with lock:
            good = window.take()
            (taken if good else refused).append(time.monotonic())
        return reply(200, [1]) if good else reply(429)

    server.choose = choose
    arguments = [sys.path[0], str(server.port), str(tmp_path), calls, per, pages // 2, 16]
    command = [sys.executable, "-c", CALLER, *map(str, arguments)]
    pipe = subprocess.PIPE
    both = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(2)]
    try:
        for one in both:
            assert one.stdout.readline() == "ready\n"
        for one in both:
            one.stdin.write("go\n")
            one.stdin.flush()
        made = sum(int(one.communicate(timeout=300)[0]) for one in both)
    finally:
        for one in both:
            one.kill()
            one.wait(5)
    rate = (len(taken) - 1) / (taken[-1] - taken[0])
    assert made == len(taken) + len(refused)
    assert len(taken) == pages
    assert len(refused) <= pages / 10
    assert rate <= 1.001 * calls / per
    if os.getloadavg()[0] <= (os.cpu_count() or 1):  # else calls arrive late, the API's too
        assert all(later - sooner >= per for sooner, later in pairwise(refused))
        assert least * calls / per <= rate
