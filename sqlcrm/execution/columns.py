"""Puts columns of Python values into a stage: a sheet's, or the journal's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlcrm.execution.engine import Engine


def stage_columns(
    engine: Engine, name: str, names: Sequence[str], typed: Sequence[tuple[str, list[Any]]]
) -> str:
    """Put Python columns, each with its DuckDB type, into a stage; return its quoted name."""
    import pyarrow as pa

    table = engine.stage_typed(name, list(zip(names, (kind for kind, _ in typed), strict=True)))
    arrays = [pa.array(values, _arrow(kind)) for kind, values in typed]
    json = {name for name, (kind, _) in zip(names, typed, strict=True) if kind == "JSON"}
    engine.insert(table, pa.table(arrays, names=list(names)), names, json)
    return table


def _arrow(kind: str) -> Any:
    import pyarrow as pa

    types = {
        "VARCHAR[]": pa.list_(pa.string()),
        "BIGINT": pa.int64(),
        "INTEGER": pa.int64(),
        "DOUBLE": pa.float64(),
        "BOOLEAN": pa.bool_(),
        "DATE": pa.date32(),
        "TIMESTAMP": pa.timestamp("us"),
        "TIMESTAMPTZ": pa.timestamp("us", tz="UTC"),
        "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
    }
    return types.get(kind, pa.string())
