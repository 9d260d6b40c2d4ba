"""Whose memory a connection has: Action Network does not tell whose a key is."""

from pathlib import Path
from typing import Any

import pytest

import sqlcrm
from sqlcrm.sandbox import Options, Running, serve
from sqlcrm_action_network.sandbox import OTHER_KEY, sandbox


@pytest.fixture(scope="module")
def running() -> Any:
    with serve([sandbox], Options(people=30, limits="off")) as found:
        yield found[0]


def account(running: Running, state: Path, **more: str) -> str:
    """Return what names the account of a connection with these settings."""
    with sqlcrm.connect(an={**running.settings, "rate_limit": "off", **more}, state=state) as db:
        return str(db.session.connections.get("an").identity.account)


def test_another_key_is_another_account(running: Running, tmp_path: Path) -> None:
    assert account(running, tmp_path) == account(running, tmp_path)
    assert account(running, tmp_path) != account(running, tmp_path, api_key=OTHER_KEY)


def test_a_secret_of_webhooks_that_is_added_or_changed_loses_no_memory(
    running: Running, tmp_path: Path
) -> None:
    """Opt-outs and donations of an account would be forgotten with its name."""
    before = account(running, tmp_path)
    assert account(running, tmp_path, webhook_secret="a" * 24) == before
    assert account(running, tmp_path, webhook_secret="b" * 24) == before


def test_a_name_of_ones_own_outlives_a_key(running: Running, tmp_path: Path) -> None:
    named = account(running, tmp_path, account="our-group")
    assert account(running, tmp_path, account="our-group", api_key=OTHER_KEY) == named


def test_no_account_shows_its_key(running: Running, tmp_path: Path) -> None:
    assert str(running.settings["api_key"]) not in account(running, tmp_path)
