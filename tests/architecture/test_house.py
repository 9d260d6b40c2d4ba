"""The house as its folder list promises it: sizes, docstrings, public names."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("sqlcrm", "connectors")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
MOST_LINES = 330
MOST_FUNCTION_LINES = 60


def _functions(tree):
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_a_module_holds_one_idea():
    sizes = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in SOURCES}
    assert {name: n for name, n in sizes.items() if n > MOST_LINES} == {}


def test_a_function_fits_one_look():
    long = []
    for path in SOURCES:
        for node in _functions(ast.parse(path.read_text())):
            size = (node.end_lineno or 0) - node.lineno + 1
            if size > MOST_FUNCTION_LINES:
                long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} ({size})")
    assert long == []


@pytest.mark.parametrize("name", ["sqlcrm", "sqlcrm.sdk"])
def test_public_names_exist_and_are_sorted(name):
    module = importlib.import_module(name)
    assert sorted(module.__all__) == list(module.__all__)
    assert [missing for missing in module.__all__ if not hasattr(module, missing)] == []


def test_the_import_contracts_hold():
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_file_names_a_machine_or_a_folder_beside_the_project():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    beside = ("../" + "shared", str(ROOT.parent) + "/")
    guilty = []
    for name in tracked:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".sql", ".yaml", ".json", ""} and path.is_file():
            text = path.read_text(errors="ignore")
            guilty += [name for part in beside if part in text]
    assert guilty == []
