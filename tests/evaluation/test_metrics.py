import math

import pytest

from assistant.evaluation.grading import CitationVerdict, Row, StatementVerdict
from assistant.evaluation.metrics import BY_NAME, METRICS, groups, measure


def row(number=0, **values):
    defaults = {
        "id": f"q{number}",
        "fingerprint": "f",
        "kind": "who",
        "answerable": True,
        "status": "answered",
        "answered": True,
        "confidence": 0.5,
        "text_right": False,
        "short_right": False,
        "exact": 0.0,
        "f1": 0.0,
        "within_limits": True,
        "citations": (),
        "statements": (),
        "relevant": (),
        "missed": 1,
        "seconds": 1.0,
    }
    return Row(**(defaults | values))


GOOD = CitationVerdict(True, True, True)
NEAR = CitationVerdict(False, True, True)
FAKE = CitationVerdict(False, False, False)
ROWS = [
    # answered right, two citations, evidence at ranks 1 and 3, one span missed
    row(
        0,
        text_right=True,
        short_right=True,
        exact=1.0,
        f1=1.0,
        confidence=0.9,
        citations=(GOOD, NEAR),
        statements=(StatementVerdict(True, True),),
        relevant=(1, 3),
        missed=1,
        seconds=1.0,
    ),
    # answered wrong, evidence at rank 4
    row(
        1,
        f1=0.5,
        confidence=0.6,
        citations=(FAKE,),
        relevant=(4,),
        missed=0,
        seconds=2.0,
        statements=(StatementVerdict(False, True), StatementVerdict(False, False)),
    ),
    # refused, though the candidate was right
    row(
        2,
        answered=False,
        text_right=True,
        exact=1.0,
        f1=1.0,
        confidence=0.2,
        citations=(GOOD,),
        seconds=3.0,
    ),
    # unanswerable: refused, and answered
    row(3, answerable=False, answered=False, confidence=0.1, kind="near", missed=0, seconds=4.0),
    row(
        4,
        answerable=False,
        confidence=0.7,
        kind="near",
        missed=0,
        citations=(NEAR,),
        statements=(StatementVerdict(False, True),),
        within_limits=False,
        seconds=5.0,
    ),
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 2 / 5),
        ("text_accuracy", 1 / 3),
        ("text_accuracy_forced", 2 / 3),
        ("selective_accuracy", 1 / 3),
        ("short_accuracy", 1 / 3),
        ("exact_match", (1 + 0 + 0 + 1 + 0) / 5),
        ("token_f1", (1 + 0.5 + 0 + 1 + 0) / 5),
        ("within_limits", 2 / 3),
        ("abstention_precision", 1 / 2),
        ("abstention_recall", 1 / 2),
        ("abstention_f1", 1 / 2),
        ("false_refusals", 1 / 3),
        ("coverage", 3 / 5),
        ("auroc_answerable", 4 / 6),  # of the pairs, 0.6 and 0.2 are below 0.7
        ("auroc_correct", (3 + 1) / 6),  # right: 0.9 and 0.2; wrong: 0.6, 0.1 and 0.7
        ("aurc", (0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5) / 5),
        ("ece", (0.1 + 0.7 + 0.6 + 0.8 + 0.1) / 5),
        ("evidence_hit", 1 / 3),
        ("evidence_hit_forced", 2 / 3),
        ("citation_recall", (1 + 0 + 0) / 3),
        ("citation_precision", (1 / 2 + 0 + 0) / 3),
        ("citation_article_precision", 3 / 4),
        ("grounded", 3 / 4),
        ("verbatim", 4 / 5),
        ("hit@1", 1 / 3),
        ("hit@3", 1 / 3),
        ("hit@5", 2 / 3),
        ("hit@8", 2 / 3),
        ("mrr", (1 + 1 / 4 + 0) / 3),
        (
            "ndcg@10",
            ((1 + 1 / 2) / (1 + 1 / math.log2(3) + 1 / 2) + 1 / math.log2(5) + 0) / 3,
        ),
        ("seconds_p50", 3.0),
        ("seconds_p95", 4.8),
    ],
)
def test_every_figure_by_hand(name, expected):
    assert BY_NAME[name].value(ROWS) == pytest.approx(expected)


def test_the_cases_above_are_of_every_figure():
    marks = test_every_figure_by_hand.pytestmark
    assert {case[0] for mark in marks for case in mark.args[1]} == set(BY_NAME)
    assert all(metric.definition and metric.source for metric in METRICS)


def test_nothing_is_defined_without_questions():
    assert set(measure([]).values()) == {None}


def test_all_unanswerable_and_all_refused():
    figures = measure([row(i, answerable=False, answered=False, missed=0) for i in range(3)])
    assert figures["accuracy"] == figures["abstention_f1"] == figures["exact_match"] == 1
    assert figures["text_accuracy"] is figures["false_refusals"] is figures["hit@1"] is None
    assert figures["auroc_answerable"] is figures["selective_accuracy"] is None
    assert figures["verbatim"] is figures["citation_precision"] is None


def test_all_unanswerable_and_none_refused():
    figures = measure([row(i, answerable=False, missed=0) for i in range(3)])
    assert figures["accuracy"] == figures["abstention_recall"] == figures["abstention_f1"] == 0
    assert figures["abstention_precision"] is None
    assert figures["selective_accuracy"] == 0
    assert figures["aurc"] == 1


def test_none_answered():
    figures = measure([row(i, answered=False, status="not_found") for i in range(3)])
    assert figures["text_accuracy"] == figures["coverage"] == figures["exact_match"] == 0
    assert figures["false_refusals"] == 1
    assert figures["abstention_precision"] == 0
    assert figures["abstention_recall"] is None


def test_groups_are_the_answerable_the_unanswerable_and_each_kind():
    sizes = {name: len(rows) for name, rows in groups(ROWS).items()}
    assert sizes == {"answerable": 3, "unanswerable": 2, "kind near": 2, "kind who": 3}
