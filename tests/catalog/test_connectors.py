"""Connectors are found by name, and checked when they are loaded."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import Any

import pytest

from sqlcrm.catalog import connectors
from sqlcrm.catalog.connectors import installed, load
from sqlcrm.errors import ConfigurationError, DeclarationError
from sqlcrm.sdk import Connector


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let the entry points be what a test gives, by name."""

    def put(**points: Any) -> None:
        monkeypatch.setattr(connectors, "installed", lambda: points)
        load.cache_clear()

    yield put
    load.cache_clear()


def test_an_installed_connector_is_loaded_once() -> None:
    assert isinstance(installed()["activecampaign"], EntryPoint)
    assert isinstance(load("activecampaign"), Connector)
    assert load("activecampaign") is load("activecampaign")


def test_an_unknown_connector_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(ConfigurationError, match="Did you mean activecampaign"):
        load("active_campaign")


def test_e13_a_connector_that_cannot_be_imported_is_named(install: Any) -> None:
    def broken() -> None:
        raise ZeroDivisionError("oops")

    install(broken=SimpleNamespace(load=broken))
    with pytest.raises(
        DeclarationError, match="'broken' cannot be loaded: ZeroDivisionError: oops"
    ):
        load("broken")


def test_e13_what_is_no_connector_is_named(install: Any) -> None:
    install(odd=SimpleNamespace(load=lambda: "connector"))
    with pytest.raises(DeclarationError, match="'odd' is a str, no Connector"):
        load("odd")


def test_a_connector_that_declares_something_impossible_is_refused(install: Any) -> None:
    import dataclasses

    bad = dataclasses.replace(load("activecampaign"), limits=())
    install(bad=SimpleNamespace(load=lambda: bad))
    with pytest.raises(DeclarationError, match="no rate limit is declared"):
        load("bad")
