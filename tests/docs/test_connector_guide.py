"""The connector that docs/writing-a-connector.md walks through is complete and sound."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Blocks = Callable[[Path], list[Any]]


@pytest.fixture
def written(root: Path, tmp_path: Path, blocks: Blocks) -> Path:
    """Write the page's files, and what pip would make of its pyproject.toml."""
    for block in blocks(root / "docs" / "writing-a-connector.md"):
        for word in block.words:
            path = tmp_path / word.removeprefix("file=")
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = tmp_path / "sqlcrm_fab-0.1.dist-info"
    metadata.mkdir()
    name, version = project["name"], project["version"]
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    points = [
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (metadata / "entry_points.txt").write_text("\n".join(points))
    return tmp_path


def _python(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "MYPYPATH": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_passes_the_conformance_tests(written: Path) -> None:
    done = _python("pytest", "-q", "-W", "error", "test_fab.py", folder=written)
    assert done.returncode == 0, done.stdout


def test_it_type_checks(written: Path) -> None:
    options = ("--strict", "--config-file=", "--follow-imports=silent", "--explicit-package-bases")
    done = _python("mypy", *options, "sqlcrm_fab", folder=written)
    assert done.returncode == 0, done.stdout


def test_its_sandbox_is_served_by_the_command(written: Path) -> None:
    code = "from sqlcrm.sandbox import available; print(*available())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(written)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "fab" in done.stdout.split()
