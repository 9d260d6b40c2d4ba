"""Connections files and mappings: found, checked, resolved."""

from pathlib import Path
from typing import Any

import platformdirs
import pytest

from sqlcrm.catalog.config import ConnectionConfig, find_config, load_config, resolve
from sqlcrm.catalog.secrets import Secret
from sqlcrm.errors import ConfigurationError
from sqlcrm.sdk import Connector, Flow, HeaderKey, Identity, Request, Setting
from sqlcrm.state.journal import Journal
from sqlcrm.state.trust import Trust


def who() -> Flow[Identity]:
    yield Request("GET", "/users/me")
    return Identity("7")


def connector(*settings: Setting) -> Connector:
    return Connector(
        name="fake",
        title="Fake",
        base_url="{url}",
        settings=settings
        or (
            Setting("url", strip=("/", "/api/3")),
            Setting("api_key", secret=True),
            Setting("region", required=False, default="eu", choices=("eu", "us")),
            Setting("note", required=False),
        ),
        auth=HeaderKey("Api-Token", "api_key"),
        limits=(),
        tables=(),
        who=who,
    )


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "sqlcrm.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def one(**settings: Any) -> ConnectionConfig:
    table = {"connector": "fake", "url": "https://x.example", "api_key": "k", **settings}
    return load_config({"ac": table})["ac"]


def message(call: Any) -> str:
    """The one clear sentence that `call` refuses with."""
    with pytest.raises(ConfigurationError) as caught:
        call()
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user whose state and config are in tmp_path/home, and a working folder beside it."""
    for name in ("SQLCRM_CONFIG", "SQLCRM_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home" / "state"))
    (tmp_path / "home" / "config" / "sqlcrm").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    return tmp_path / "home"


def own_file(home: Path) -> Path:
    folder = platformdirs.user_config_path("sqlcrm")
    folder.mkdir(parents=True, exist_ok=True)
    return written(folder, "")


def test_a_file_becomes_connections_with_policies_apart_from_settings(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        [connections.AC]
        connector = "fake"
        url = "https://x.example/api/3/"
        api_key = { env = "AC_KEY" }
        read_only = true
        rate_limit = 2.5
        default_country = "GB"
        max_requests = 500
        allow_resubscribe = false
        cache_ttl = 60

        [connections.hub_2]
        connector = "other"
        rate_limit = "off"
        """,
    )
    found = load_config(path)
    assert list(found) == ["ac", "hub_2"]
    ac, hub = found.values()
    assert (ac.alias, ac.connector, ac.file) == ("AC", "fake", path)
    assert set(ac.settings) == {"url", "api_key"}
    policies = (ac.read_only, ac.rate_limit, ac.default_country, ac.max_requests)
    assert policies == (True, 2.5, "GB", 500)
    assert (ac.allow_resubscribe, ac.cache_ttl) == (False, 60)
    assert (hub.read_only, hub.rate_limit, hub.allow_resubscribe) == (False, "off", None)


def test_an_empty_file_has_no_connections_and_a_byte_order_mark_is_no_mistake(
    tmp_path: Path,
) -> None:
    assert load_config(written(tmp_path, "")) == {}
    assert list(load_config(written(tmp_path, '\ufeff[connections.a]\nconnector = "x"'))) == ["a"]


def test_mappings_may_be_shaped_as_the_file_or_go_straight_to_the_connections() -> None:
    table = {"connector": "fake", "api_key": Secret("k")}
    for source in ({"ac": table}, {"connections": {"ac": table}}):
        config = load_config(source)["ac"]
        assert (config.alias, config.file) == ("ac", None)
    assert list(load_config({"connections": table})) == ["connections"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[connections.a\n", "line 1"),
        ('[connections.a]\nconnector = "x"\nkey = \n', "line 3"),
        ('[conections.a]\nconnector = "x"', "conections is unknown"),
        ("connections = 3", "[connections.NAME]"),
        ("[connections]\na = 3", "[connections.a]"),
        ('[connections.a]\nurl = "x"', "names no connector"),
        ("[connections.a]\nconnector = 3", "names no connector"),
        ('[connections.sqlcrm]\nconnector = "x"', "@sqlcrm means something already"),
        ('[connections.InMemoryStorage]\nconnector = "x"', "another name"),
        ('[connections."a-b"]\nconnector = "x"', "letters, digits and _"),
        ('[connections.""]\nconnector = "x"', "letters, digits and _"),
        ('[connections."é"]\nconnector = "x"', "letters, digits and _"),
        (
            '[connections.ac]\nconnector = "x"\n[connections.AC]\nconnector = "x"',
            "ac and AC are the same name",
        ),
        ('[connections.a]\nconnector = "x"\nport = 80', "text in quotes"),
        ('[connections.a]\nconnector = "x"\nkey = { envv = "K" }', "Did you mean env"),
        ('[connections.a]\nconnector = "x"\nkey = { env = 3 }', "must be a text"),
        ('[connections.a]\nconnector = "x"\nkey = { env = "A", file = "b" }', "one source"),
        ('[connections.a]\nconnector = "x"\nkey = {}', "one source"),
        ('[connections.a]\nconnector = "x"\nkey = { command = "pass a" }', "list of texts"),
        ('[connections.a]\nconnector = "x"\nkey = { command = [] }', "list of texts"),
        ('[connections.a]\nconnector = "x"\nkey = { command = ["a", 1] }', "list of texts"),
        ('[connections.a]\nconnector = "x"\nread_only = "yes"', "true or false"),
        ('[connections.a]\nconnector = "x"\nrate_limit = 0', 'above 0, or "off"'),
        ('[connections.a]\nconnector = "x"\nrate_limit = true', 'above 0, or "off"'),
        ('[connections.a]\nconnector = "x"\nrate_limit = inf', 'above 0, or "off"'),
        ('[connections.a]\nconnector = "x"\ndefault_country = "Britain"', "two capital letters"),
        ('[connections.a]\nconnector = "x"\nmax_requests = 1.5', "whole number above 0"),
        ('[connections.a]\nconnector = "x"\nallow_resubscribe = 1', "true or false"),
        ('[connections.a]\nconnector = "x"\ncache_ttl = -1', "0 or more"),
    ],
)
def test_mistakes_in_a_file_are_one_sentence_that_names_it(
    tmp_path: Path, text: str, says: str
) -> None:
    path = written(tmp_path, text)
    said = message(lambda: load_config(path))
    assert says in said
    assert str(path) in said


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert "gone.toml" in message(lambda: load_config(tmp_path / "gone.toml"))
    path = tmp_path / "latin.toml"
    path.write_bytes(b'a = "\xe9"')
    assert "UTF-8" in message(lambda: load_config(path))


