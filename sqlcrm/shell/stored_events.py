"""`sqlcrm events`: looks after the events that are stored."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlcrm.session import events
from sqlcrm.session.opening import open_session
from sqlcrm.shell.narration import Narrator
from sqlcrm.shell.output import Output, chosen_style
from sqlcrm.shell.running import Order, Runner

_LEFT = """
SELECT * FROM (
    SELECT event_position AS event, connection, type, person, state, attempts, received_at,
        retry_at, error
    FROM events@sqlcrm WHERE state IN ('pending', 'dead')
    ORDER BY event_position DESC LIMIT {number}
) ORDER BY event
"""


def list_events(config: Path | None, number: int, format_: str) -> int:
    """Print the latest events that are not done."""
    style = chosen_style(format_, None, raw=False)
    with closing(open_session(config)) as session, Output(style) as output:
        order = Order(_LEFT.format(number=number))
        return Runner(session, output, Narrator()).script(order)


def retry_events(config: Path | None, positions: Sequence[int] | None) -> int:
    """Let dead events be run again."""
    with closing(open_session(config)) as session:
        count = events.retry(session, positions)
    Narrator().say(f"pending again: {count:,}")
    return 0


def drop_events(config: Path | None, positions: Sequence[int]) -> int:
    """Give up events."""
    with closing(open_session(config)) as session:
        count = events.drop(session, positions)
    Narrator().say(f"dropped: {count:,}")
    return 0
