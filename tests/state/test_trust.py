from pathlib import Path

import pytest

from sqlcrm.errors import ConfigurationError
from sqlcrm.state.journal import Journal
from sqlcrm.state.trust import Trust


def test_trust_is_in_one_file_with_one_content(
    journal: Journal, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "sqlcrm.toml"
    file.write_text("a = 1")
    trust = Trust(journal)
    assert not trust.is_trusted(file)
    assert not folder.exists()
    trust.trust(file)
    trust.trust(file)
    assert trust.is_trusted(file)
    copy = tmp_path / "other.toml"
    copy.write_text("a = 1")
    assert not trust.is_trusted(copy)
    file.write_text("a = 2")
    assert not trust.is_trusted(file)
    file.write_text("a = 1")
    with Journal(folder) as later:
        assert Trust(later).is_trusted(file)


def test_a_link_is_trusted_as_what_it_leads_to(journal: Journal, tmp_path: Path) -> None:
    file = tmp_path / "sqlcrm.toml"
    file.write_text("a = 1")
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    Trust(journal).trust(link)
    assert Trust(journal).is_trusted(file)


def test_a_file_that_is_not_there_is_an_error(journal: Journal, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="gone"):
        Trust(journal).trust(tmp_path / "gone.toml")
