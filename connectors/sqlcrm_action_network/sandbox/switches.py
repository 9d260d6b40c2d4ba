"""What the facts leave open, as switches: a behaviour chosen here, the other one on request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Switches:
    """How this Action Network decides where its documentation does not.

    They can be set while it runs, too: `POST /_sandbox/settings`.

    `filter_lag`: seconds for which filters do not see a change yet; `phone_number eq` always does.
    `next_filter`: whether the `next` link of a filtered page carries the filter.
    `filter_and`: whether two comparisons may be joined with `and`.
    `filter_errors`: whether a filter that is not understood is a 400; else it is left out.
    `echo_key`: whether the 403 repeats the key that it did not know.
    `background_lag`: seconds until an accepted background request is carried out.
    `message_gap`: seconds that have to pass between two new messages, 0 for none.
    `submission_typo`: whether submissions say `action:person_id`, as one documented sample does.
    `locality_late`: whether the town of an address sticks only when it is saved again.
    `loop_next`: whether the `next` link of people leads to the same page for ever.
    `webhook`: address that actions are posted to, "" for none.
    `webhook_for`: "actions", "actions and uploads", or the path of one action: "petitions/ID".
    `webhook_delay`: seconds until a webhook is posted; the real ones take about 300.
    """

    filter_lag: int = 0
    next_filter: bool = True
    filter_and: bool = True
    filter_errors: bool = True
    echo_key: bool = False
    background_lag: int = 0
    message_gap: int = 0
    submission_typo: bool = False
    locality_late: bool = False
    loop_next: bool = False
    webhook: str = ""
    webhook_for: str = "actions"
    webhook_delay: int = 0
