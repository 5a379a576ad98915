import pytest

from assistant.evaluation.confidence import aurc, auroc, bins, calibration_error, risk_coverage


def test_auroc_by_hand():
    # pairs (positive, negative): 0.9>0.5, 0.9>0.4, 0.5=0.5, 0.5>0.4 -> (1 + 1 + 0.5 + 1) / 4
    assert auroc([0.9, 0.5, 0.5, 0.4], [True, True, False, False]) == pytest.approx(0.875)
    assert auroc([0.1, 0.9], [True, False]) == 0
    assert auroc([0.5] * 6, [True, False] * 3) == 0.5


@pytest.mark.parametrize("positive", [[], [True, True], [False, False]])
def test_auroc_needs_both_sides(positive):
    assert auroc([0.5] * len(positive), positive) is None


def test_risk_coverage_by_hand():
    curve = risk_coverage([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
    assert list(curve) == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert aurc([0.9, 0.8, 0.7, 0.6], [True, False, True, False]) == pytest.approx(1 / 3)


def test_ties_are_the_same_in_any_order():
    assert list(risk_coverage([0.5, 0.5], [True, False])) == [0.5, 0.5]
    assert aurc([0.5, 0.5, 0.5], [True, False, True]) == aurc([0.5] * 3, [False, True, True])


def test_aurc_of_all_wrong_all_right_and_nothing():
    assert aurc([0.3, 0.2], [False, False]) == 1
    assert aurc([0.3, 0.2], [True, True]) == 0
    assert aurc([], []) is None


def test_calibration_error_by_hand():
    # 0.9 and 0.95 share a bin: confidence 0.925, half right; 0.2 alone: wrong; 1.0 is in the last
    # bin, with 0.9 and 0.95: (0.9 + 0.95 + 1.0) / 3 = 0.95 against 2/3; 0.2 against 0.
    scores, right = [0.9, 0.95, 1.0, 0.2], [True, False, True, False]
    assert [found.count for found in bins(scores, right)] == [1, 3]
    expected = (3 * abs(0.95 - 2 / 3) + 1 * 0.2) / 4
    assert calibration_error(scores, right) == pytest.approx(expected)
    assert calibration_error([], []) is None
