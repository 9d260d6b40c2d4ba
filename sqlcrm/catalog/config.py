"""The connections: sqlcrm.toml or mappings, checked, and their settings fetched when needed."""

from __future__ import annotations

import difflib
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sqlcrm.catalog.secrets import (
    Secret,
    Source,
    others_may,
    parse_source,
    read_source,
)
from sqlcrm.errors import ConfigurationError, did_you_mean
from sqlcrm.state.folder import config_folder

if TYPE_CHECKING:
    from sqlcrm.sdk import Connector, Setting

FILE = "sqlcrm.toml"

RESERVED = {"inmemorystorage", "sqlcrm"}
"""What `@alias` means already."""

Value: TypeAlias = Secret | Source


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """One connection as it was configured: no value has been fetched yet.

    settings: what the connector is told. Every literal is a Secret until the connector says which
    are not.
    rate_limit: calls a second, "off", or None for the connector's own.
    cache_ttl: seconds that what was read may be used again, None for the default.
    account: what names the account in the journal, where the API does not tell.
    file: where it stands; None for what came from Python.
    exposed: others may read that file, so no secret may stand in it.
    """

    alias: str
    connector: str
    settings: Mapping[str, Value]
    read_only: bool = False
    rate_limit: float | Literal["off"] | None = None
    default_country: str = ""
    max_requests: int | None = None
    allow_resubscribe: bool | None = None
    cache_ttl: float | None = None
    account: str = ""
    file: Path | None = None
    exposed: bool = field(default=False, repr=False)

    def __str__(self) -> str:
        return f"@{self.alias} ({self.connector})"


def find_config(
    explicit: Path | None, folder: Path, trusted: Callable[[Path], bool] | None = None
) -> Path | None:
    """Return the connections file to use, None where there is none.

    explicit: what `--config` names; then SQLCRM_CONFIG, `folder`, the user's own folder.
    A file found in `folder` can run commands and send secrets, so it must be trusted.
    """
    named = explicit or (Path(name) if (name := os.environ.get("SQLCRM_CONFIG", "")) else None)
    if named is not None:
        named = named.expanduser()
        if not named.exists() or named.is_dir():
            raise ConfigurationError(f"There is no connections file {named}: check the name.")
        return named
    own = config_folder(create=False) / FILE
    here = folder / FILE
    if here.is_file() and not (own.is_file() and here.samefile(own)):
        if not (trusted or _is_trusted)(here):
            raise ConfigurationError(
                f"{here} is not trusted, or changed since: it can run commands and send secrets. "
                f"Read it, then: sqlcrm trust {here}"
            )
        return here
    return own if own.is_file() else None


