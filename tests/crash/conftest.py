"""A served CRM and a fork server, for all tests of crashes."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import Crm, Nursery, nursery, served


@pytest.fixture(scope="session")
def children() -> Iterator[Nursery]:
    with nursery() as found:
        yield found


@pytest.fixture(scope="session")
def crm() -> Iterator[Crm]:
    with served() as found:
        yield found
