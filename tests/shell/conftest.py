"""The installed command as a process of its own, against a local CRM over real HTTP."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sqlcrm.sandbox import Options, Running, available, serve

SECRET = "sandbox-key"
COMMAND = (sys.executable, "-m", "sqlcrm")

Ran = subprocess.CompletedProcess[str]
Command = Callable[..., Ran]


@pytest.fixture(scope="module")
def crm() -> Iterator[Running]:
    with serve([available()["activecampaign"]], Options(people=300, limits="off")) as running:
        yield running[0]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment whose state and home are a test's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SQLCRM")}
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    return {
        **kept,
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": str(tmp_path / "home/config"),
        "SQLCRM_STATE": str(tmp_path / "state"),
    }


@pytest.fixture
def work(tmp_path: Path, environment: dict[str, str]) -> Path:
    """The working folder of the command."""
    return tmp_path / "work"


@pytest.fixture
def config(tmp_path: Path, crm: Running) -> Path:
    """A connections file that leads to the local CRM."""
    return written(tmp_path / "connections.toml", crm.url, SECRET)


@pytest.fixture
def write_config() -> Callable[[Path, str, str], Path]:
    return written


def written(path: Path, url: str, key: str) -> Path:
    path.write_text(
        f'[connections.ac]\nconnector = "activecampaign"\nurl = "{url}"\n'
        f'api_key = "{key}"\nrate_limit = "off"\n'
    )
    path.chmod(0o600)
    return path


@pytest.fixture
def bare(work: Path, environment: dict[str, str]) -> Command:
    """Run the command without a connections file; it never shows a traceback or the secret."""

    def run(*arguments: str, code: int = 0, stdin: str = "", **more: str) -> Ran:
        ran = subprocess.run(
            [*COMMAND, *arguments],
            cwd=work,
            env=environment | more,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == code, ran.stderr
        assert "Traceback" not in ran.stderr
        assert SECRET not in ran.stdout + ran.stderr
        return ran

    return run


@pytest.fixture
def sqlcrm(bare: Command, config: Path) -> Command:
    """Run the command with the local CRM as @ac."""

    def run(*arguments: str, **options: object) -> Ran:
        return bare("--config", str(config), *arguments, **options)

    return run
