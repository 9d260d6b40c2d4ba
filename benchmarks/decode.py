"""From the bytes of a page to Arrow: how this project does it, and other ways, in one run.

Usage: python benchmarks/decode.py [pages]. Prints microseconds a page of 100 contacts, the best of
several rounds of each way in turn, so that a busy machine slows all of them; writes nothing.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import duckdb
import httpx
import msgspec
import pyarrow as pa

from sqlcrm.execution import decode
from sqlcrm.execution.decode import Decoder
from sqlcrm.sandbox import Options, available, serve
from sqlcrm.sdk import Column, Type
from sqlcrm_activecampaign.tables.contacts import contacts

ROUNDS = 7
FEW = ("id", "email", "created_at")
GATHERED = 20  # pages that the engine gathers before it makes Arrow of them


def bodies(pages: int) -> list[bytes]:
    """Return pages of contacts as the sandbox sends them."""
    crm = available()["activecampaign"]
    with (
        serve([crm], Options(people=100 * pages, limits="off")) as running,
        httpx.Client(base_url=running[0].url, headers={"Api-Token": "sandbox-key"}) as http,
    ):
        query = {"limit": 100, "orders[id]": "ASC"}
        return [
            http.get("/api/3/contacts", params=query | {"id_greater": 100 * page}).content
            for page in range(pages)
        ]


def columns(names: tuple[str, ...]) -> list[Column]:
    """Return the columns of these names, all of them where there are none."""
    return [c for c in contacts.columns if not names or c.name in names]


def ours(pages: list[bytes], wanted: list[Column]) -> None:
    """Untyped JSON, then each column at once: what the engine does."""
    decoder = Decoder(wanted, "contacts@ac", "America/Chicago")
    for number, body in enumerate(pages, 1):
        page = msgspec.json.decode(body)
        decoder.add(page["contacts"], page)
        if number % GATHERED == 0:
            decoder.take()
    decoder.take()


def by_value(pages: list[bytes], wanted: list[Column]) -> None:
    """Untyped JSON, then each value by itself, as for what is unusual."""
    quick, decode.quick = decode.quick, lambda *_: None  # type: ignore[assignment]  # none is quick
    try:
        ours(pages, wanted)
    finally:
        decode.quick = quick


def typed(pages: list[bytes], wanted: list[Column]) -> None:
    """JSON into a struct of the wanted fields only, then each column at once."""
    fields = [(f"f{i}", Any, msgspec.field(name=c.path)) for i, c in enumerate(wanted)]
    row = msgspec.defstruct("Row", [(name, kind, field) for name, kind, field in fields])
    page = msgspec.defstruct("Page", [("contacts", list[row])])  # type: ignore[valid-type]  # made here
    reader = msgspec.json.Decoder(page)
    decoder = Decoder(wanted, "contacts@ac", "America/Chicago")
    for number, body in enumerate(pages, 1):
        rows = reader.decode(body).contacts  # type: ignore[attr-defined]  # made here
        for (name, _, _), held in zip(fields, decoder._held, strict=True):
            held.add([getattr(one, name) for one in rows])
        if number % GATHERED == 0:
            decoder.take()
    decoder.take()


def from_pylist(pages: list[bytes], wanted: list[Column]) -> None:
    """The standard library's JSON and pyarrow's own rows to columns, everything as text."""
    schema = pa.schema([pa.field(c.path, pa.string()) for c in wanted if c.type is Type.TEXT])
    for body in pages:
        pa.Table.from_pylist(json.loads(body)["contacts"], schema)


def duckdbs(pages: list[bytes], wanted: list[Column]) -> None:
    """DuckDB's JSON functions on the page's text, everything as text."""
    shape = json.dumps([{c.path: "VARCHAR" for c in wanted}])
    query = "SELECT unnest(from_json(json_extract($1, '$.contacts'), $2), recursive := true)"
    with duckdb.connect() as db:
        for body in pages:
            db.sql(query, params=[body.decode(), shape]).to_arrow_table()


WAYS: dict[str, Callable[[list[bytes], list[Column]], None]] = {
    "columns at once (the engine)": ours,
    "value by value": by_value,
    "typed struct, columns at once": typed,
    "json + Table.from_pylist, text only": from_pylist,
    "DuckDB from_json, text only": duckdbs,
}


def main() -> None:
    """Measure each way in turn, several times."""
    pages = bodies(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
    kinds = {"all columns": columns(()), f"{len(FEW)} columns": columns(FEW)}
    best: dict[tuple[str, str], float] = {}

    def took(place: tuple[str, str], work: Callable[[], object]) -> None:
        start = time.perf_counter()
        work()
        spent = (time.perf_counter() - start) / len(pages) * 1e6
        best[place] = min(spent, best.get(place, spent))

    for _ in range(ROUNDS):
        took(("JSON alone, untyped", "all columns"), lambda: [*map(msgspec.json.decode, pages)])
        for kind, wanted in kinds.items():
            for name, way in WAYS.items():
                took((name, kind), lambda way=way, wanted=wanted: way(pages, wanted))  # type: ignore[misc]  # bound now
    print(f"| {'us a page of 100 contacts':36} | {' | '.join(f'{kind:>11}' for kind in kinds)} |")
    print(f"| {'-' * 36} | {' | '.join('----------:' for _ in kinds)} |")
    for name in ("JSON alone, untyped", *WAYS):
        cells = [best.get((name, kind)) for kind in kinds]
        shown = " | ".join(f"{'' if cell is None else round(cell):>11}" for cell in cells)
        print(f"| {name:36} | {shown} |")


if __name__ == "__main__":
    main()
