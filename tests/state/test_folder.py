"""Where files go, and who may read them."""

import os
import stat
from pathlib import Path

import platformdirs
import pytest

from sqlcrm.errors import ConfigurationError, JournalProblem
from sqlcrm.state import folder as folders
from sqlcrm.state.journal import Journal


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_sqlcrm_state_names_the_state_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SQLCRM_STATE", str(tmp_path / "a" / "b"))
    assert folders.state_folder(create=False) == tmp_path / "a" / "b"
    assert not (tmp_path / "a").exists()
    assert mode(folders.state_folder()) == 0o700
    with Journal() as journal:
        assert journal.path == tmp_path / "a" / "b" / "journal.sqlite3"


def test_else_state_and_config_are_in_the_users_own_folders(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SQLCRM_STATE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for found in (folders.state_folder(), folders.config_folder()):
        assert found.is_relative_to(tmp_path)
        assert found.name == "sqlcrm"
        assert mode(found) == 0o700


def test_a_folder_that_was_there_keeps_its_mode(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setenv("SQLCRM_STATE", str(tmp_path))
    assert mode(folders.state_folder()) == 0o755


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("SQLCRM_STATE", str(file / "state"))
    with pytest.raises(JournalProblem, match="SQLCRM_STATE"):
        folders.state_folder()
    monkeypatch.setattr(platformdirs, "user_config_path", lambda name: file / name)
    with pytest.raises(ConfigurationError, match="--config"):
        folders.config_folder()


def test_a_new_file_is_private_and_never_replaces_another(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        new, late = (folders.new_private_file(tmp_path / "x") for _ in range(2))
    finally:
        os.umask(before)
    assert mode(new) == 0o600
    new.write_text("first")
    late.write_text("second")
    folders.publish(new, tmp_path / "x")
    folders.publish(late, tmp_path / "x")
    assert (tmp_path / "x").read_text() == "first"


def test_a_file_system_without_hard_links_will_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with Journal(tmp_path) as journal:
        assert journal.begin_run("query") == 1
    new = folders.new_private_file(tmp_path / "journal.sqlite3")
    folders.publish(new, tmp_path / "journal.sqlite3")
    assert new.exists()
    with Journal(tmp_path) as journal:
        assert journal.begin_run("query") == 2