def load_config(source: Path | Mapping[str, Any]) -> dict[str, ConnectionConfig]:
    """Return the connections by alias, in lower case and in the order written.

    source: a TOML file, or a mapping: as such a file, or straight from alias to connection.
    """
    if isinstance(source, Mapping):
        return _connections(_tables(source), "The connections", None, False)
    import tomllib

    try:
        with source.open("rb") as file:
            exposed = others_may(file.fileno())
            text = file.read().decode("utf-8-sig")
        document = tomllib.loads(text)
    except OSError as error:
        raise ConfigurationError(f"{source} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError:
        raise ConfigurationError(f"{source} is not UTF-8: save it as such.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{source} is not valid TOML: {error}.") from None
    if unknown := [key for key in document if key != "connections"]:
        raise ConfigurationError(
            f"{source}: {unknown[0]} is unknown; connections stand as [connections.NAME]."
        )
    tables = document.get("connections", {})
    if not isinstance(tables, dict):
        raise ConfigurationError(f"{source}: connections must be tables, as [connections.NAME].")
    return _connections(tables, str(source), source.absolute(), exposed)


def resolve(config: ConnectionConfig, connector: Connector) -> dict[str, str]:
    """Fetch and check every setting that the connector declares, "" where an optional one is unset.

    Raises: ConfigurationError, which never holds a value.
    """
    declared = {setting.name: setting for setting in connector.settings}
    for name in config.settings:
        if name not in declared:
            near = did_you_mean(name, [*declared, *_POLICIES])
            raise ConfigurationError(f"Connection {config}: {name} is unknown. {near}")
    missing = [
        s.name
        for s in connector.settings
        if s.required and not s.default and s.name not in config.settings
    ]
    if missing:
        examples = ", ".join(_example(declared[name]) for name in missing)
        names = " and ".join(missing)
        raise ConfigurationError(f"Connection {config} lacks {names}: add {examples}.")
    return {setting.name: _setting(config, setting) for setting in connector.settings}


def _is_trusted(path: Path) -> bool:
    from sqlcrm.state.journal import Journal
    from sqlcrm.state.trust import Trust

    with Journal() as journal:
        return Trust(journal).is_trusted(path)


def _tables(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the connections of a mapping, which may be shaped as the file is."""
    inner = source.get("connections")
    if len(source) == 1 and isinstance(inner, Mapping) and "connector" not in inner:
        return inner
    return source


def _connections(
    tables: Mapping[str, Any], where: str, file: Path | None, exposed: bool
) -> dict[str, ConnectionConfig]:
    found: dict[str, ConnectionConfig] = {}
    for alias, table in tables.items():
        _check_alias(alias, where)
        if (twin := found.get(alias.lower())) is not None:
            raise ConfigurationError(
                f"{where}: {twin.alias} and {alias} are the same name: rename one."
            )
        if not isinstance(table, Mapping):
            raise ConfigurationError(f"{where}: {alias} must be a table, as [connections.{alias}].")
        found[alias.lower()] = _connection(alias, table, f"{where}: {alias}", file, exposed)
    return found


def _check_alias(alias: Any, where: str) -> None:
    if not isinstance(alias, str) or not re.fullmatch(r"[A-Za-z0-9_]+", alias):
        raise ConfigurationError(
            f"{where}: {alias!r} cannot be a connection's name: take letters, digits and _."
        )
    if alias.lower() in RESERVED:
        raise ConfigurationError(f"{where}: @{alias} means something already: take another name.")


def _connection(
    alias: str, table: Mapping[str, Any], where: str, file: Path | None, exposed: bool
) -> ConnectionConfig:
    connector = table.get("connector")
    if not isinstance(connector, str) or not connector:
        raise ConfigurationError(f'{where} names no connector: add connector = "…".')
    folder = file.parent if file else Path.cwd()
    settings: dict[str, Value] = {}
    policies: dict[str, Any] = {}
    for name, value in table.items():
        if name in _POLICIES:
            valid, what = _POLICIES[name]
            if not valid(value):
                raise ConfigurationError(f"{where}: {name} must be {what}.")
            policies[name] = value
        elif name != "connector":
            settings[name] = _value(f"{where}: {name}", value, folder)
    shown = MappingProxyType(settings)
    return ConnectionConfig(alias, connector, shown, **policies, file=file, exposed=exposed)


def _value(what: str, value: Any, folder: Path) -> Value:
    if isinstance(value, str):
        return Secret(value)
    if isinstance(value, Secret | Source):
        return value
    if isinstance(value, Mapping):
        return parse_source(what, value, folder)
    name = what.rsplit(": ", 1)[-1]
    near = difflib.get_close_matches(name, _POLICIES, n=1)
    raise ConfigurationError(
        f"{what} is no setting that is a number or a switch. Did you mean {near[0]}?"
        if near
        else f'{what} must be a text in quotes, or a source as {{ env = "NAME" }}.'
    )


def _setting(config: ConnectionConfig, setting: Setting) -> str:
    what = f"Connection {config}: {setting.name}"
    given = config.settings.get(setting.name)
    if given is None:
        return setting.default
    if isinstance(given, Source):
        value = read_source(what, given)
    else:
        value = given.reveal()
        if setting.secret and config.exposed:
            raise ConfigurationError(
                f"{what} stands in a file that others may read: chmod 600 {config.file}"
            )
    if not value and setting.required:
        raise ConfigurationError(f"{what} is empty: fill it in.")
    if not value.isprintable():
        raise ConfigurationError(
            f"{what} holds a line break or another invisible character: take it out."
        )
    value = _stripped(value, setting.strip)
    if setting.choices and value not in setting.choices:
        choices = ", ".join(setting.choices)
        raise ConfigurationError(f"{what} must be one of {choices}.")
    return value


def _stripped(value: str, endings: tuple[str, ...]) -> str:
    """Take the endings off, in whatever order they come."""
    while ending := next((e for e in endings if e and value.endswith(e)), ""):
        value = value.removesuffix(ending)
    return value


def _example(setting: Setting) -> str:
    if setting.secret:
        return f'{setting.name} = {{ env = "…" }}'
    return f'{setting.name} = "{setting.choices[0] if setting.choices else "…"}"'


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


_POLICIES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "read_only": (_is_switch, "true or false"),
    "rate_limit": (
        lambda v: v == "off" or (_is_number(v) and v > 0),
        'calls a second, above 0, or "off"',
    ),
    "default_country": (
        lambda v: isinstance(v, str) and re.fullmatch(r"[A-Z]{2}", v) is not None,
        'a country\'s two capital letters, such as "GB"',
    ),
    "max_requests": (
        lambda v: isinstance(v, int) and not isinstance(v, bool) and v > 0,
        "a whole number above 0",
    ),
    "allow_resubscribe": (_is_switch, "true or false"),
    "cache_ttl": (lambda v: _is_number(v) and v >= 0, "a number of seconds, 0 or more"),
    "account": (lambda v: isinstance(v, str) and bool(v.strip()), "a name in quotes"),
}
"""What a connection may be told beside its connector's settings: a check, and its words."""
