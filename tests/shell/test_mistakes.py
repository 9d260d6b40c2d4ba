"""Bad input: one clear sentence that says what to do, the right exit code, no traceback."""

import json
import socket
import urllib.request

import pytest

from sqlcrm.sandbox import Options, available, serve


@pytest.mark.parametrize(
    ("text", "sentence", "place"),
    [
        ("select * from contacts@acx", "no connection @acx. Did you mean ac?", "contacts@acx"),
        ("select * from contcts@ac", "Did you mean contacts", "contcts@ac"),
        ("select emial from contacts@ac", "Did you mean email", "emial"),
        ("selct 1", "syntax error", "selct"),
    ],
)
def test_a_wrong_name_is_underlined(sqlcrm, text, sentence, place):
    ran = sqlcrm("query", text, code=1)
    message, line, under = ran.stderr.splitlines()
    assert message.startswith("error: ")
    assert sentence in message
    assert line == f"LINE 1: {text}"
    assert under.index("^") == line.index(place)
    assert under.count("^") == len(place)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["qery", "x"], "Did you mean 'query'?"),
        (["query"], "Missing argument 'SQL' (see sqlcrm query --help)"),
        (["query", "select 1", "--param", "x"], "write it as NAME=TEXT"),
        (["query", "select 1", "--param", "x=1"], "there is no $x in the text"),
        (["query", "select $x", "--param", "x=1", "--param", "x=2"], "is given twice"),
        (["run", "nothing.sql"], "'nothing.sql' does not exist"),
        (["--config", "nothing.toml", "tables"], "nothing.toml"),
        (["sandbox", "activecampain"], "Did you mean activecampaign?"),
        (["trust"], "there is no file sqlcrm.toml"),
    ],
)
def test_wrong_usage_is_exit_code_2(bare, arguments, sentence):
    ran = bare(*arguments, code=2)
    assert ran.stdout == ""
    assert ran.stderr.startswith("error: ")
    assert ran.stderr.count("\n") == 1
    assert sentence in ran.stderr


def test_a_config_that_is_no_toml_is_said_with_its_place(bare, work):
    (work / "broken.toml").write_text("[connections.ac\n")
    ran = bare("--config", "broken.toml", "query", "select 1", code=2)
    assert "broken.toml is not valid TOML" in ran.stderr
    assert "line 1" in ran.stderr


def test_a_key_that_is_not_set_is_named(bare, work, crm):
    (work / "c.toml").write_text(
        f'[connections.ac]\nconnector="activecampaign"\nurl="{crm.url}"\n'
        'api_key={ env = "NO_SUCH_KEY" }\n'
    )
    ran = bare("--config", "c.toml", "query", "from tags@ac", code=2)
    assert "NO_SUCH_KEY" in ran.stderr
    (work / "c.toml").write_text(f'[connections.ac]\nconnector="activecampaign"\nurl="{crm.url}"\n')
    ran = bare("--config", "c.toml", "query", "from tags@ac", code=2)
    assert 'lacks api_key: add api_key = { env = "…" }' in ran.stderr


def test_a_wrong_token_is_denied_and_not_shown(bare, work, crm, write_config):
    write_config(work / "c.toml", crm.url, "a-wrong-token")
    ran = bare("--config", "c.toml", "query", "from tags@ac", code=2)
    assert "a-wrong-token" not in ran.stdout + ran.stderr


def test_an_unreachable_host_is_exit_code_3(bare, work, write_config):
    with socket.socket() as taken:  # bound and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        write_config(work / "c.toml", f"http://127.0.0.1:{taken.getsockname()[1]}", "k")
        ran = bare("--config", "c.toml", "connections", "test", code=3)
    assert ran.stderr.startswith("error: @ac: ")
    assert ran.stderr.count("\n") == 1


def test_a_file_of_the_folder_is_used_only_when_trusted(bare, work, crm, write_config):
    file = write_config(work / "sqlcrm.toml", crm.url, "sandbox-key")
    ran = bare("tables", code=2)
    assert f"sqlcrm trust {file}" in ran.stderr
    bare("trust", "sqlcrm.toml")
    assert "contacts@ac" in bare("tables").stdout
    file.write_text(file.read_text() + "# changed\n")
    bare("tables", code=2)


