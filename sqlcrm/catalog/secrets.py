"""Where the values of settings come from: environment, keyring, file, command, or the text itself.

No message of this module holds a value, nor what a command printed.
"""

from __future__ import annotations

import importlib
import os
import stat
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlcrm.errors import ConfigurationError, did_you_mean

SERVICE = "sqlcrm"
"""The keyring's service under which our entries stand."""

TIMEOUT = 30.0
"""Seconds that a command may take to print a secret."""

LARGEST = 64 << 10
"""Bytes that a secret may have."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text that is shown nowhere by accident."""

    _text: str

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value is kept: `kind` is env, keyring, file or command."""

    kind: str
    name: str = ""
    command: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Source({self.kind!r}, {(self.name or self.command[0])!r})"  # arguments may tell


def parse_source(what: str, value: Mapping[str, Any], folder: Path) -> Source:
    """Return the source that a table such as `{ env = "AC_KEY" }` means.

    what: names the setting in messages. folder: where relative file names start.
    """
    if len(value) != 1:
        raise ConfigurationError(f'{what} must name one source, such as {{ env = "NAME" }}.')
    kind, where = next(iter(value.items()))
    if kind not in _READERS:
        near = did_you_mean(str(kind), _READERS)
        raise ConfigurationError(f"{what} names the unknown source {kind}. {near}")
    if kind == "command":
        return Source(kind, command=_words(what, where))
    if not isinstance(where, str) or not where:
        raise ConfigurationError(f'{what}: {kind} must be a text, as in {{ {kind} = "…" }}.')
    if kind == "file":
        where = str(folder / Path(where).expanduser())
    return Source(kind, where)


def read_source(what: str, source: Source) -> str:
    """Fetch the value, without the newline at its end. Raises: ConfigurationError."""
    value = _READERS[source.kind](what, source)
    if value.endswith("\n"):
        value = value[:-1].removesuffix("\r")
    if not value:
        raise ConfigurationError(f"{what} is empty in its {source.kind} source: fill it in.")
    return value


def others_may(descriptor: int) -> bool:
    """Whether an open file may be read or changed by others than its owner."""
    return bool(stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o066)


def _words(what: str, where: Any) -> tuple[str, ...]:
    words = tuple(where) if isinstance(where, list | tuple) else ()
    if not words or not all(isinstance(word, str) for word in words) or not words[0]:
        raise ConfigurationError(
            f"{what}: command must be a list of texts, as in "
            '{ command = ["pass", "show", "crm"] }.'
        )
    return words


def _from_env(what: str, source: Source) -> str:
    value = os.environ.get(source.name)
    if not value:
        state = "is not set" if value is None else "is empty"
        raise ConfigurationError(
            f"{what}: the environment variable {source.name} {state}: export {source.name}=…"
        )
    return value


def _from_keyring(what: str, source: Source) -> str:
    try:
        keyring = importlib.import_module("keyring")
        errors = importlib.import_module("keyring.errors")
    except ImportError as error:
        raise ConfigurationError(
            f"{what} is in the keyring, which needs a package: pip install keyring, "
            "or name another source."
        ) from error
    try:
        value = keyring.get_password(SERVICE, source.name)
    except errors.KeyringError as error:
        raise ConfigurationError(
            f"{what}: the keyring does not open ({type(error).__name__}): unlock it, "
            "or name another source."
        ) from None
    if not value:
        raise ConfigurationError(
            f"{what}: the keyring holds no {source.name}: keyring set {SERVICE} {source.name}"
        )
    return str(value)


def _from_file(what: str, source: Source) -> str:
    try:
        with Path(source.name).open("rb") as file:
            if others_may(file.fileno()):
                raise ConfigurationError(
                    f"{what}: others may read {source.name}: chmod 600 {source.name}"
                )
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigurationError(
            f"{what}: the file {source.name} cannot be read ({error.strerror})."
        ) from error
    return _text(what, data)


def _from_command(what: str, source: Source) -> str:
    tried = f"{what}: the command {source.command[0]}"
    try:
        done = subprocess.run(  # noqa: S603 - no shell; the user, who trusted this file, wrote it
            source.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:  # holds what was printed
        raise ConfigurationError(f"{tried} took longer than {TIMEOUT:g} s.") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{tried} cannot be run ({_why(error)}).") from None
    if done.returncode != 0:
        raise ConfigurationError(
            f"{tried} ended with code {done.returncode}: run it yourself to see why."
        )
    return _text(what, done.stdout)


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or "bad arguments"


def _text(what: str, data: bytes) -> str:
    if len(data) > LARGEST:
        raise ConfigurationError(f"{what} is larger than {LARGEST >> 10} KiB: is this the secret?")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ConfigurationError(f"{what} is not UTF-8 text.") from None


_READERS: dict[str, Callable[[str, Source], str]] = {
    "env": _from_env,
    "keyring": _from_keyring,
    "file": _from_file,
    "command": _from_command,
}
