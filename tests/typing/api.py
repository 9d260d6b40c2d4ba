"""The public calls, type-checked by mypy and never run."""

from pathlib import Path
from typing import Any, assert_type

import sqlcrm
from sqlcrm.sdk import Column, Connector, Flow, Identity, Read, Request, Table, Type


def python_way_in() -> None:
    with sqlcrm.connect("sqlcrm.toml", yes=True, max_changes=10) as db:
        cursor = db.execute("select ?", [1])
        assert_type(cursor, sqlcrm.Cursor)
        assert_type(cursor.fetchone(), tuple[Any, ...] | None)
        assert_type(cursor.fetchall(), list[tuple[Any, ...]])
        report = cursor.report
        if report is not None:
            assert_type(report.exit_code, int)
            assert_type(report.lines(), list[str])
    sqlcrm.connect(Path("x.toml"), ac={"connector": "activecampaign"})
    sqlcrm.connect({"connections": {}}, on_rejected="raise", restricted=True)


def who() -> Flow[Identity]:
    answer = yield Request("GET", "/me")
    return Identity(str(answer.body["id"]))


def connector_way_in(connector: Connector) -> None:
    table = Table(
        name="people",
        doc="People.",
        key=("id",),
        columns=(Column("id", Type.INTEGER), Column("email", nocase=True)),
        reads=(Read("/people", "people"),),
    )
    assert_type(table.column("id"), Column | None)
    assert_type(connector.tables, tuple[Table, ...])
