"""Ports, threads, and what is installed."""

import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

import sqlcrm.sandbox
from sqlcrm.errors import ConfigurationError
from sqlcrm.sandbox import Options, Sandbox, available, serve


def _free_pair() -> int:
    """A port that is free together with the next one."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return int(port)


def test_each_crm_has_a_port_of_its_own_counted_up(toy: Sandbox):
    port = _free_pair()
    with serve([toy, toy], Options(people=2, limits="off"), port) as running:
        assert [crm.url for crm in running] == [
            f"http://127.0.0.1:{port}",
            f"http://127.0.0.1:{port + 1}",
        ]
        httpx.post(running[0].url + "/things", content=b"9")
        assert "9" not in httpx.get(running[1].url + "/things").text


def test_settings_point_to_where_it_is_served(toy: Sandbox):
    with serve([toy], Options()) as (running,):
        assert running.settings == {
            "connector": "toy",
            "url": f"{running.url}/api",
            "api_key": "k",
        }
        assert (running.name, running.alias) == ("toy", "t")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has 127.0.0.2 unasked")
def test_only_loopback_is_listened_on(toy: Sandbox):
    with serve([toy], Options()) as (running,):
        port = int(running.url.rpartition(":")[2])
        with socket.socket() as other:  # another loopback address is free: not bound to all
            other.bind(("127.0.0.2", port))


def test_port_in_use_is_a_configuration_error_that_says_so(toy: Sandbox):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        message = rf"Port {port} .* choose another port"
        with pytest.raises(ConfigurationError, match=message), serve([toy], Options(), port):
            pass


def test_impossible_port_is_a_configuration_error(toy: Sandbox):
    with pytest.raises(ConfigurationError, match="Port 70000"), serve([toy], Options(), 70000):
        pass


def test_nothing_is_left_after_serving(toy: Sandbox):
    before = set(threading.enumerate())
    with serve([toy, toy], Options()) as running:
        assert httpx.get(running[0].url + "/things").status_code == 200
    assert set(threading.enumerate()) == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(running[0].url + "/things")


def test_port_can_be_served_again_at_once(toy: Sandbox):
    with serve([toy], Options()) as (running,):
        httpx.get(running.url + "/things")
    port = int(running.url.rpartition(":")[2])
    with serve([toy], Options(), port) as (again,):
        assert httpx.get(again.url + "/things").status_code == 200


def test_each_call_is_shown_as_one_line(toy: Sandbox):
    lines: list[str] = []
    with serve([toy], Options(), log=lines.append) as (running,):
        httpx.post(running.url + "/things", content=b"9")
        httpx.get(running.url + "/things?page=2")
        httpx.get(running.url + "/_sandbox/counters")
    assert len(lines) == 2
    assert re.fullmatch(r"\d\d:\d\d:\d\d POST /things 201 \d+ ms", lines[0])
    assert re.fullmatch(r"\d\d:\d\d:\d\d GET /things\?page=2 200 \d+ ms", lines[1])


def test_body_over_ten_megabytes_is_refused(http: httpx.Client):
    assert http.post("/things", content=b"x" * 10_000_001).status_code == 413
    assert http.post("/things", content=b"x" * 10_000_000).status_code == 201


def test_connection_is_kept_for_the_next_call(http: httpx.Client):
    streams = set()
    for _ in range(3):
        stream = http.get("/things").extensions["network_stream"]
        streams.add(stream.get_extra_info("client_addr"))
    assert len(streams) == 1


def test_installed_sandboxes_are_found_by_entry_point(tmp_path: Path, monkeypatch):
    (tmp_path / "extra_sandbox.py").write_text(
        "from sqlcrm.sandbox import Sandbox\n"
        "sandbox = Sandbox('extra', 'x', None, {'url': '{url}'})\n"
    )
    info = tmp_path / "extra_sandbox-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: extra-sandbox\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[sqlcrm.sandboxes]\nextra = extra_sandbox:sandbox\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert available()["extra"].alias == "x"


def test_importing_the_kit_does_not_load_the_server():
    code = "import sys, sqlcrm.sandbox; print('uvicorn' in sys.modules, 'starlette' in sys.modules)"
    paths = str(Path(sqlcrm.sandbox.__file__).parents[2])
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=paths
    )
    assert run.stdout.split() == ["False", "False"]


def test_kit_has_no_names_besides_its_own():
    with pytest.raises(AttributeError, match="nothing"):
        _ = sqlcrm.sandbox.nothing
