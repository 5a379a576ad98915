import json

import pytest

from assistant.errors import EngineError, QuestionError, UsageError
from assistant.evaluation.engines import Engine, ReplyFailure
from assistant.evaluation.replies import Quote, Reply, ReplyError, failed, read_reply
from assistant.evaluation.run import Journal, Replied, ask_all
from assistant.records import GoldQuestion

QUESTIONS = [GoldQuestion(f"q{i}", f"Question {i}?", "what", (), (), False) for i in range(8)]


def replied():
    return Replied(failed("x"), 0.1)


class Scripted:
    """An engine that answers with the question, counts, and fails where it is told to."""

    def __init__(self, **failures):
        self.failures = failures
        self.asked = []

    def reply(self, question):
        self.asked.append(question.id)
        if error := self.failures.get(question.id):
            raise error
        return Reply("answered", question.question, None, 0.5, (Quote(1, "a", 0, 1, "x"),), ())

    @property
    def engine(self):
        return Engine("scripted", self.reply)


def test_replies_are_in_order_and_timed():
    seen = []
    replies = ask_all(QUESTIONS, Scripted().engine, progress=lambda *now: seen.append(now))
    assert [r.reply.text for r in replies] == [q.question for q in QUESTIONS]
    assert all(r.seconds > 0 for r in replies)
    assert seen[-1] == (8, 8)


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path):
    journal = Journal(tmp_path / "new" / "answers.jsonl", "gold", "scripted")
    first = Scripted(q5=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        ask_all(QUESTIONS, first.engine, journal)
    with (tmp_path / "new" / "answers.jsonl").open("a") as file:
        file.write('{"key": "cut sho')
    second = Scripted()
    Journal(tmp_path / "new" / "answers.jsonl", "other").add("q7", replied())
    replies = ask_all(QUESTIONS, second.engine, journal)
    assert second.asked == ["q5", "q6", "q7"]
    assert [r.reply.text for r in replies] == [q.question for q in QUESTIONS]
    journal.finish()
    assert journal.read() == {}, "a finished run is made anew"
    other = Journal(tmp_path / "new" / "answers.jsonl", "other")
    assert list(other.read()) == ["q7"]
    other.finish()
    other.finish()
    assert not (tmp_path / "new" / "answers.jsonl").exists()


def test_a_journal_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        Journal(tmp_path / "file" / "answers.jsonl", "gold").add("q1", replied())


@pytest.mark.parametrize("names", [("gold", "other"), ("other", "scripted"), ("gold",)])
def test_another_run_does_not_take_its_replies(tmp_path, names):
    path = tmp_path / "answers.jsonl"
    with pytest.raises(KeyboardInterrupt):
        ask_all(
            QUESTIONS, Scripted(q5=KeyboardInterrupt()).engine, Journal(path, "gold", "scripted")
        )
    assert Journal(path, *names).read() == {}
    assert len(Journal(path, "gold", "scripted").read()) == 5


def test_a_question_that_fails_is_told_and_the_run_goes_on(tmp_path):
    journal = Journal(tmp_path / "answers.jsonl", "gold")
    scripted = Scripted(q1=ReplyFailure("it broke"), q3=QuestionError("too long"))
    replies = ask_all(QUESTIONS, scripted.engine, journal)
    assert [(r.reply.status, r.reply.text) for r in replies][1] == ("error", "it broke")
    assert [(r.reply.status, r.reply.text) for r in replies][3] == ("error", "too long")
    assert len(replies) == 8


def test_an_engine_that_fails_on_and_on_is_given_up(tmp_path):
    journal = Journal(tmp_path / "answers.jsonl", "gold")
    failures = {f"q{i}": ReplyFailure("it broke") for i in range(2, 8)}
    with pytest.raises(EngineError, match="failed on 5 questions in a row, the last q6: it broke"):
        ask_all(QUESTIONS, Scripted(**failures).engine, journal)
    assert list(journal.read()) == ["q0", "q1"], "failures are asked again"


def test_an_engine_that_breaks_the_contract_is_given_up_at_once():
    with pytest.raises(ReplyError, match="scripted, question q0: no good"):
        ask_all(QUESTIONS, Scripted(q0=ReplyError("no good")).engine)


GOOD = {
    "status": "answered",
    "text": "x [1]",
    "short": "x",
    "understood": "What is x?",
    "confidence": 1,
    "citations": [{"number": 1, "article": "a", "start": 0, "end": 1, "quote": "x"}],
}


def test_a_reply_survives_json():
    reply = read_reply(GOOD)
    assert reply.understood == "What is x?"
    assert read_reply(json.loads(json.dumps(reply.values()))) == reply


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"status": "maybe"}, 'status: "answered" or "not_found" was expected'),
        ({"confidence": None}, "confidence: a number from 0 to 1 was expected"),
        ({"confidence": 1.5}, "confidence"),
        ({"confidence": float("nan")}, "confidence"),
        ({"text": None}, "text: a string was expected"),
        ({"short": 5}, "short: a string or null"),
        ({"citations": "none"}, "citations: a list"),
        ({"citations": [5]}, "citations[0]: an object"),
        ({"citations": [{"article": "a"}]}, "citations[0].start: a whole number was expected"),
        ({"evidence": [{"article": "a", "start": True}]}, "evidence[0].start"),
    ],
)
def test_what_breaks_the_contract_is_named(change, told):
    with pytest.raises(ReplyError) as raised:
        read_reply({**GOOD, **change})
    assert told in str(raised.value)


@pytest.mark.parametrize("values", [None, [], "x", 5, {}])
def test_what_is_no_reply_at_all(values):
    with pytest.raises(ReplyError):
        read_reply(values)
