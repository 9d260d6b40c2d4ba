"""The code in the pages runs, on a sandbox, from the top of a page to its end."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sqlcrm
from sqlcrm.sandbox import Options, Running, available, serve
from sqlcrm.transport import testing
from sqlcrm_activecampaign.sandbox import sandbox

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TABLES = [
    pytest.param(page, id=f"{page.parent.name}-{page.stem}")
    for page in sorted((ROOT / "docs" / "tables").glob("*/*.md"))
]
Blocks = Callable[[Path], list[Any]]


def _with(language: str) -> list[Any]:
    fence = re.compile(rf"^```{language}\b(?! (no-run|file=))", re.MULTILINE)
    return [
        pytest.param(page, id=page.stem)
        for page in PAGES
        if fence.search(page.read_text(encoding="utf-8"))
    ]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serve([sandbox], Options(limits="off")) as found:
        yield found[0]


@pytest.fixture(scope="module")
def others() -> Iterator[dict[str, Any]]:
    """The settings of all other CRMs, by alias; the pages of their tables need few people."""
    more = [one for name, one in available().items() if name != sandbox.name]
    with serve(more, Options(people=300, limits="off")) as found:
        yield {one.alias: {**one.settings, "rate_limit": "off"} for one in found}


@pytest.fixture
def db(
    running: Running, others: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[sqlcrm.Connection]:
    monkeypatch.chdir(ROOT)
    settings = {**running.settings, "rate_limit": "off"}
    with sqlcrm.connect(ac=settings, **others, state=tmp_path, yes=True) as connection:
        yield connection


def _run(db: sqlcrm.Connection, text: str) -> None:
    for report in db.execute(text).reports:
        assert "unknown" not in report.counts, report.lines()


@pytest.mark.parametrize("page", _with("sql"))
def test_sql_in_a_page_runs(page: Path, blocks: Blocks, db: sqlcrm.Connection) -> None:
    for block in blocks(page):
        if block.language != "sql" or "no-run" in block.words:
            continue
        if "fails" in block.words:
            with pytest.raises(sqlcrm.Error):
                db.execute(block.text)
            continue
        _run(db, block.text)


@pytest.mark.parametrize("page", TABLES)
def test_the_example_of_a_table_runs(page: Path, blocks: Blocks, db: sqlcrm.Connection) -> None:
    for block in blocks(page):
        _run(db, block.text)


@pytest.mark.parametrize("page", _with("python"))
def test_python_in_a_page_runs(
    page: Path, blocks: Blocks, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AC_URL", running.url)
    monkeypatch.setenv("AC_KEY", str(running.settings["api_key"]))
    names: dict[str, Any] = {}
    with testing():
        for block in blocks(page):
            runs = not any(word == "no-run" or word.startswith("file=") for word in block.words)
            if block.language == "python" and runs:
                code = "\n" * block.line + block.text
                exec(compile(code, str(page), "exec"), names)  # noqa: S102 - our own pages