def test_files_that_lack_what_is_asked_for_are_exit_code_1(bare, work):
    import xlsxwriter

    with xlsxwriter.Workbook(work / "people.xlsx") as book:
        book.add_worksheet("people").write_row(0, 0, ["email", "tag"])
    (work / "people.csv").write_text("email,tag\na@example.org,x\n")
    for text, sentence in {
        "from read_excel('people.xlsx', sheet => 'nope')": "nope",
        "from read_excel('missing.xlsx')": "missing.xlsx",
        "select phone from read_csv('people.csv')": 'Referenced column "phone" not found',
        "from read_csv('missing.csv')": "missing.csv",
    }.items():
        assert sentence in bare("query", text, code=1).stderr


def test_an_unreadable_journal_sends_nothing(sqlcrm, tmp_path, crm):
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state/journal.sqlite3").write_bytes(b"this is no database" * 100)
    ran = sqlcrm("runs", code=2)
    assert "journal.sqlite3" in ran.stderr
    ran = sqlcrm("query", "insert into tags@ac (tag, tag_type) values ('never', 'contact')", code=2)
    assert "journal.sqlite3" in ran.stderr
    with urllib.request.urlopen(f"{crm.url}/_sandbox/state") as answer:
        assert "never" not in {tag["tag"] for tag in json.load(answer)["tags"]}


def test_rejected_rows_are_exit_code_4_and_the_script_goes_on(sqlcrm):
    text = "insert into tags@ac (tag, tag_type) values ('', 'contact'); select 5 as five"
    ran = sqlcrm("query", text, "--format", "csv", code=4)
    assert ran.stdout == "five\n5\n"
    assert "1 rejected" in ran.stderr


def test_a_guard_is_exit_code_6_and_yes_allows_it(sqlcrm):
    sqlcrm("query", "insert into tags@ac (tag, tag_type) values ('brief', 'contact')")
    delete = "delete from tags@ac where tag = 'brief'; select 1"
    ran = sqlcrm("query", delete, code=6)
    assert "--yes" in ran.stderr
    assert "1 further statement was not run" in ran.stderr
    ran = sqlcrm("query", delete, "--max-changes", "1", "--max-deletes", "1")
    assert "DELETE tags@ac: 1 done" in ran.stderr


def test_on_error_continue_runs_the_rest(bare):
    ran = bare("query", "select nope; select 2 as n", "--format", "csv", code=1)
    assert ran.stdout == ""
    ran = bare("query", "select nope; select 2 as n", "--on-error", "continue", code=1)
    assert "2" in ran.stdout


def test_text_that_is_no_utf_8_is_said(bare, work):
    (work / "old.sql").write_bytes("select 'é'".encode("latin-1"))
    assert "old.sql is not UTF-8 (byte 9)" in bare("run", "old.sql", code=1).stderr


def test_a_mistake_of_ours_is_one_line_with_the_way_to_its_traceback(capsys):
    from sqlcrm.shell.failures import failed

    assert failed(KeyError("x")) == 1
    line = capsys.readouterr().err
    assert line.startswith("error: KeyError: 'x'; this is a mistake in sqlcrm; run with SQLCRM_DEB")


def test_unknown_outcomes_are_exit_code_5_and_stop_the_script(bare, work, write_config):
    options = Options(people=20, limits="off", faults="lost-reply:0.8")
    with serve([available()["activecampaign"]], options) as running:
        write_config(work / "c.toml", running[0].url, "sandbox-key")
        text = (
            "insert into contact_notes@ac (contact_id, note) values (1, 'a'), (2, 'b'), (3, 'c');"
            "select 'not reached'"
        )
        ran = bare("--config", "c.toml", "query", text, code=5)
    assert ran.stdout == ""
    assert "unknown row" in ran.stderr
    assert "1 further statement was not run" in ran.stderr
