"""Lets tests import tests/fakes, and gives them a journal of their own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sqlcrm.state.journal import Journal

sys.path.insert(0, str(Path(__file__).parents[1]))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "state", version="1.2.3") as journal:
        yield journal
