import pytest
from test_metrics import row

from assistant.evaluation.metrics import BY_NAME
from assistant.evaluation.statistics import difference, holm, interval, mcnemar


def rows(right, count=100, **values):
    return [row(i, text_right=i < right, **values) for i in range(count)]


def test_mcnemar_by_hand():
    assert mcnemar(0, 0) == 1
    assert mcnemar(0, 1) == 1
    assert mcnemar(0, 6) == mcnemar(6, 0) == pytest.approx(2 / 64)
    assert mcnemar(1, 7) == pytest.approx(2 * (1 + 8) / 256)
    assert mcnemar(5, 5) == 1
    assert 0 <= mcnemar(600, 900) < 1e-10


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
    assert holm([0.9, 0.9]) == [1.0, 1.0]


def test_an_interval_is_about_as_wide_as_theory_says_and_always_the_same():
    low, high = interval(BY_NAME["text_accuracy"], rows(80))
    assert low == pytest.approx(0.8 - 1.96 * 0.04, abs=0.02)
    assert high == pytest.approx(0.8 + 1.96 * 0.04, abs=0.02)
    assert interval(BY_NAME["text_accuracy"], rows(80)) == (low, high)


def test_intervals_of_what_is_hardly_defined():
    assert interval(BY_NAME["text_accuracy"], []) is None
    assert interval(BY_NAME["text_accuracy"], rows(1, 1)) is None
    assert interval(BY_NAME["auroc_answerable"], rows(5)) is None
    assert interval(BY_NAME["text_accuracy"], rows(100)) == (1, 1)
    assert interval(BY_NAME["seconds_p95"], rows(100)) == (1, 1)


def test_questions_that_are_right_or_wrong_are_tested_by_mcnemar():
    found = difference(BY_NAME["text_accuracy"], rows(60), rows(70))
    assert (found.test, found.p) == ("McNemar", pytest.approx(2 / 2**10))
    assert (found.old, found.new) == (0.6, 0.7)


def test_other_figures_are_tested_by_the_paired_bootstrap():
    old = [row(i, f1=0.4 + 0.01 * (i % 5)) for i in range(100)]
    better = difference(BY_NAME["token_f1"], old, [row(i, f1=0.5) for i in range(100)])
    assert better.test == "paired bootstrap"
    assert better.p < 0.01
    shuffled = [row(i, f1=0.4 + 0.01 * ((i + 2) % 5)) for i in range(99)] + [row(99, f1=0.5)]
    assert difference(BY_NAME["token_f1"], old, shuffled).p > 0.05


def test_the_same_rows_do_not_differ():
    for metric in BY_NAME.values():
        assert difference(metric, rows(60), rows(60)).p == 1


def test_what_is_not_defined_does_not_differ():
    found = difference(BY_NAME["abstention_recall"], rows(60), rows(10))
    assert (found.old, found.new, found.p) == (None, None, 1)
