"""Where sqlcrm keeps its files. Folders are made 0700 and files 0600; existing ones are kept."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from sqlcrm.errors import ConfigurationError, JournalProblem


def state_folder(*, create: bool = True) -> Path:
    """Return the folder of the journal and other memory: SQLCRM_STATE, else the user's own.

    Raises: JournalProblem where it cannot be made.
    """
    asked = os.environ.get("SQLCRM_STATE", "")
    path = (Path(asked).expanduser() if asked else _users("state")).absolute()
    if create:
        try:
            make_private_folder(path)
        except OSError as error:
            raise JournalProblem(
                f"The state folder {path} cannot be made ({error.strerror}): "
                "make it yourself, or name another one in SQLCRM_STATE."
            ) from error
    return path


def config_folder(*, create: bool = True) -> Path:
    """Return the folder of the user's own sqlcrm.toml.

    Raises: ConfigurationError where it cannot be made.
    """
    path = _users("config").absolute()
    if create:
        try:
            make_private_folder(path)
        except OSError as error:
            raise ConfigurationError(
                f"The config folder {path} cannot be made ({error.strerror}): make it yourself, "
                "or name a file with --config."
            ) from error
    return path


def _users(kind: str) -> Path:
    """Return the place that this system has for a user's state or configuration."""
    import platformdirs

    paths = {"state": platformdirs.user_state_path, "config": platformdirs.user_config_path}
    return Path(paths[kind]("sqlcrm"))


def make_private_folder(path: Path) -> None:
    """Make a folder that only the user can enter; one that exists keeps its mode."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def new_private_file(beside: Path) -> Path:
    """Make an empty file, 0600 from its first moment, under an unused hidden name `beside`."""
    path = beside.with_name(f".{beside.name}.{os.getpid()}-{secrets.token_hex(4)}")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
    os.close(os.open(path, flags, 0o600))
    return path


def publish(new: Path, path: Path) -> None:
    """Give the finished file `new` the name `path`, unless a file of that name came first."""
    try:
        path.hardlink_to(new)  # unlike a rename, never replaces what another process made
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not path.exists():
            new.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
