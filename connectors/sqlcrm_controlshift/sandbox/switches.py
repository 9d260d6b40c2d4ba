"""What the documentation leaves open or customers set differently, each to be switched."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

_CHOICES = {
    "compression": ("none", "bzip2"),
    "csv_booleans": ("t/f", "true/false"),
    "region": ("us", "eu"),
}
_FIELDS = ("postcode", "phone_number", "country", "eu_data_processing_consent")
REQUIRABLE = (*_FIELDS, "consent_content_version_external_id")


@dataclass(slots=True)
class Switches:
    """The switches, and how they are set at the start.

    `page_size`: rows of a REST page; the documentation names none.
    `double_opt_in`: new signatures are unconfirmed until the person confirms.
    `deferred_opt_in`: the question for an opt-in comes with the confirmation e-mail, so that
    `join_organisation` need not be sent and is null until then.
    `required`: what else a signature has to have, of REQUIRABLE, with commas.
    `created_status`: of a POST that creates.
    `deletion_seconds`: how long a petition stays after its deletion was scheduled.
    `compression`, `csv_booleans`, `region`: of bulk files.
    `data_processing_consent`: whether members show their consent.
    `duplicate_messages`: every webhook is sent twice, with the same `jid`.
    `updated_first`: a new signature or attendee is changed at once, and `updated` is sent before
    `created`, which tells of it as it was before.
    """

    page_size: int = 25
    double_opt_in: bool = True
    deferred_opt_in: bool = False
    required: str = ""
    created_status: int = 200
    deletion_seconds: float = 60.0
    compression: str = "none"
    csv_booleans: str = "t/f"
    region: str = "us"
    data_processing_consent: bool = False
    duplicate_messages: bool = False
    updated_first: bool = False

    def shown(self) -> dict[str, object]:
        """All of them."""
        return asdict(self)

    def set(self, name: str, value: Any) -> None:
        """Set one whose type is right. Raises: ValueError."""
        choices = _CHOICES.get(name)
        if choices and value not in choices:
            message = f"{name} is one of {', '.join(choices)}."
            raise ValueError(message)
        if name == "page_size" and not 1 <= value <= 1000:
            message = "page_size is 1 to 1000."
            raise ValueError(message)
        if name == "created_status" and value not in {200, 201}:
            message = "created_status is 200 or 201."
            raise ValueError(message)
        if name == "required" and not set(filter(None, value.split(","))) <= set(REQUIRABLE):
            message = f"required is of {', '.join(REQUIRABLE)}, with commas."
            raise ValueError(message)
        setattr(self, name, value)
