"""Feedback is kept, changed and taken back by the answer's id, and becomes draft questions."""

import pytest

from assistant.errors import UsageError
from assistant.evaluation.drafting import read_feedback
from assistant.evaluation.feedback import Feedback

ANSWER = {
    "question": "And before her?",
    "understood": "Who was chief before her?",
    "status": "answered",
    "text": "Sir Richard. [1]",
    "short": None,
    "confidence": 0.7,
    "citations": [],
    "evidence": [{"quote": "much text"}],
    "engine": "x",
}


def test_verdicts_are_kept_changed_and_taken_back(tmp_path):
    feedback = Feedback(tmp_path)
    assert feedback.count() == 0
    feedback.give("a", ANSWER, True)
    feedback.give("b", ANSWER | {"understood": "Other?"}, True, "fine")
    feedback.give("a", ANSWER, False, " too long ")
    assert feedback.count() == 2
    assert "evidence" not in feedback.path.read_text()
    wanted = {item.question: item.note for item in read_feedback(feedback.path)}
    assert wanted == {
        "Other?": "found helpful; fine",
        "Who was chief before her?": "found unhelpful; too long",
    }
    feedback.give("a", ANSWER, None)
    feedback.give("b", ANSWER, None)
    assert feedback.count() == 0


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        Feedback(tmp_path / "file").give("a", ANSWER, True)
