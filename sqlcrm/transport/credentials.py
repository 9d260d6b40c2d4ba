"""Settings and what follows from them: the headers that carry credentials, the secrets to hide."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sqlcrm.errors import ConfigurationError
from sqlcrm.sdk import Connector

HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")


def complete(connector: Connector, connection: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Return all declared settings, defaults filled in.

    Raises: ConfigurationError where a required one is missing.
    """
    full = {s.name: settings.get(s.name) or s.default for s in connector.settings}
    missing = [s.name for s in connector.settings if s.required and not full[s.name]]
    if missing:
        raise ConfigurationError(f"connection {connection!r} lacks {', '.join(missing)}")
    return full


def credentials(
    connector: Connector, connection: str, settings: Mapping[str, str]
) -> dict[str, str]:
    """Return the headers for the connection's own origin.

    Raises: ConfigurationError for a value that no header can carry, without showing it.
    """
    headers = dict(connector.headers) | connector.auth.headers(settings)
    for name, value in headers.items():
        if not HEADER_VALUE.fullmatch(value):
            raise ConfigurationError(
                f"connection {connection!r}: {', '.join(secret_names(connector)) or name} has a "
                "character that no header can carry, perhaps a line break at its end"
            )
    return headers


def secret_names(connector: Connector) -> list[str]:
    """Return the names of the settings that are secret."""
    return [setting.name for setting in connector.settings if setting.secret]


def secrets(
    connector: Connector, settings: Mapping[str, str], headers: Mapping[str, str]
) -> Iterator[str]:
    """Yield every value to hide: secret settings, and the headers made of them."""
    for name in secret_names(connector):
        yield settings[name]
    for name, value in headers.items():
        if name not in connector.headers:
            yield value
            yield value.rpartition(" ")[2]
