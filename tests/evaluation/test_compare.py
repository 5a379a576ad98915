import json

import pytest
from test_metrics import GOOD, row

from assistant.errors import UsageError
from assistant.evaluation import compare
from assistant.evaluation.compare import broken_floors, read_floor, read_rows, worse_lines


def rows(wrong=(), **values):
    return [
        row(i, text_right=i not in wrong, citations=(GOOD,), relevant=(1,), missed=0, **values)
        for i in range(120)
    ]


def held(new, old=None):
    return compare.compare("old", rows() if old is None else old, "new", new)


def test_a_run_much_worse_is_caught():
    found = held(rows(wrong=range(15)))
    assert [d.metric for d in found.worse] == ["text_accuracy"]
    assert "from 1.0000 to 0.8750" in worse_lines(found)[0]
    assert [c.better for c in found.changes] == [False] * 15


def test_a_run_much_better_is_not():
    found = held(rows(), rows(wrong=range(15)))
    assert found.worse == ()
    assert [c.better for c in found.changes] == [True] * 15


def test_no_change_and_chance_are_not_caught():
    assert held(rows()).worse == ()
    assert held(rows()).changes == ()
    few = held(rows(wrong=(1, 2, 3)), rows(wrong=(4, 5)))
    assert few.worse == ()
    assert len(few.changes) == 5


def test_slower_is_shown_and_not_guarded():
    found = held(rows(seconds=60.0))
    assert found.worse == ()
    assert next(d for d in found.differences if d.metric == "seconds_p50").new == 60


def test_lower_is_better_for_refusals():
    refused = [row(i, answered=i >= 30, text_right=True) for i in range(120)]
    found = held(refused)
    assert "false_refusals" in [d.metric for d in found.worse]
    assert held(rows(), refused).worse == ()


def test_a_wrong_answer_for_a_refusal_is_worse_and_the_other_way_round_better():
    def run(answered):
        return [row(0, answered=answered), row(1, answerable=False, answered=False)]

    assert [c.better for c in compare.compare("a", run(False), "b", run(True)).changes] == [False]
    assert [c.better for c in compare.compare("a", run(True), "b", run(False)).changes] == [True]


def test_only_questions_that_are_the_same_are_compared():
    new = [*rows()[:50], row(50, fingerprint="changed"), row(999)]
    found = held(new)
    assert (found.questions, found.left_out) == (50, 71)
    with pytest.raises(UsageError, match="no question in common"):
        held([row(999)])


def write(folder, values):
    path = folder / "report.json"
    path.write_text(values if isinstance(values, str) else json.dumps(values))
    return path


def test_rows_are_read_from_a_report(tmp_path):
    runs = [
        {"engine": name, "questions": [{"row": r.values()} for r in some]}
        for name, some in (("a", rows()[:2]), ("b", rows()[:3]))
    ]
    path = write(tmp_path, {"runs": runs})
    assert read_rows(path, "b") == ("b", rows()[:3])
    assert read_rows(path, "c") == ("a", rows()[:2])


@pytest.mark.parametrize("values", ["", "[]", {"runs": []}, {"runs": [{"engine": "a"}]}, "\0"])
def test_a_file_that_is_no_report_is_told(tmp_path, values):
    with pytest.raises(UsageError, match=r"no report\.json"):
        read_rows(write(tmp_path, values))


def test_a_report_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_rows(tmp_path / "absent.json")


def test_floors():
    assert read_floor("text_accuracy=0.85") == ("text_accuracy", 0.85)
    for text in ("nothing=1", "text_accuracy", "text_accuracy=high", ""):
        with pytest.raises(UsageError):
            read_floor(text)
    some = rows(wrong=range(12))
    assert broken_floors(some, {"text_accuracy": 0.9, "false_refusals": 0.0}) == []
    assert broken_floors(some, {"text_accuracy": 0.91}) == [
        "text_accuracy is 0.9000; at least 0.91 was asked"
    ]
    assert broken_floors(some, {"seconds_p50": 0.5}) == [
        "seconds_p50 is 1.0000; at most 0.5 was asked"
    ]
    assert "not defined" in broken_floors(some, {"abstention_recall": 0.1})[0]
