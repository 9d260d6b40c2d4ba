import json


def test_tables_need_no_call_and_name_their_connection(sqlcrm):
    listed = json.loads(sqlcrm("tables", "ac", "--format", "json").stdout)
    assert {"contacts@ac", "tags@ac"} <= {line["table"] for line in listed}
    assert "Did you mean ac" in sqlcrm("tables", "acc", code=2).stderr


def test_connections_list_shows_no_secret(sqlcrm, config):
    (one,) = json.loads(sqlcrm("connections", "list", "--format", "json").stdout)
    assert one["connection"] == "ac"
    assert one["file"] == str(config)
    assert one["rate_limit"] == "off"


def test_connections_test_says_who_you_are(sqlcrm, crm):
    (one,) = json.loads(sqlcrm("connections", "test", "--format", "json").stdout)
    assert one["url"] == crm.url
    assert "@" in one["you"]
    assert one["may"]


def test_the_worst_connection_decides(sqlcrm):
    ran = sqlcrm("connections", "test", "ac", "nope", code=2)
    assert "there is no connection 'nope'" in ran.stderr
    assert "activecampaign" in ran.stdout


def test_without_connections_it_says_what_to_do(bare):
    assert "sqlcrm sandbox activecampaign" in bare("tables").stderr