def test_settings_are_resolved_with_defaults_and_without_their_declared_endings() -> None:
    config = one(url="https://x.example/api/3/")
    assert resolve(config, connector()) == {
        "url": "https://x.example",
        "api_key": "k",
        "region": "eu",
        "note": "",
    }


def test_unknown_settings_offer_the_nearest_names() -> None:
    said = message(lambda: resolve(one(api_kay="k"), connector()))
    assert "@ac" in said
    assert "Did you mean api_key" in said
    assert "Did you mean read_only" in message(lambda: resolve(one(readonly="k"), connector()))


def test_missing_settings_are_named_all_at_once_with_what_to_add() -> None:
    config = load_config({"ac": {"connector": "fake"}})["ac"]
    said = message(lambda: resolve(config, connector()))
    assert 'lacks url and api_key: add url = "…", api_key = { env = "…" }' in said


def test_values_must_be_among_the_choices_not_empty_and_of_one_line() -> None:
    assert "one of eu, us" in message(lambda: resolve(one(region="eux"), connector()))
    assert "is empty" in message(lambda: resolve(one(api_key=""), connector()))
    said = message(lambda: resolve(one(api_key="k\r\nX-Evil: 1"), connector()))
    assert "line break" in said
    assert "Evil" not in said


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_e8_a_literal_secret_in_a_file_that_others_may_read_is_refused(
    tmp_path: Path, mode: int
) -> None:
    text = '[connections.a]\nconnector = "fake"\nurl = "https://x"\napi_key = "CANARY"'
    path = written(tmp_path, text, mode)
    said = message(lambda: resolve(load_config(path)["a"], connector()))
    assert said.endswith(f"chmod 600 {path}")
    assert "CANARY" not in said
    path.chmod(0o600)
    assert resolve(load_config(path)["a"], connector())["api_key"] == "CANARY"


def test_a_file_that_others_may_read_may_hold_what_is_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AC_KEY", "k")
    text = '[connections.a]\nconnector = "fake"\nurl = "https://x"\napi_key = { env = "AC_KEY" }'
    path = written(tmp_path, text, 0o644)
    assert resolve(load_config(path)["a"], connector())["api_key"] == "k"


def test_e7_no_literal_is_shown_by_any_text_of_a_connection() -> None:
    config = one(api_key="CANARY", note=Secret("CANARY"))
    for shown in (repr(config), str(config), f"{config}", repr(config.settings)):
        assert "CANARY" not in shown


def test_connections_cannot_be_changed_after_the_check() -> None:
    config = one()
    with pytest.raises(AttributeError):
        config.read_only = True  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.settings["url"] = Secret("x")  # type: ignore[index]


def test_the_file_named_comes_first_then_the_environment_then_the_users_own(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = home.parent / "work"
    assert find_config(None, work) is None
    own = own_file(home)
    assert find_config(None, work) == own
    named = home / "named.toml"
    named.write_text("")
    monkeypatch.setenv("SQLCRM_CONFIG", str(named))
    assert find_config(None, work) == named
    monkeypatch.setenv("SQLCRM_CONFIG", "~/named.toml")
    assert find_config(None, work) == named
    other = home / "other.toml"
    other.write_text("")
    assert find_config(other, work) == other
    assert "gone.toml" in message(lambda: find_config(home / "gone.toml", work))
    assert "no connections file" in message(lambda: find_config(home, work))


def test_a_working_folders_file_is_used_only_after_trust_and_until_it_changes(home: Path) -> None:
    work = home.parent / "work"
    own_file(home)
    here = written(work, "")
    said = message(lambda: find_config(None, work))
    assert said.endswith(f"sqlcrm trust {here}")
    assert not (home / "state").exists()
    with Journal() as journal:
        Trust(journal).trust(here)
    assert find_config(None, work) == here
    here.write_text("# changed")
    assert "sqlcrm trust" in message(lambda: find_config(None, work))
    assert find_config(None, work, trusted=lambda path: path == here) == here


def test_the_users_own_file_needs_no_trust_in_its_own_folder(home: Path) -> None:
    own = own_file(home)
    assert find_config(None, own.parent) == own
