"""Values on the wire: pushed conditions never find too few rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from sqlcrm_activecampaign import wire


def test_times_are_sent_with_their_offset() -> None:
    central = timezone(timedelta(hours=-6))
    moment = datetime(2026, 1, 1, 0, 0, 0, 900_000, tzinfo=central)
    assert wire.moment(moment) == "2026-01-01T06:00:00+00:00"
    assert wire.moment(datetime(2026, 1, 1)) is None  # noqa: DTZ001 - that is the point
    assert wire.moment("2026-01-01") is None
    assert wire.moment(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize("value", ["", "  ", "a\\b", None, 5])
def test_texts_that_the_api_could_misread_are_not_pushed(value: Any) -> None:
    assert wire.needle(value) is None


def test_texts_are_pushed_as_they_are() -> None:
    assert wire.needle("ana+news@example.org") == "ana+news@example.org"
    assert wire.needle("50%_off") == "50%_off"


@pytest.mark.parametrize(
    ("value", "above", "from_", "below", "up_to"),
    [
        (5, "5", "4", "5", "6"),
        (5.5, "5", "5", "6", "6"),
        (Decimal("5.5"), "5", "5", "6", "6"),
        (-1, "-1", "-2", "-1", "0"),
    ],
)
def test_borders_of_ids_keep_every_id_within(
    value: Any, above: str, from_: str, below: str, up_to: str
) -> None:
    assert wire.above(value) == above
    assert wire.from_(value) == from_
    assert wire.below(value) == below
    assert wire.up_to(value) == up_to


@pytest.mark.parametrize("value", [None, True, "5", float("nan"), float("inf"), object()])
def test_what_is_no_number_is_not_pushed_as_a_border(value: Any) -> None:
    assert wire.above(value) is None
    assert wire.from_(value) is None
    assert wire.below(value) is None
    assert wire.up_to(value) is None


@pytest.mark.parametrize(
    ("value", "sent"), [(7, "7"), (True, None), ("7", None), (7.0, None)], ids=repr
)
def test_codes_are_pushed_when_they_are_whole_numbers(value: Any, sent: str | None) -> None:
    assert wire.whole(value) == sent


@pytest.mark.parametrize(
    ("sent", "read"),
    [("||a||b||", ["a", "b"]), ("||a||", ["a"]), ("a", ["a"]), ("||||", []), (["a"], ["a"])],
)
def test_choices_are_read_from_between_bars(sent: Any, read: list[str]) -> None:
    assert wire.choices_from(sent) == read


def test_choices_are_written_between_bars() -> None:
    assert wire.choices_to(["a", "b"]) == "||a||b||"
    assert wire.choices_to([]) == wire.choices_to(None) == ""
    with pytest.raises(ValueError, match="cannot contain"):
        wire.choices_to(["a||b"])
