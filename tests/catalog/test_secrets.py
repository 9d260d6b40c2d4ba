"""Where values come from, and that no message tells them."""

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sqlcrm.catalog import secrets
from sqlcrm.catalog.secrets import Secret, Source, parse_source, read_source
from sqlcrm.errors import ConfigurationError

CANARY = "canary-7f3a"


def fetched(value: dict[str, Any], folder: Path = Path()) -> str:
    return read_source("api_key", parse_source("api_key", value, folder))


def refused(value: dict[str, Any], folder: Path = Path()) -> str:
    with pytest.raises(ConfigurationError) as caught:
        fetched(value, folder)
    said = str(caught.value)
    error: BaseException | None = caught.value
    while error is not None:  # a traceback shows the whole chain
        assert CANARY not in repr(error)
        error = error.__cause__
    assert said.startswith("api_key")
    assert "\n" not in said
    return said


def python(code: str) -> dict[str, Any]:
    return {"command": [sys.executable, "-c", code]}


def test_e7_a_secret_is_never_shown() -> None:
    secret = Secret(CANARY)
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret:>9}", "%r" % [secret]):
        assert CANARY not in shown
        assert "***" in shown
    assert secret.reveal() == CANARY
    assert secret == Secret(CANARY)


def test_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AC_KEY", CANARY)
    assert fetched({"env": "AC_KEY"}) == CANARY
    monkeypatch.setenv("AC_KEY", "")
    assert "AC_KEY is empty" in refused({"env": "AC_KEY"})
    monkeypatch.delenv("AC_KEY")
    assert "AC_KEY is not set: export AC_KEY=" in refused({"env": "AC_KEY"})


def test_a_file_beside_the_config_or_anywhere(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(CANARY.encode() + b"\r\n")
    file.chmod(0o600)
    assert fetched({"file": "key"}, tmp_path) == CANARY
    assert fetched({"file": str(file)}, Path("/elsewhere")) == CANARY
    file.write_bytes(b"\n")
    assert "is empty" in refused({"file": "key"}, tmp_path)
    file.write_bytes(b"\xff")
    assert "UTF-8" in refused({"file": "key"}, tmp_path)
    file.write_bytes(b"x" * 70_000)
    assert "larger than 64 KiB" in refused({"file": "key"}, tmp_path)
    assert "cannot be read" in refused({"file": "gone"}, tmp_path)


def test_a_file_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "key").write_text(CANARY)
    (tmp_path / "key").chmod(0o400)
    assert fetched({"file": "~/key"}, Path("/elsewhere")) == CANARY


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_e8_a_secret_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "key"
    file.write_text(CANARY)
    file.chmod(mode)
    assert refused({"file": "key"}, tmp_path).endswith(f"chmod 600 {file}")


def test_a_command_is_run_without_a_shell_and_one_newline_is_taken_off(tmp_path: Path) -> None:
    assert fetched(python(f"print({CANARY!r})")) == CANARY
    assert fetched(python("print('a'); print()")) == "a\n"
    assert fetched({"command": ["echo", "$HOME; ls"]}) == "$HOME; ls"
    assert fetched(python("import sys; print(repr(sys.stdin.read()))")) == "''"


def test_a_failing_command_tells_neither_its_output_nor_its_arguments(
    capfd: pytest.CaptureFixture[str],
) -> None:
    code = f"import sys; print({CANARY!r}); print({CANARY!r}, file=sys.stderr); sys.exit(3)"
    assert "ended with code 3" in refused(python(code))
    assert "is empty" in refused(python("pass"))
    assert "UTF-8" in refused(python("import os; os.write(1, b'\\xff')"))
    assert "cannot be run" in refused({"command": ["/no/such/program", CANARY]})
    assert "cannot be run" in refused({"command": ["ls\0", CANARY]})
    assert capfd.readouterr() == ("", "")
    source = parse_source("api_key", {"command": ["ls", CANARY]}, Path())
    assert CANARY not in repr(source)


def test_a_command_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert secrets.TIMEOUT == 30
    monkeypatch.setattr(secrets, "TIMEOUT", 0.3)
    hang = f"import sys, signal; print({CANARY!r}, flush=True); signal.pause()"
    assert "longer than 0.3 s" in refused(python(hang))


def fake_keyring(monkeypatch: pytest.MonkeyPatch, get: Any) -> type[Exception]:
    """A keyring package that answers by `get`; the real one may not be installed."""
    keyring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    error = type("KeyringError", (Exception,), {})
    errors.KeyringError = error  # type: ignore[attr-defined]
    keyring.get_password = get  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return error


def test_a_keyring_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {("sqlcrm", "ac"): CANARY}
    fake_keyring(monkeypatch, lambda service, name: entries.get((service, name)))
    assert fetched({"keyring": "ac"}) == CANARY
    assert refused({"keyring": "hub"}).endswith("keyring set sqlcrm hub")


def test_a_locked_keyring_is_an_error_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(service: str, name: str) -> str:
        raise error(CANARY)

    error = fake_keyring(monkeypatch, locked)
    assert "unlock it" in refused({"keyring": "ac"})


def test_e8_without_the_keyring_package_the_message_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "pip install keyring" in refused({"keyring": "ac"})


def test_nothing_is_fetched_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {})
    assert parse_source("api_key", {"env": "AC_KEY"}, Path()) == Source("env", "AC_KEY")
