"""`sqlcrm sandbox`: serves local CRMs until somebody stops it."""

from __future__ import annotations

import gc
import json
import os
import shlex
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Literal

import click

from sqlcrm.errors import ConfigurationError, did_you_mean
from sqlcrm.sandbox import Options, Running, Sandbox, available, serve
from sqlcrm.session.opening import trust
from sqlcrm.session.text import escaped
from sqlcrm.shell.signals import STOPS

_MARK = "# Written by sqlcrm sandbox; it may be overwritten by it."


class _Stopped(BaseException):
    """SIGINT or SIGTERM."""


def serve_sandboxes(
    names: Sequence[str],
    *,
    port: int,
    people: int,
    seed: int,
    limits: Literal["real", "off"],
    latency: float,
    faults: str,
    config_out: Path | None,
) -> int:
    """Serve the CRMs called `names` until SIGINT or SIGTERM; return 0 then."""
    chosen = _chosen(names)
    _check_free(config_out)
    options = Options(people, seed, limits, latency, faults)
    with (
        suppress(_Stopped),
        _stoppable(),
        _config_file(config_out) as path,
        serve(chosen, options, port, _log) as running,
    ):
        write_config(path, running, unlimited=limits == "off")
        trust(path)
        _log(f"connections: {path}")
        _log(f"try: sqlcrm --config {shlex.quote(str(path))} tables; Ctrl-C ends this")
        gc.collect()
        gc.freeze()  # going through all its people again and again would stop it for a moment
        for one in running:
            click.echo(f"ready {one.name} {one.url}")
        while True:
            time.sleep(3600)
    return 0


def _chosen(names: Sequence[str]) -> list[Sandbox]:
    installed = available()
    for name in names:
        if name not in installed:
            hint = did_you_mean(name, installed)
            raise click.UsageError(f"there is no sandbox {name!r}. {hint}")
    return [installed[name] for name in dict.fromkeys(names)]


def _check_free(path: Path | None) -> None:
    """Refuse to overwrite a file that somebody else wrote.

    Raises: ConfigurationError.
    """
    if path is None or not path.exists():
        return
    try:
        ours = path.is_file() and path.read_bytes().startswith(_MARK.encode())
    except OSError:
        ours = False
    if not ours:
        raise ConfigurationError(
            f"{path} exists and was not written by a sandbox: choose another --config-out"
        )


@contextmanager
def _stoppable() -> Iterator[None]:
    """Raise _Stopped at the first SIGINT or SIGTERM; ending is not disturbed by more of them."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for one in STOPS:
            signal.signal(one, signal.SIG_IGN)
        raise _Stopped

    for one in STOPS:
        signal.signal(one, stop)
    yield


@contextmanager
def _config_file(path: Path | None) -> Iterator[Path]:
    """Yield where to write the connections: as asked, else in a temporary folder."""
    if path is not None:
        yield path.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="sqlcrm-sandbox-") as folder:
        yield Path(folder) / "sqlcrm.toml"


def write_config(path: Path, running: Sequence[Running], *, unlimited: bool) -> None:
    """Write a connections file, 0600, that leads to these CRMs.

    Raises: ConfigurationError where it cannot be written.
    """
    lines = [_MARK]
    for one in running:
        lines += ["", f"[connections.{one.alias}]"]
        lines += [f"{key} = {_toml(value)}" for key, value in one.settings.items()]
        if unlimited:
            lines.append('rate_limit = "off"')
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write("\n".join(lines) + "\n")
        part.replace(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written ({error.strerror})") from None


def _toml(value: object) -> str:
    """Return a value as TOML; JSON's texts, numbers and truth values are TOML's as well."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value)


def _log(line: str) -> None:
    click.echo(escaped(line), err=True)
