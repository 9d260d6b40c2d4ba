import json
import os
import pty
import stat
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SELECT = "select id, email, first_name from contacts@ac where id <= 3 order by id"


def test_a_table_is_the_format_everywhere(sqlcrm):
    ran = sqlcrm("query", SELECT)
    assert ran.stdout.splitlines()[1].split() == ["|", "id", "|", "email", "|", "first_name", "|"]
    assert ran.stderr == "(3 rows)\n"


@pytest.mark.parametrize(
    ("format_", "read"),
    [
        ("csv", lambda text: [int(line.split(",")[0]) for line in text.splitlines()[1:]]),
        ("json", lambda text: [row["id"] for row in json.loads(text)]),
        ("jsonl", lambda text: [json.loads(line)["id"] for line in text.splitlines()]),
        ("markdown", lambda text: [int(line.split("|")[1]) for line in text.splitlines()[2:]]),
    ],
)
def test_each_text_format_holds_the_rows(sqlcrm, format_, read):
    ran = sqlcrm("query", SELECT, "--format", format_)
    assert read(ran.stdout) == [1, 2, 3]


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "md", "parquet", "arrow"])
def test_a_file_is_private_and_its_suffix_says_the_format(bare, work, suffix):
    file = work / f"out.{suffix}"
    ran = bare("query", "select 7 as n", "-o", file.name)
    assert ran.stdout == ""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in work.iterdir()] == [file.name]
    if suffix == "parquet":
        assert pq.read_table(file).to_pylist() == [{"n": 7}]
    elif suffix == "arrow":
        with pa.ipc.open_file(file) as reader:
            assert reader.read_all().to_pylist() == [{"n": 7}]
    else:
        assert "7" in file.read_text()


def test_a_failure_leaves_the_old_file_as_it_was(bare, work):
    file = work / "out.csv"
    file.write_text("old")
    ran = bare("query", "select 1 as n; select nope", "-o", "out.csv", code=1)
    assert file.read_text() == "old"
    assert "out.csv was not written" in ran.stderr
    assert [one.name for one in work.iterdir()] == ["out.csv"]


def test_a_file_takes_one_result(bare, work):
    ran = bare("query", "select 1; select 2; select 3", "-o", "out.json", code=1)
    assert "-o out.json takes one result" in ran.stderr
    assert "1 further statement was not run" in ran.stderr
    assert list(work.iterdir()) == []


def test_no_result_set_is_said(bare, work):
    ran = bare("query", "create table t (i int)", "-o", "out.json")
    assert ran.stderr == "there was no result set: out.json was not written\n"


def test_an_unclear_suffix_asks_for_a_format(bare):
    ran = bare("query", "select 1", "-o", "out.txt", code=2)
    assert "add --format" in ran.stderr


def test_a_folder_that_is_not_there_is_found_before_anything_runs(sqlcrm):
    ran = sqlcrm("query", "select * from contacts@ac", "-o", "no/such/out.csv", code=1)
    assert ran.stderr == "error: no/such/out.csv cannot be written (No such file or directory)\n"


def test_several_statements_print_several_results(bare):
    ran = bare("query", "create table t as select 1 as i; from t; select 2 as j", "--format", "csv")
    assert ran.stdout == "i\n1\n\nj\n2\n"


def test_sql_comes_from_the_standard_input_too(bare):
    ran = bare("query", "-", "--format", "json", "--param", "who=O'Hara", stdin="select $who as w")
    assert json.loads(ran.stdout) == [{"w": "O'Hara"}]


def test_formulas_are_defused_in_csv_unless_raw(bare):
    text = "select '=1+1' as a, '+61412345678' as b, -5 as c"
    assert bare("query", text, "--format", "csv").stdout == "a,b,c\n'=1+1,+61412345678,-5\n"
    assert "\n=1+1," in bare("query", text, "--format", "csv", "--raw").stdout


def test_a_script_runs_with_params_and_tells_its_writes_on_stderr(sqlcrm, work):
    (work / "tags.sql").write_text(
        "insert into tags@ac (tag, tag_type) values ($name, 'contact');\n"
        "select tag from tags@ac where tag = $name"
    )
    first = sqlcrm("run", "tags.sql", "--param", "name=From a script", "--format", "csv")
    assert first.stdout == "tag\nFrom a script\n"
    assert "INSERT tags@ac: 1 done" in first.stderr
    again = sqlcrm("run", "tags.sql", "--param", "name=From a script")
    assert "INSERT tags@ac: 1 unchanged" in again.stderr
    listed = json.loads(sqlcrm("runs", "--format", "json").stdout)
    assert [(run["script"], run["exit_code"]) for run in listed] == [("tags.sql", 0)] * 2


def test_config_stands_before_or_behind_the_command(bare, config):
    ran = bare("query", "select count(*) as n from contacts@ac", "--config", str(config))
    assert "300" in ran.stdout
    ran = bare("query", "select 1 from tags@ac limit 1", SQLCRM_CONFIG=str(config))
    assert ran.stderr == "(1 row)\n"


def in_a_terminal(work, environment, *arguments: str) -> str:
    """Return what a person sees."""
    ours, theirs = pty.openpty()
    ran = subprocess.run(
        [sys.executable, "-m", "sqlcrm", *arguments],
        cwd=work,
        env=environment,
        stdout=theirs,
        stderr=theirs,
        timeout=60,
        check=False,
    )
    assert ran.returncode in {0, 2}
    os.close(theirs)
    shown = os.read(ours, 4096).decode()
    os.close(ours)
    return shown


def test_a_terminal_is_not_told_what_to_do_by_data(work, environment):
    text = "select 'red' || chr(27) || '[31m' as a"
    for format_ in ("csv", "table", "markdown"):
        shown = in_a_terminal(work, environment, "query", text, "--format", format_)
        assert "red\\x1b[31m" in shown
        assert "\x1b" not in shown


def test_binary_formats_are_not_for_a_terminal(work, environment):
    shown = in_a_terminal(work, environment, "query", "select 1", "--format", "parquet")
    assert "add -o FILE" in shown
