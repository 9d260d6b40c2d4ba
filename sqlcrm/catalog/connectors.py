"""Finds the connectors that are installed, and loads one when it is named."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from sqlcrm.errors import ConfigurationError, DeclarationError, did_you_mean
from sqlcrm.sdk import Connector, validate

GROUP = "sqlcrm.connectors"


@cache
def installed() -> dict[str, EntryPoint]:
    """Return the entry point of every connector by its name; loads none of them."""
    return {point.name: point for point in entry_points(group=GROUP)}


@cache
def load(name: str) -> Connector:
    """Return a connector, checked.

    Raises: ConfigurationError for a name that is not installed; DeclarationError, naming the
    connector, where it cannot be loaded or declares something impossible.
    """
    point = installed().get(name)
    if point is None:
        hint = did_you_mean(name, installed())
        raise ConfigurationError(f"there is no connector {name!r}. {hint}")
    try:
        connector = point.load()
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise DeclarationError(f"connector {name!r} cannot be loaded: {why}") from error
    if not isinstance(connector, Connector):
        raise DeclarationError(f"connector {name!r} is a {type(connector).__name__}, no Connector")
    validate(connector)
    return connector
