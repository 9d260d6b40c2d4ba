"""Decides, page by page, whether what is staged suffices: LIMIT, ORDER BY … LIMIT, count(*)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlcrm.errors import DatabaseError
from sqlcrm.execution.engine import Engine, quote
from sqlcrm.execution.pages import Page
from sqlcrm.planner.access import Access
from sqlcrm.planner.plan import Limit, Predicate, Scan

_HOLDS = {
    "=": "{0} = ${1}",
    "<": "{0} < ${1}",
    "<=": "{0} <= ${1}",
    ">": "{0} > ${1}",
    ">=": "{0} >= ${1}",
    "in": "list_contains(${1}, {0})",
}


class Stop:
    """The end of a scan that needs not all rows.

    run: runs a marked query over what is staged. table: the stage.
    """

    def __init__(
        self,
        engine: Engine,
        run: Callable[[str], list[tuple[Any, ...]]],
        scan: Scan,
        access: Access,
        table: str,
    ) -> None:
        self._engine = engine
        self._run = run
        self._scan = scan
        self._access = access
        self._table = table

    @property
    def possible(self) -> bool:
        """Whether the scan may end before its last page: what comes is then looked at at once."""
        limit = self._scan.limit
        limited = limit is not None and (not limit.order or self._access.ordered)
        return limited or self._counts

    @property
    def _counts(self) -> bool:
        return self._scan.counted and self._access.counts

    def reached(self, rows: int, page: Page) -> bool:
        """Return whether the rows staged so far, `page` the last of them, suffice."""
        limit = self._scan.limit
        if self._counts and self._filled(rows, page):
            return True
        if limit is None or (limit.order and not self._access.ordered):
            return False
        try:
            if limit.order and not self._in_order(limit):
                return False
            return self._fulfilling(limit, rows) >= limit.rows
        except DatabaseError:
            return False  # stopping only saves calls; the query itself will tell what is wrong

    def _fulfilling(self, limit: Limit, rows: int) -> int:
        """Return how many staged rows, at the least, are among the first that fulfil the limit.

        NULLs come last, wherever the API put them: rows without a value do not count.
        """
        if limit.where:
            query = f"SELECT count(*) FROM {limit.source} WHERE {limit.where}"
            rows = int(self._run(query)[0][0])
        if not limit.order:
            return rows
        column = quote(limit.order[0].column)
        query = f"SELECT count(*) FROM {self._table} WHERE {column} IS NULL"
        return rows - int(self._engine.query(query)[0][0])

    def _in_order(self, limit: Limit) -> bool:
        """Whether the rows came as they were asked for, wherever the API puts those without value.

        An API that ignored the order, as APIs ignore what they do not know, is read to the end.
        """
        order = limit.order[0]
        column, wrong = quote(order.column), ">" if order.descending else "<"
        query = (
            f"SELECT count(*) FROM (SELECT {column} AS this, lag({column}) OVER (ORDER BY rowid "
            f"ASC) AS before FROM {self._table} WHERE {column} IS NOT NULL) "
            f"WHERE this {wrong} before"
        )
        return bool(self._engine.query(query)[0][0] == 0)

    def _filled(self, rows: int, page: Page) -> bool:
        """Stage, by the total that the first page tells, as many rows as there are.

        Nothing of them but their number is used, so that they may all look like the first one.
        The total counts what fulfils the conditions only if the API understood them: each row
        of its page must.
        """
        first = rows == len(page.rows) > 0
        if not first or page.left is None or page.left < rows:
            return False
        conditions = (*self._scan.predicates, *self._scan.fixed)
        if not self._hold(conditions, rows):
            return False
        columns = ", ".join(quote(name) for name in self._scan.columns)
        self._engine.run(
            f"INSERT INTO {self._table} SELECT {columns} FROM "
            f"(SELECT * FROM {self._table} LIMIT 1), range($more)",
            {"more": page.left - rows},
        )
        return True

    def _hold(self, conditions: tuple[Predicate, ...], rows: int) -> bool:
        """Whether all of the staged rows fulfil the conditions."""
        texts, binds = [], {}
        for number, one in enumerate(conditions):
            if one.op not in _HOLDS:
                return False
            texts.append(_HOLDS[one.op].format(quote(one.column), f"v{number}"))
            binds[f"v{number}"] = list(one.values) if one.op == "in" else one.values[0]
        if not texts:
            return True
        query = f"SELECT count(*) FROM {self._table} WHERE {' AND '.join(texts)}"
        try:
            return bool(self._engine.query(query, binds)[0][0] == rows)
        except DatabaseError:
            return False
