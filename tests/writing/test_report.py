"""A report in words, as a person reads it."""

from sqlcrm.writing.report import Report, Unmatched


def test_a_report_says_counts_calls_reasons_and_where_the_rest_is():
    report = Report(
        verb="insert",
        target="tags@ac",
        run=7,
        statement=1,
        counts={"done": 2, "rejected": 3},
        calls={"GET": 1, "POST": 5},
        seconds=0.26,
        rejected=[(4, {"tag": "x", "tag_type": None}, "no")],
        unmatched=[Unmatched("people.email", "contacts@ac", "email", (("a@x.org", 2),))],
        notices=["look"],
    )
    assert report.lines() == [
        "INSERT tags@ac: 2 done, 3 rejected  (6 calls: 1 GET, 5 POST; 0.3 s; run 7)",
        "  rejected row 4: tag x: no",
        "  … and 2 more: SELECT * FROM rejected@sqlcrm",
        "  1 of people.email met no contacts@ac.email: a@x.org (SELECT * FROM unmatched@sqlcrm)",
        "  note: look",
    ]
    assert (report.exit_code, report.rows) == (4, 5)


def test_unknown_outcomes_weigh_more_than_rejected_rows():
    report = Report("update", "t@a", 1, 1, {"unknown": 1, "rejected": 1}, {}, 0.0)
    assert report.exit_code == 5
    assert Report("update", "t@a", 1, 1, {}, {}, 0.0).lines() == [
        "UPDATE t@a: no rows  (0 calls; 0.0 s; run 1)"
    ]
