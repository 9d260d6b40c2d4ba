import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from sqlcrm.sandbox import Options, available, serve
from sqlcrm.session.schedule import Schedule


@contextmanager
def repeating(work, environment, *arguments):
    process = subprocess.Popen(
        [sys.executable, "-m", "sqlcrm", *arguments],
        cwd=work,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def lines(process, wanted):
    """Return what is told until so many runs have ended."""
    found = []
    for line in process.stderr:
        found.append(line)
        if sum("; next at " in one for one in found) == wanted:
            break
    return "".join(found)


@pytest.fixture
def script(work):
    path = work / "count.sql"
    path.write_text("SELECT count(*) AS n FROM tags@ac;")
    return path


def test_a_script_is_repeated_until_sigterm_with_a_line_for_each_run(
    work, environment, write_config, script
):
    with serve([available()["activecampaign"]], Options(people=20, limits="off")) as running:
        config = write_config(work / "c.toml", running[0].url, "sandbox-key")
        arguments = ("--config", str(config), "run", str(script), "--every", "1s")
        with repeating(work, environment, *arguments) as process:
            told = lines(process, 2)
            process.send_signal(signal.SIGTERM)
            out, rest = process.communicate(timeout=20)
    pattern = r"^\d{4}-\d\d-\d\dT[\d:]{8}Z count\.sql: exit 0 after [\d.]+ s; next at [\d:]{8}Z$"
    assert len(re.findall(pattern, told, re.MULTILINE)) == 2
    assert process.returncode == 130
    assert "nothing is left to resume" in rest
    assert out.count("|   n |") >= 2


def test_what_is_wrong_from_the_start_ends_it_and_a_later_failure_does_not(
    work, environment, write_config, script
):
    with serve([available()["activecampaign"]], Options(people=20, limits="off")) as running:
        wrong = write_config(work / "w.toml", running[0].url, "wrong-key")
        arguments = ("--config", str(wrong), "run", str(script), "--every", "1h")
        with repeating(work, environment, *arguments) as process:
            assert process.wait(20) == 2
        config = write_config(work / "c.toml", running[0].url, "sandbox-key")
        arguments = ("--config", str(config), "run", str(script), "--every", "1s")
        with repeating(work, environment, *arguments) as process:
            assert "exit 0" in lines(process, 1)
            script.write_text("SELECT nonsense FROM tags@ac;")
            told = lines(process, 2)
            assert "exit 1" in told
            assert "no column 'nonsense'" in told


def test_two_processes_do_not_repeat_the_same_script(work, environment, script):
    script.write_text("SELECT 1;")
    with repeating(work, environment, "run", str(script), "--every", "1h") as first:
        lines(first, 1)
        with repeating(work, environment, "run", str(script), "--every", "1h") as second:
            _, told = second.communicate(timeout=20)
            assert second.returncode == 3
        assert f"is repeated by process {first.pid} already" in told


@pytest.mark.parametrize("more", [["--yes"], ["--plan"]])
def test_every_refuses_what_needs_somebody_to_look(bare, script, more):
    done = bare("run", str(script), "--every", "1h", *more, code=2)
    assert "without --plan and --yes" in done.stderr


def test_the_next_run_begins_on_time_and_sooner_where_the_api_was_not_reached():
    schedule = Schedule(3600.0)
    assert 3540 <= schedule.pause(0, 60.0) <= 3540 + 180
    assert 0 <= schedule.pause(0, 5000.0) <= 180
    pauses = [schedule.pause(3, 1.0) for _ in range(8)]
    for wanted, pause in zip([60, 120, 240, 480, 960, 1920, 3600, 3600], pauses, strict=True):
        assert wanted <= pause <= wanted + 180
    assert schedule.pause(0, 0.0) >= 3600
