"""Places that petitions and events are at."""

from __future__ import annotations

from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.wire import Row, invalid

_NAMES = (
    "locality",
    "region",
    "postal_code",
    "country",
    "latitude",
    "longitude",
    "query",
    "street",
)


def add_location(store: Store, sent: Row) -> int:
    """Latitude and longitude, or a country and one of what narrows it. Raises: Refused."""
    spots = [sent.get(name) for name in ("latitude", "longitude")]
    narrower = any(sent.get(name) for name in ("locality", "region", "postal_code"))
    if not all(spots) and not (sent.get("country") and narrower):
        text = "needs latitude and longitude, or country and locality, region or postal_code"
        raise invalid("location", text)
    row = {name: sent.get(name) for name in _NAMES}
    for name in ("latitude", "longitude"):
        row[name] = None if sent.get(name) is None else str(sent[name])
    return int(store["locations"].add(row)["id"])
