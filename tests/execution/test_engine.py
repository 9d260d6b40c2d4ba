"""DuckDB as a session sees it: its errors in our classes, its settings, its borders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sqlcrm.errors import DatabaseError, DataError, FileProblem, ProgrammingError, SqlError
from sqlcrm.execution.engine import Engine, named_binds, quote


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SELECT nothing", SqlError),
        ("SELECT * FROM nowhere", SqlError),
        ("SELECT no_function(1)", SqlError),
        ("SELECT FROM WHERE", SqlError),
        ("SELECT 'x'::INTEGER", DataError),
        ("SELECT 300::TINYINT", DataError),
        ("SELECT * FROM 'nowhere.csv'", FileProblem),
        ("SELECT ?", ProgrammingError),
        ("SELECT error('oops')", DatabaseError),
    ],
)
def test_duckdbs_errors_are_ours_without_its_own_underlining(
    engine: Engine, text: str, kind: type[Exception]
) -> None:
    for run in (engine.run, engine.query, engine.relation):
        with pytest.raises(kind) as caught:
            run(text)
        assert "LINE 1" not in str(caught.value)
        assert "Error:" not in str(caught.value).split()[0:2]


def test_an_error_does_not_tell_of_stages(engine: Engine) -> None:
    table = engine.stage_typed("people", [("id", "BIGINT")])
    with pytest.raises(SqlError) as caught:
        engine.run(f"INSERT INTO {table} SELECT 1, 2")
    assert "sqlcrm_stage" not in str(caught.value)


def test_python_variables_are_out_of_reach(engine: Engine) -> None:
    import pyarrow as pa

    secret = pa.table({"a": [1]})
    assert secret.num_rows == 1
    with pytest.raises(SqlError):
        engine.query("SELECT * FROM secret")


def test_a_restricted_engine_reads_no_file_and_stays_restricted(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a\n1\n")
    engine = Engine(restricted=True)
    for text in (
        f"SELECT * FROM '{file}'",
        f"COPY (SELECT 1) TO '{tmp_path / 'b.csv'}'",
        f"ATTACH '{tmp_path / 'c.db'}'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ):
        with pytest.raises(DatabaseError):
            engine.run(text)
    engine.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_the_zone_is_utc_until_it_is_set(engine: Engine) -> None:
    assert engine.zone() == "UTC"
    engine.run("SET TimeZone = 'Europe/Berlin'")
    assert engine.zone() == "Europe/Berlin"


def test_only_binds_that_a_text_names_are_handed_over() -> None:
    binds = {"a": 1, "ab": 2, "1": 3}
    assert named_binds("SELECT $ab, $1", binds) == {"ab": 2, "1": 3}
    assert named_binds("SELECT 1", binds) == {}


def test_a_name_is_quoted_whatever_it_holds(engine: Engine) -> None:
    for name in ('a"b', "a.b", "select", "ä\n", " "):
        engine.run(f"CREATE OR REPLACE TABLE {quote(name)} ({quote(name)} INTEGER)")
        assert engine.columns(quote(name)) == [name]
