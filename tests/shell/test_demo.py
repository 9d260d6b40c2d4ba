import re


def test_the_demo_tags_people_twice_and_touches_nothing_else(bare, work, tmp_path):
    ran = bare("demo", "--people", "300")
    told = ran.stdout
    done = re.findall(r"INSERT ContactTagsByContactId@ac: (.*?)  \((\d+) calls", told)
    assert len(done) == 4
    assert all("done" in counts for counts, _ in done[:2])
    assert [counts for counts, _ in done[2:]] == ["40 unchanged"] * 2
    assert re.findall(r"of the 40 had '.*' before, (\d+) have it now", told) == ["40", "40"]
    assert "insert into ContactTagsByContactId@ac\n   ( contact\n   , tag\n   )\n" in told
    assert "nobody@example.org" in told
    assert "a tag that does not exist" in told
    assert told.rstrip().splitlines()[-1].strip().startswith("sqlcrm --config sandbox.toml")
    assert list(work.iterdir()) == []
    assert not (tmp_path / "state").exists()


def test_what_the_demo_says_to_try_next_works(bare, sqlcrm, work, crm, write_config):
    from sqlcrm.shell.demo import NEXT

    write_config(work / "sandbox.toml", crm.url, "sandbox-key")
    commands = re.findall(r"^  sqlcrm --config (sandbox.toml \w.*)$", NEXT, re.MULTILINE)
    assert len(commands) >= 4
    import shlex

    for command in commands:
        bare("--config", *shlex.split(command))
    assert (work / "contacts.csv").read_text().count("\n") >= 300
