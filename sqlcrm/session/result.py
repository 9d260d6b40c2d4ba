"""What a statement gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from sqlcrm.writing.report import Report


Binds: TypeAlias = Sequence[Any] | Mapping[str, Any] | None
"""Values of `?` in order, or of `$name` by name."""


@dataclass(slots=True)
class Result:
    """The outcome of one statement: rows of a query, or the report of a write, or neither.

    columns: names and DuckDB types. notices: what the user should know about how it ran.
    reports: of all writes, where one statement (COMMIT) applied several.
    """

    columns: Sequence[tuple[str, str]] = ()
    report: Report | None = None
    notices: Sequence[str] = field(default=())
    relation: duckdb.DuckDBPyRelation | None = field(default=None, repr=False)
    reports: Sequence[Report] = field(default=())

    @property
    def all_reports(self) -> Sequence[Report]:
        """The reports of all writes that it stands for."""
        return self.reports or ([self.report] if self.report is not None else [])

    @property
    def names(self) -> list[str]:
        """The column names."""
        return [name for name, _ in self.columns]

    def rows(self) -> list[tuple[Any, ...]]:
        """Return all rows as tuples; empty where there is no result set."""
        from sqlcrm.execution.engine import ours

        if self.relation is None:
            return []
        with ours():
            return self.relation.fetchall()

    def arrow(self) -> pa.Table:
        """Return all rows as an Arrow table."""
        import pyarrow as pa

        from sqlcrm.execution.engine import ours

        if self.relation is None:
            return pa.table({})
        with ours():
            return self.relation.to_arrow_table().rename_columns(self.names)
