"""Bulk data: the schema, exports of tables, and the files of them.

The real product exports by itself, fully at night and each minute what was inserted; here the
actions `export_full` and `export_incremental` do. The files lie on S3 there. Here they lie under
`/_s3/BUCKET/KEY` on the sandbox's own address, since loopback has no other, behind signed
addresses that also run out after six hours.

An empty cell is NULL; an empty text is an empty cell too. `t` and `f` are truths, unless the switch
`csv_booleans` says otherwise: the documentation does not say.
"""

from __future__ import annotations

import bz2
import csv
import hashlib
import hmac
import io
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlcrm.sandbox import Call, Reply
from sqlcrm_controlshift.sandbox.csv_rows import rows
from sqlcrm_controlshift.sandbox.store import Store
from sqlcrm_controlshift.sandbox.tables import NAMES, columns, described
from sqlcrm_controlshift.sandbox.wire import Row, answer, csv_time, missing, query

PREFIX = "/_s3/"
_EXPIRES = 6 * 3600
_BUCKET = {
    "us": "agra-data-exports-production",
    "eu": "agra-data-exports-production-eu-central-1",
}
_DERIVED = {"categorized_petitions": "petitions"}
_DENIED = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"""


@dataclass(frozen=True, slots=True)
class File:
    """One exported file."""

    table: str
    bucket: str
    key: str
    url: str
    compression: str
    rows: int


class Bulk:
    """The exports of one organisation and the files that are still there."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._secret = secrets.token_bytes(32)
        self._files: dict[str, tuple[float, bytes]] = {}

    def export(self, kind: str, tables: list[str]) -> list[File]:
        """Write a file for each table and tell every endpoint. `kind`: full or incremental.

        An incremental export without tables named writes those that rows were inserted into.
        """
        store = self._store
        if kind == "full":
            ids: dict[str, list[int] | None] = dict.fromkeys(tables or NAMES)
        else:
            new = store.inserted
            wanted = tables or [name for name in NAMES if new.get(_DERIVED.get(name, name))]
            ids = {name: list(new.get(_DERIVED.get(name, name), ())) for name in wanted}
            for name in wanted:
                new.pop(name, None)
        self._tidy()
        files = [self._write(kind, name, chosen) for name, chosen in ids.items()]
        for file in files:
            self._tell(kind, file)
        return files

    def _write(self, kind: str, table: str, ids: list[int] | None) -> File:
        store = self._store
        data, count = self._csv(table, ids)
        compression = store.switches.compression
        ending = ".bz2" if compression == "bzip2" else ""
        bucket = _BUCKET[store.switches.region]
        second = store.now()
        while True:  # two exports in one second do not overwrite each other
            at = datetime.fromtimestamp(second, UTC)
            folder = f"{store.slug}/{kind}/{table}/{at:%Y%m%d}"
            key = f"{folder}/{table}_{at:%Y%m%d%H%M%S}.csv{ending}"
            if f"{bucket}/{key}" not in self._files:
                break
            second += 1
        body = bz2.compress(data) if ending else data
        self._files[f"{bucket}/{key}"] = (store.clock.now().timestamp(), body)
        path = f"{PREFIX}{bucket}/{key}"
        date = f"{store.clock.now():%Y%m%dT%H%M%SZ}"
        url = f"{store.origin}{path}?{self._query(path, date)}"
        return File(table, bucket, key, url, compression, count)

    def rows(self, table: str) -> list[Row]:
        """All rows of a table with the texts of its file; None for an empty cell."""
        text = io.StringIO(self._csv(table, None)[0].decode(), newline="")
        return [{name: cell or None for name, cell in row.items()} for row in csv.DictReader(text)]

    def _csv(self, table: str, ids: list[int] | None) -> tuple[bytes, int]:
        names = columns(table)
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(names)
        count = 0
        for row in rows(self._store, table, ids):
            writer.writerow([self._cell(row.get(name), kind) for name, kind in names.items()])
            count += 1
        return out.getvalue().encode(), count

    def _cell(self, value: object, kind: str) -> object:
        if value is None:
            return None
        if kind == "ts":
            return csv_time(int(str(value)))
        if kind == "bool":
            return self._store.switches.csv_booleans.split("/")[not value]
        return value

    def _tell(self, kind: str, file: File) -> None:
        def told(endpoint: Row) -> Row:
            data: Row = {"url": file.url, "table": file.table}
            if endpoint["aws_account_id"]:
                data["s3"] = {"bucket": file.bucket, "key": file.key}
            return {**data, "compression_format": file.compression}

        self._store.hooks.emit(f"data.{kind}_table_exported", told)

    def _query(self, path: str, date: str) -> str:
        signed = hmac.new(self._secret, f"{path} {date}".encode(), hashlib.sha256).hexdigest()
        return (
            f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={date}&X-Amz-Expires={_EXPIRES}"
            f"&X-Amz-SignedHeaders=host&X-Amz-Signature={signed}"
        )

    def file(self, call: Call) -> Reply:
        """GET of a signed address: 403 when it has run out or is not signed."""
        date = query(call, "X-Amz-Date")
        if call.method != "GET" or call.query != self._query(call.path, date):
            return Reply(403, _DENIED, type="application/xml")
        signed = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        found = self._files.get(call.path.removeprefix(PREFIX))
        age = self._store.clock.now().timestamp() - signed.timestamp()
        if found is None or age >= _EXPIRES:
            return Reply(403, _DENIED, type="application/xml")
        kind = "application/x-bzip2" if call.path.endswith(".bz2") else "text/csv"
        return Reply(200, found[1], type=kind)

    def _tidy(self) -> None:
        """Forget files that nobody can read any more."""
        oldest = self._store.clock.now().timestamp() - 2 * _EXPIRES
        self._files = {key: file for key, file in self._files.items() if file[0] > oldest}


def schema(store: Store, call: Call) -> Reply | None:
    """The schema, which needs no key; None for other paths. Raises: Refused."""
    if call.path == "/api/bulk_data/schema.json":
        tables = [{"table": {"name": name, "columns": described(name)}} for name in NAMES]
        shown: Row = {"tables": tables}
        if store.switches.compression != "none":  # upper case here, lower case in events
            shown["settings"] = {"compression_format": store.switches.compression.upper()}
        return answer(shown)
    if call.path != "/api/bulk_data/schema/columns":
        return None
    table = query(call, "table")
    if table not in NAMES:
        raise missing()
    return Reply(200, (",".join(columns(table)) + "\n").encode(), type="text/csv")
