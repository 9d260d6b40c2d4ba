import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from itertools import count

import pytest

from sqlcrm.sandbox import Options, available, serve

WRITE = (
    "insert into contact_tags@ac (contact, tag) "
    "select id, (select max(id) from tags@ac) from contacts@ac where id <= 90; select 1"
)


LEFT = "SELECT * FROM operations@sqlcrm(run => 1) WHERE state <> 'done'"


@contextmanager
def started(arguments, work, environment, **pipes):
    process = subprocess.Popen(
        [sys.executable, "-m", "sqlcrm", *arguments], cwd=work, env=environment, **pipes
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_write_stops_in_order_says_how_to_resume_and_is_resumed(
    work, environment, bare, write_config, stop
):
    posts, under_way = count(1), threading.Event()

    def log(call: str) -> None:
        if " POST " in call and next(posts) == 3:
            under_way.set()

    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    options = Options(people=100, limits="off", latency_ms=30)
    with serve([available()["activecampaign"]], options, log=log) as running:
        config = write_config(work / "c.toml", running[0].url, "sandbox-key")
        arguments = ["--config", str(config), "query", WRITE]
        with started(arguments, work, environment, **pipes) as process:
            assert under_way.wait(20)
            process.send_signal(stop)
            out, told = process.communicate(timeout=20)
        assert process.returncode == 130
        assert out == ""
        assert told == "error: interrupted: run 1 was stopped; sqlcrm resume 1 finishes it\n"
        planned = bare("--config", str(config), "query", LEFT, "--format", "jsonl")
        assert 0 < planned.stdout.count("\n") < 90
        resumed = bare("--config", str(config), "resume")
        assert resumed.returncode == 0
        assert "run 1: resumed" in resumed.stderr
        assert bare("--config", str(config), "query", LEFT, "--format", "jsonl").stdout == ""


def test_a_local_statement_stops_too(work, environment):
    text = "select 'begun' as a; select count(*) from range(1000000000000) t(i) where i % 7 = 3"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with started(["query", text, "--format", "jsonl"], work, environment, **pipes) as process:
        assert "begun" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert told == "error: interrupted; nothing was written\n"


def test_a_reader_who_goes_away_is_no_error(work, environment):
    ours, theirs = os.pipe()
    text = "select i from range(30000) t(i); select 5"
    with started(
        ["query", text], work, environment, stdout=theirs, stderr=subprocess.PIPE
    ) as process:
        os.close(theirs)
        os.read(ours, 100)
        os.close(ours)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"error" not in told


def test_a_full_disk_is_an_error(work, environment):
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        ran = subprocess.run(
            [sys.executable, "-m", "sqlcrm", "query", "select 1"],
            cwd=work,
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=30,
            check=False,
        )
    assert ran.returncode == 1
    assert ran.stderr == b"error: the standard output cannot be written (No space left on device)\n"
