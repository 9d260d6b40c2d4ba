"""Giving and taking answers by section, field and value, as both helpers do.

Whatever does not fit is left out without a word: a section, field or value that is not there, or is
not active in this campaign.
"""

from __future__ import annotations

import math
from datetime import date

from sqlcrm_action_builder.sandbox.answers import Item
from sqlcrm_action_builder.sandbox.campaigns import Field, Tag
from sqlcrm_action_builder.sandbox.network import View
from sqlcrm_action_builder.sandbox.wire import Row, word

_LARGE = 1e15


def value_name(sent: Row) -> str:
    """The value that was sent: documented as `name`, some clients say `action_builder:name`."""
    return word(sent.get("name")) or word(sent.get("action_builder:name"))


def field_of(view: View, sent: Row) -> Field | None:
    """The field that was meant, if it is in this campaign."""
    key = (word(sent.get("action_builder:section")), word(sent.get("action_builder:field")))
    field = view.network.office.fields.get(key)
    return field if field is not None and field.within(view.number) else None


def add(view: View, item: Item, sent: Row) -> bool:
    """Give an answer. False where nothing was stored, which the API does not tell."""
    field = field_of(view, sent)
    if field is None or (field.universal and not isinstance(item, int)):
        return False
    fits, response = _response(field, sent)
    tag = _tag(view, field, sent) if fits else None
    if tag is None:
        return False
    scope, now, answers = field.scope(view.number), view.network.now(), view.network.answers
    there = [one for one in answers.of(scope, item) if one.tag.field is field]
    same = [one for one in there if one.tag is tag]
    plain = field.plan.type in {"standard", "address", "shift"}
    if plain and same and not (field.plan.several and view.network.switches.duplicate_values):
        return False
    if plain and field.universal and field.plan.several and same:
        return False
    if _replaces(view, field):
        old = there if plain else same
        if [(one.tag, one.response) for one in old] == [(tag, response)]:
            return False
        answers.remove(scope, item, old)
    answers.add(scope, item, tag, response, now)
    return True


def _replaces(view: View, field: Field) -> bool:
    """Whether a new answer takes the place of what is there.

    Unsure for plain answers to a field that takes one, and for dates; see `Switches.date_repeat`.
    Notes always append, and so do other values of a field that takes several, universal or not.
    """
    match field.plan.type:
        case "note":
            return False
        case "number":
            return field.universal
        case "date":
            return field.universal or view.network.switches.date_repeat == "replaces"
        case _:
            return not field.plan.several


def _tag(view: View, field: Field, sent: Row) -> Tag | None:
    """The value that was meant, made or activated where that was asked for."""
    name = value_name(sent)
    tag = field.named(name)
    if tag is not None and tag.active(view.number):
        return tag
    if not name or sent.get("action_builder:create_tag") is not True:
        return None
    return view.network.office.create(field, name, view.number, view.network.now())


def _response(field: Field, sent: Row) -> tuple[bool, str | float | None]:
    """(whether it fits the field, the number, date or text that was sent)."""
    value = sent.get(f"action_builder:{field.plan.type}_response")
    match field.plan.type:
        case "number":
            number = _number(value)
            return number is not None, number
        case "date":
            return _is_date(value), str(value)[:10]
        case "note":
            return bool(word(value)), word(value)
        case _:
            return True, None


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    if not math.isfinite(number) or abs(number) > _LARGE:
        return None
    return int(number) if number.is_integer() else number


def _is_date(value: object) -> bool:
    try:
        date.fromisoformat(word(value)[:10])
    except ValueError:
        return False
    return True


def remove(view: View, item: Item, sent: Row) -> bool:
    """Take an answer away. False where nothing was, and for universal fields, where nothing can."""
    field = field_of(view, sent)
    if field is None or field.universal:
        return False
    answers, scope = view.network.answers, view.number
    gone = [
        one
        for one in answers.of(scope, item)
        if one.tag.field is field and one.tag.name == value_name(sent) and one.tag.active(scope)
    ]
    if gone:
        answers.remove(scope, item, gone)
    return bool(gone)
