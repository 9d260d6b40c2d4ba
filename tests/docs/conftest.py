"""The pages and the blocks of code in them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(?P<info>\w[^\n]*)?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the words behind that, its text, the line it begins in."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int


def _blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for fence in _FENCE.finditer(text):
        language, *words = (fence["info"] or "").split() or [""]
        line = text[: fence.start()].count("\n") + 1
        found.append(Block(language, tuple(words), fence["text"], line))
    return found


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def blocks() -> Callable[[Path], list[Block]]:
    return _blocks
