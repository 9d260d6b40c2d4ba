import signal
import stat
import subprocess
import sys
import tomllib
import urllib.request
from contextlib import contextmanager

import pytest


@contextmanager
def sandbox(work, environment, *arguments):
    """Start the command and wait for its line; it is killed if the test fails."""
    command = [sys.executable, "-m", "sqlcrm", "sandbox", "activecampaign", "--people", "20"]
    process = subprocess.Popen(
        [*command, *arguments],
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


def ready(process) -> str:
    word, name, url = process.stdout.readline().split()
    assert (word, name) == ("ready", "activecampaign")
    return url


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_and_ends_well(work, environment, bare, stop):
    with sandbox(work, environment, "--limits", "off", "--config-out", "sqlcrm.toml") as process:
        url = ready(process)
        file = work / "sqlcrm.toml"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        written = tomllib.loads(file.read_text())["connections"]["ac"]
        assert written["url"] == url
        assert written["rate_limit"] == "off"
        assert "20" in bare("query", "select count(*) from contacts@ac").stdout  # it is trusted
        process.send_signal(stop)
        out, told = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out == ""
    assert "GET /api/3/contacts" in told
    assert "Traceback" not in told


def test_its_config_is_temporary_unless_asked_for(work, environment):
    with sandbox(work, environment) as process:
        url = ready(process)
        path = process.stderr.readline().removeprefix("connections: ").strip()
        with open(path, "rb") as file:  # noqa: PTH123 - it is the path that was printed
            written = tomllib.load(file)["connections"]["ac"]
        assert written["url"] == url
        assert "rate_limit" not in written
        with urllib.request.urlopen(f"{url}/_sandbox/counters") as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0
    with pytest.raises(FileNotFoundError):
        open(path, "rb")  # noqa: PTH123, SIM115 - it is not there
    assert list(work.iterdir()) == []


def test_it_never_overwrites_what_somebody_wrote(bare, work):
    (work / "mine.toml").write_text("# mine\n")
    ran = bare("sandbox", "activecampaign", "--config-out", "mine.toml", code=2)
    assert "choose another --config-out" in ran.stderr
    assert (work / "mine.toml").read_text() == "# mine\n"


def test_a_fault_that_does_not_exist_is_said(bare):
    ran = bare("sandbox", "activecampaign", "--people", "1", "--faults", "gremlins", code=2)
    assert "gremlins" in ran.stderr
