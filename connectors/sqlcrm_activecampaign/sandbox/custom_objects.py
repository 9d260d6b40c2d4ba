"""Custom objects and the newer segments. Source: the fact sheet, §1.2, §5.5."""

from __future__ import annotations

import uuid

from sqlcrm.sandbox import Call, Reply
from sqlcrm_activecampaign.sandbox.resources import Routes
from sqlcrm_activecampaign.sandbox.store import Store
from sqlcrm_activecampaign.sandbox.wire import Query, Refused, Row, answer, loads, number, part

_NAMESPACE = uuid.UUID("5a1db0c5-0000-4000-8000-000000000000")  # ids made from names


class CustomObjects:
    """Schemas and records of one account, and segments that are matched in the background."""

    def __init__(self) -> None:
        schema = _schema("membership", "Membership")
        self._schemas: dict[str, Row] = {schema["id"]: schema}
        self._records: dict[str, dict[str, Row]] = {schema["id"]: {}}
        self._asked: set[int] = set()

    def routes(self) -> Routes:
        """The routes of resources with UUIDs and of the newer segments."""
        return {
            "GET customObjects/schemas": self._list_schemas,
            "GET customObjects/schemas/*": self._get_schema,
            "GET customObjects/records/*": self._list_records,
            "POST customObjects/records/*": self._upsert,
            "GET customObjects/records/*/*": self._get_record,
            "DELETE customObjects/records/*/*": self._delete,
            "GET segmentMatchAll/*": self._match_all,
            "GET segmentsV2/*": _segment,
            "GET audiences": _audiences,
        }

    def _of(self, schema: str) -> dict[str, Row]:
        if schema not in self._records:
            raise Refused(404, {"message": f"No Result found for Schema with id {schema}"})
        return self._records[schema]

    def _list_schemas(self, _store: Store, call: Call, _: tuple[str, ...]) -> Reply:
        return _page("schemas", list(self._schemas.values()), call)

    def _get_schema(self, _store: Store, _call: Call, keys: tuple[str, ...]) -> Reply:
        self._of(keys[0])
        return answer({"schema": self._schemas[keys[0]]})

    def _list_records(self, _store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        rows = list(self._of(keys[0]).values())
        for name, value in Query(call.query).of("filters"):
            if name.startswith("relationships.") and name.endswith("][eq"):
                relation = name[len("relationships.") : -len("][eq")]
                rows = [row for row in rows if _related(row, relation, value)]
        return _page("records", rows, call)

    def _get_record(self, _store: Store, _call: Call, keys: tuple[str, ...]) -> Reply:
        row = self._of(keys[0]).get(keys[1])
        if row is None:
            raise Refused(404, {"message": f"No Result found for Record with id {keys[1]}"})
        return answer({"record": row})

    def _upsert(self, store: Store, call: Call, keys: tuple[str, ...]) -> Reply:
        """By external id, where one is sent; 201 in both cases."""
        rows, sent = self._of(keys[0]), part(loads(call.body), "record")
        external = sent.get("externalId")
        found = [row for row in rows.values() if external and row["externalId"] == external]
        now = store.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
        row = found[0] if found else _record(keys[0], external, now)
        row.update({name: sent[name] for name in ("fields", "relationships") if name in sent})
        row["updatedTimestamp"] = now
        rows[row["id"]] = row
        return answer({"record": row}, 201)

    def _delete(self, _store: Store, _call: Call, keys: tuple[str, ...]) -> Reply:
        """Accepted, to be done later: 202."""
        self._of(keys[0]).pop(keys[1], None)
        return answer({}, 202)

    def _match_all(self, store: Store, _call: Call, keys: tuple[str, ...]) -> Reply:
        """Not ready at the first poll, ready at the next."""
        segment, links = number(keys[0]), store.contact_tags
        if segment not in self._asked:
            self._asked.add(segment)
            return answer({"is_ready": False, "contacts": []})
        ids = {links.at(key, "contact") for key in links.having("tag", segment)}
        return answer({"is_ready": True, "contacts": [str(key) for key in sorted(ids)]})


def _record(schema: str, external: object, now: str) -> Row:
    return {
        "id": str(uuid.uuid4()),
        "externalId": external,
        "schemaId": schema,
        "fields": [],
        "relationships": {},
        "createdTimestamp": now,
        "updatedTimestamp": now,
    }


def _schema(slug: str, label: str) -> Row:
    fields = [{"id": "level", "type": "text", "labels": {"singular": "Level"}, "required": False}]
    relationship = {"id": "primary-contact", "namespace": "contacts", "hasMany": False}
    return {
        "id": str(uuid.uuid5(_NAMESPACE, slug)),
        "slug": slug,
        "visibility": "private",
        "labels": {"singular": label, "plural": f"{label}s"},
        "description": "",
        "fields": fields,
        "relationships": [relationship],
        "createdTimestamp": "2026-01-05T10:00:00.123456789Z",
        "updatedTimestamp": "2026-01-05T10:00:00.123456789Z",
    }


def _related(row: Row, relation: str, contact: str) -> bool:
    return contact in [str(key) for key in row["relationships"].get(relation, [])]


def _page(key: str, rows: list[Row], call: Call) -> Reply:
    limit, offset = Query(call.query).page()
    page = rows[offset : offset + limit]
    meta = {"total": len(rows), "count": len(page), "limit": limit, "offset": offset}
    return answer({key: page, "meta": meta})


def _segment(store: Store, _: Call, keys: tuple[str, ...]) -> Reply:
    key, table = number(keys[0]), store.table("segments")
    if key not in table:
        raise Refused(404, {"message": f"No Result found for Segment with id {key}"})
    return answer({"segment": table.row(key)})


def _audiences(store: Store, _call: Call, _keys: tuple[str, ...]) -> Reply:
    """JSON:API, unlike all others."""
    table = store.table("segments")
    data = [
        {"type": "audience", "id": str(key), "attributes": {"name": table.value(key, "name")}}
        for key in table.ids()
    ]
    return answer({"data": data, "meta": {"total": len(data)}})
