"""The parts of the connector's reads that take several calls, or take replies apart.

Source: ControlShift developer documentation, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlcrm.sdk import Flow, Identity, Request, Row, ShapeChanged, dig, rows_at
from sqlcrm_controlshift.wire import REST

Query = Sequence[tuple[str, str]]

NO_TARGETS = {"no_nearby_targets", "no_nearby_petitions"}


def who() -> Flow[Identity]:
    """Read whose key it is: a key belongs to an organisation, not to a user."""
    reply = yield Request("GET", f"{REST}/organisation")
    slug = dig(reply.body, "organisation.slug")
    if not slug:
        raise ShapeChanged(f"{REST}/organisation: the reply has no organisation.slug")
    name = str(dig(reply.body, "organisation.name") or "")
    return Identity(str(slug), user=name, may="all that an administrator may do by the API")


def texts_of(keys: Sequence[Any], _query: Query) -> Flow[Sequence[Row]]:
    """Read what petitions ask for and why, plain and formatted: two calls for each."""
    found: list[Row] = []
    for slug in keys:
        row: dict[str, Any] = {"petition_slug": slug}
        for part in ("what", "why"):
            path = f"/api/petitions/{{slug}}/{part}.json"
            reply = yield Request("GET", path, fill={"slug": str(slug)})
            if reply.status == 404:  # hidden from the public, or none
                break
            row[part] = reply.body
        else:
            found.append(row)
    return found


def near(keys: Sequence[Any], query: Query) -> Flow[Sequence[Row]]:
    """Search the decision makers of efforts, the closest first.

    Raises: ShapeChanged where the search cannot be made in that way.
    """
    found: list[Row] = []
    for slug in keys:
        path = "/efforts/{slug}/lookup/query.json"
        reply = yield Request("GET", path, tuple(query), fill={"slug": str(slug)})
        body = reply.body if isinstance(reply.body, dict) else {}
        if reply.status == 404 or body.get("code") in NO_TARGETS:
            continue
        if body.get("code"):
            raise ShapeChanged(f"effort {slug!r} cannot be searched like that: {body['code']}")
        targets = [body.get("closest_target"), *(body.get("other_targets") or ())]
        found += [
            {**target, "effort_slug": slug, "position": place}
            for place, target in enumerate(targets, 1)
            if isinstance(target, Mapping)
        ]
    return found


def schema(_keys: Sequence[Any], _query: Query) -> Flow[Sequence[Row]]:
    """Read which tables and columns the bulk exports have, a row for each column."""
    path = "/api/bulk_data/schema.json"
    reply = yield Request("GET", path)
    compression = dig(reply.body, "settings.compression_format")
    found: list[Row] = []
    for entry in rows_at(reply.body, "tables", path):
        table, columns = dig(entry, "table.name"), dig(entry, "table.columns")
        if not isinstance(table, str) or not isinstance(columns, Mapping):
            raise ShapeChanged(f"{path}: a table has no name, or no map of columns")
        for name, column in columns.items():
            about = {"table_name": table, "column_name": name, "compression_format": compression}
            found.append({**column, **about})
    return found
