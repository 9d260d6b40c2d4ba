"""Sessions over the small CRM of tests/fakes."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # so that `fakes` can be imported

if TYPE_CHECKING:
    from fakes.session import FakeSession


@pytest.fixture
def session() -> "Iterator[FakeSession]":
    from fakes.session import FakeSession

    session = FakeSession()
    yield session
    session.close()
