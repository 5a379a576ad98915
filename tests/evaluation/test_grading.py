from dataclasses import replace

import pytest

from assistant.evaluation.grading import Row, grade, statements
from assistant.evaluation.replies import Quote, Reply, failed
from assistant.records import EvidenceSpan, GoldQuestion

TEXT = "Ada met Bob in Paris. Then Carl left for Rome. Nobody knew why. 🎉 Das Ende."
TEXTS = {"a": TEXT, "b": "Something else entirely."}
WHERE = GoldQuestion(
    id="q1",
    question="Where did Ada meet Bob?",
    kind="where",
    answers=("Paris",),
    evidence=(EvidenceSpan("a", 0, 21),),
    answerable=True,
)
NOBODY = replace(WHERE, id="q2", answers=(), evidence=(), answerable=False, kind="near_miss")


def quote(number, start, end, article="a"):
    return Quote(number, article, start, end, TEXTS[article][start:end])


def answered(text="Ada met Bob in Paris. [1]", citations=None, **others):
    values = {
        "status": "answered",
        "text": text,
        "short": "Paris",
        "confidence": 0.8,
        "citations": (quote(1, 0, 21),) if citations is None else citations,
        "evidence": (quote(1, 22, 64), quote(2, 0, 46), quote(3, 0, 46)),
    }
    return Reply(**(values | others))


def test_a_right_answer():
    row = grade(WHERE, answered(), 0.5, TEXTS)
    assert (row.outcome, row.text_right, row.short_right, row.exact, row.f1) == (
        "right",
        True,
        True,
        1.0,
        1.0,
    )
    assert [(c.right, c.article_right, c.verbatim) for c in row.citations] == [(True, True, True)]
    assert [(s.right, s.grounded) for s in row.statements] == [(True, True)]
    assert (row.relevant, row.missed) == ((2,), 0)  # the repeated passage counts once
    assert row.within_limits


def test_a_wrong_answer_with_the_article_right():
    said = answered("Then Carl left for Rome. [1]", (quote(1, 22, 46),), short="Rome")
    row = grade(WHERE, said, 0.5, TEXTS)
    assert (row.outcome, row.short_right, row.exact) == ("wrong", False, 0.0)
    assert [(c.right, c.article_right) for c in row.citations] == [(False, True)]


def test_the_threshold_is_applied_afterwards():
    row = grade(WHERE, answered(), 0.5, TEXTS)
    assert row.at(0.8).outcome == "right"
    assert row.at(0.81).outcome == "wrongly_refused"
    assert row.at(0.81).text_right  # of the best candidate, still
    assert row.at(0.81).at(0.0) == row


def test_an_unanswerable_question():
    row = grade(NOBODY, answered(), 0.5, TEXTS)
    assert (row.outcome, row.at(0.9).outcome) == ("wrongly_answered", "rightly_refused")
    assert [(c.right, c.article_right, c.verbatim) for c in row.citations] == [(False, False, True)]
    assert (row.text_right, row.exact, row.f1, row.relevant) == (False, 0.0, 0.0, ())


def test_a_refusal_that_happens_to_hold_the_answer_is_no_answer():
    said = answered("Nothing on Paris.", (), status="not_found", short=None)
    row = grade(WHERE, said, 0.1, TEXTS)
    assert (row.outcome, row.text_right, row.statements) == ("wrongly_refused", False, ())


def test_an_error_counts_as_no_answer():
    assert grade(WHERE, failed("it broke"), 0.1, TEXTS).outcome == "wrongly_refused"


def test_pasting_does_not_count():
    long = answered("word " * 90 + "Paris [1]")
    assert not grade(WHERE, long, 0.1, TEXTS).text_right
    assert not grade(WHERE, answered(short="Paris " * 26), 0.1, TEXTS).within_limits


@pytest.mark.parametrize(
    "said",
    [
        answered("Ada met Bob in Paris."),  # a citation that nothing refers to
        answered("Ada met Bob in Paris. [1][2]"),  # a marker without a citation
        answered(citations=(quote(1, 0, 21), quote(1, 22, 46))),  # a number twice
    ],
)
def test_markers_and_citations_agree(said):
    assert not grade(WHERE, said, 0.1, TEXTS).within_limits


def test_quotes_that_are_not_in_the_article():
    made_up = (
        replace(quote(1, 0, 21), quote="Ada met Bob in London"),
        replace(quote(2, 0, 21), article="no such article"),
        replace(quote(3, 0, 21), start=-5),
        replace(quote(4, 0, 21), end=10_000),
    )
    row = grade(WHERE, answered("Ada [1][2][3][4]", made_up), 0.1, TEXTS)
    assert [c.verbatim for c in row.citations] == [False] * 4


def test_offsets_are_code_points():
    start = TEXT.index("Das")
    row = grade(WHERE, answered("Das Ende. [1]", (quote(1, start, start + 9),)), 0.1, TEXTS)
    assert row.citations[0].verbatim


def test_duplicate_citations_and_empty_answers():
    twice = grade(WHERE, answered("x [1] y [2]", (quote(1, 0, 21), quote(2, 0, 21))), 0.1, TEXTS)
    assert [c.right for c in twice.citations] == [True, True]
    empty = grade(WHERE, answered("", (), short=None, evidence=()), 0.1, TEXTS)
    assert (empty.outcome, empty.exact, empty.f1) == ("wrong", 0.0, 0.0)
    assert (empty.statements, empty.relevant, empty.missed) == ((), (), 1)


def test_statements_are_parted_at_their_markers():
    assert statements("One. Two. [1][2] Three [3]. Four") == [
        ("One. Two.", (1, 2)),
        ("Three", (3,)),
        (". Four", ()),
    ]
    assert statements("") == statements("[1]") == []


def test_rows_survive_json():
    import json

    row = grade(WHERE, answered(), 0.5, TEXTS).at(0.3)
    assert Row.from_values(json.loads(json.dumps(row.values()))) == row
