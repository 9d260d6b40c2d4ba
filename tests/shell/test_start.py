"""What starts fast must not import what is slow."""

import json
import subprocess
import sys

import sqlcrm

ASK = """
import json, sys
from sqlcrm.shell.commands import main
try:
    main({arguments!r})
except SystemExit as end:
    print(json.dumps(sorted(name for name in {names!r} if name in sys.modules)))
    sys.exit(end.code)
"""
HEAVY = ["duckdb", "httpx", "prompt_toolkit", "pyarrow", "sqlglot", "starlette", "tabulate"]


def loaded(environment, *arguments: str) -> list[str]:
    code = ASK.format(arguments=list(arguments), names=HEAVY)
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(ran.stdout.splitlines()[-1])


def test_help_and_version_import_nothing_heavy(environment):
    assert loaded(environment, "--version") == []
    assert loaded(environment, "--help") == []
    assert loaded(environment, "query", "--help") == []


def test_a_local_query_imports_neither_arrow_nor_http(environment):
    found = loaded(environment, "query", "select 1")
    assert found == ["duckdb", "sqlglot", "tabulate"]


def test_the_version_is_the_packages_own(bare):
    assert bare("--version").stdout == f"sqlcrm {sqlcrm.__version__}\n"


def test_help_names_every_command(bare):
    text = bare("--help").stdout
    for name in ("connections", "demo", "query", "run", "runs", "sandbox", "tables", "trust"):
        assert f"\n  {name} " in text
