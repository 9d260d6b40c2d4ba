"""Every answer of docs/what-happens-when.md is held by tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "what-happens-when.md"
NAMED = re.compile(r"^- `((?:tests|sqlcrm)/[\w/]+\.py)::(\w+)`(?: \(.+\))?$", re.MULTILINE)
CHECKS = re.compile(r"\(checks (.+)\)$", re.MULTILINE)


@cache
def _tests(path: Path) -> frozenset[str]:
    """Return the names of the tests in a file, those in classes included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))
    return frozenset(one.name for one in functions if one.name.startswith("test_"))


def _answers() -> list[tuple[str, str]]:
    parts = re.split(r"^### (.+)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize(("title", "text"), [pytest.param(*one, id=one[0]) for one in _answers()])
def test_the_tests_that_hold_an_answer_exist(title: str, text: str) -> None:
    found = NAMED.findall(text)
    assert found, f"no test holds {title!r}"
    assert len(found) == text.count("::"), "each stands in a line of its own"
    for path, name in found:
        assert (ROOT / path).is_file(), path
        assert name in _tests(ROOT / path), f"{path}::{name}"


def test_the_checks_of_the_conformance_kit_that_are_named_exist() -> None:
    from sqlcrm.conformance.consent import CHECKS as KNOWN

    named = [word for found in CHECKS.findall(PAGE.read_text()) for word in found.split(", ")]
    known = {check.__name__ for check in KNOWN.values() if hasattr(check, "__name__")}
    known |= {re.split(r"\W", name)[0] for name in KNOWN}
    assert named
    assert [word for word in named if word.strip("`") not in known] == []


def test_the_answers_are_short() -> None:
    for title, text in _answers():
        told = re.split(r"^(?:- `|## )", text, maxsplit=1, flags=re.MULTILINE)[0]
        sentences = re.findall(r"[.:](?=\s)", told)
        assert 1 <= len(sentences) <= 7, title
