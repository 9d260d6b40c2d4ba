"""What the facts leave open, as switches: a behaviour chosen here, the others on request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CHOICES: Mapping[str, tuple[object, ...]] = {
    "wrapping": ("live", "docs"),
    "remove_tags": ("works", "500"),
    "date_repeat": ("replaces", "accumulates"),
    "note_type": ("notes", "note"),
    "denied_status": (401, 403),
    "new_email_status": ("", "subscribed", "unsubscribed", "bad", "do_not_contact"),
}


@dataclass(frozen=True, slots=True)
class Switches:
    """How this Action Builder decides where documentation and clients disagree or are silent.

    `wrapping`: "live" answers a written person bare, "docs" wraps it as `{"person": …}`.
    `remove_tags`: "works", or "500": the rest of the call is applied, then it fails.
    `duplicate_values`: whether the same value given twice to a field that takes several is two
    taggings.
    `date_repeat`: whether a second date of a campaign's own field "replaces" or "accumulates".
    `note_type`: how a tag names the type of its field, if that is for notes.
    `tagging_create`: whether `POST …/people/{id}/taggings` works; the documentation says no.
    `put_names`: whether PUT changes names; else it leaves them as they are.
    `plural_identifiers`: whether `identifiers eq` is a filter too, besides `identifier eq`.
    `name_filters`: whether the documented filters by name work; the live API refuses them.
    `empty_embedded`: whether a list that is empty has an (empty) `_embedded` nevertheless.
    `new_email_status`: the status of a new e-mail address that is sent without one, "" for none.
    `denied_status`: the status for a key that is not known.
    `lag`: seconds for which lists and filters do not see a change; a row by its id is always new.
    `lock_out`: seconds for which everything is refused after one call too many; about 62 have been
    seen. 0 for none: then the next second is as good as new.
    `retry_after`: what the header of a 429 says where nothing is locked.
    """

    wrapping: str = "live"
    remove_tags: str = "works"
    duplicate_values: bool = True
    date_repeat: str = "replaces"
    note_type: str = "notes"
    tagging_create: bool = False
    put_names: bool = True
    plural_identifiers: bool = False
    name_filters: bool = False
    empty_embedded: bool = False
    new_email_status: str = ""
    denied_status: int = 401
    lag: float = 0.0
    lock_out: int = 0
    retry_after: int = 1

    def __post_init__(self) -> None:
        """Refuse what is no behaviour. Raises: ValueError."""
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                message = f"The setting {name!r} is one of {', '.join(map(repr, choices))}."
                raise ValueError(message)
        for name in ("lag", "lock_out", "retry_after"):
            if getattr(self, name) < 0:
                message = f"The setting {name!r} is 0 or more."
                raise ValueError(message)
