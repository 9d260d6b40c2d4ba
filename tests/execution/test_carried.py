"""Rows that lie beside others are complete only where the reply says something of them."""

from sqlcrm.execution.carried import Carried, Companion
from sqlcrm.execution.engine import Engine
from sqlcrm.planner.plan import Relation, Scan
from sqlcrm_activecampaign.tables.deals import deal_stages, pipelines


def test_a_reply_that_lacks_what_it_usually_carries_proves_nothing():
    (include,) = (one for read in pipelines.reads for one in read.includes)
    scan = Scan(Relation("m", "deal_stages", "ac", deal_stages), ("id", "pipeline_id"))
    engine = Engine()
    target = engine.stage("deal_stages", [c for c in deal_stages.columns if c.name in scan.columns])
    carried = Carried(engine, Companion(scan, include, target), pipelines, "UTC")
    groups = [{"id": "1", "title": "Hall"}]
    carried.take(groups, {"dealGroups": groups})
    assert carried.keys == set()
    carried.take(groups, {"dealGroups": groups, "dealStages": [{"id": "7", "group": "1"}]})
    carried.hand_over()
    assert carried.keys == {1}
    assert engine.query(f"SELECT * FROM {target}") == [(7, 1)]
    engine.close()
