"""Nobody is subscribed again without a word that says so: the only place that decides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlcrm.sdk import Consent, Table
from sqlcrm.state.values import Operation
from sqlcrm.writing.rows import Row

Before = Mapping[str, Any]


def guarded(
    consent: Consent | None,
    row: Row,
    values: dict[str, Any],
    before: Before | None,
    allow: bool | None,
) -> str:
    """Take a raised subscription out of the values unless it is meant; return what was kept.

    before: the row as it is, None for a new one: that one gets the safe value, where somebody
    remembered that the person opted out (`row.opted_out`). allow: the connection's
    `allow_resubscribe`; False refuses even an opt-in. NULL is no status: what an API makes of none
    may be its default, so nothing is sent then. Who gets an address for the first time is as new
    as a row that is inserted.
    """
    if consent is None:
        return ""
    gained = gains_person(consent, values, before)
    if before is not None and not gained and values.get(consent.column, "") is None:
        del values[consent.column]
        return f"{consent.column} stays {before.get(consent.column)}: NULL is no status"
    defaulted = gained and safe_default(consent, values)
    if not raises(consent, values, None if gained else before, opted_out=row.opted_out):
        new = f"{consent.column} is {consent.safe}: the {consent.person} is new, and the row gives"
        return f"{new} none" if defaulted else ""
    if row.opt_in and allow is not False:
        return ""
    why = "allow_resubscribe is false" if row.opt_in else "that needs WITH OPT IN"
    what = f"this would subscribe a person again, and {why}"
    if before is None or gained:
        values[consent.column] = consent.safe
        if row.opted_out is None:
            hidden = "the API does not show whether the person opted out before"
            what = f"this might subscribe one again, and {why}"
            return f"{consent.column} is {consent.safe}: {hidden}; {what}"
        return f"{consent.column} is {consent.safe}: the person opted out before; {what}"
    del values[consent.column]
    return f"{consent.column} stays {before.get(consent.column)}: {what}"


def raises(
    consent: Consent, values: Before, before: Before | None, *, opted_out: Any = None
) -> bool:
    """Whether a person is subscribed by these values who had said, or might have said, no."""
    if values.get(consent.column) not in consent.subscribed:
        return False
    if before is None:
        return consent.unseen or opted_out is not None
    return before.get(consent.column) not in consent.subscribed


def gains_person(consent: Consent | None, values: Before, before: Before | None) -> bool:
    """Whether a row that exists, and named nobody for good, is given an address.

    To an API that is a new subscriber, with whatever status it gives those by default.
    """
    if consent is None or before is None or not isinstance(consent.person, str):
        return False
    name = consent.person
    return bool(name and name in before and before[name] is None and values.get(name))


def safe_default(consent: Consent | None, values: dict[str, Any]) -> bool:
    """Give a new row without a status the one that subscribes nobody; say whether it had none."""
    if consent is None or values.get(consent.column) is not None:
        return False
    values[consent.column] = consent.safe
    return True


def deliberate_rows(table: Table, operations: Sequence[Operation]) -> list[Operation]:
    """Return the operations that raise a subscription on purpose."""
    consent = table.consent
    return [
        one
        for one in operations
        if consent is not None
        and one.before is not None
        and raises(consent, one.values, one.before)
    ]


def deliberate(table: Table, operation: Operation) -> Mapping[str, Any]:
    """Return the body values that go with a subscription raised on purpose.

    The plan has let it pass, so it is meant: all that is left to see is that it raises.
    """
    consent = table.consent
    if consent is None or operation.before is None:
        return {}
    return consent.opted_in if raises(consent, operation.values, operation.before) else {}
