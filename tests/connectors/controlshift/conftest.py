"""A driver of flows, on answers in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from sqlcrm.sdk import Flow, Request, Response


@pytest.fixture
def drive() -> Callable[[Flow[Any], Iterable[Response]], tuple[Any, list[Request]]]:
    """Run a flow on answers, all of which it must want; return what it gave, and asked."""

    def run(flow: Flow[Any], answers: Iterable[Response]) -> tuple[Any, list[Request]]:
        asked = [next(flow)]
        waiting = iter(answers)
        while True:
            try:
                asked.append(flow.send(next(waiting)))
            except StopIteration as end:
                assert next(waiting, None) is None, "the flow ended early"
                return end.value, asked

    return run
