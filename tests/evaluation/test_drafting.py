import pytest

from assistant.errors import GoldError
from assistant.evaluation.drafting import Wanted, draft, guess_kind, read_csv, read_feedback
from assistant.evaluation.gold import Entry, schema_problems
from assistant.records import Answer, Article, Citation, Evidence, Passage

TEXT = "Ada met Bob in Paris. Then Carl left for Rome. Nobody knew why."
ARTICLE = Article("a", TEXT)


def passage(start, end):
    return Evidence(Passage("p", "a", start, end, TEXT[start:end]), ARTICLE, 1.0)


def ask(question):
    citation = Citation(1, "a", None, None, None, 0, 21, TEXT[0:21])
    found = (passage(0, 46), passage(22, 46), passage(47, 63))
    return Answer(question, question, "answered", "…", "Paris", 0.7, (citation,), found, (), "e", 0)


def test_a_draft_suggests_evidence_and_waits_for_review():
    entry = draft(Wanted("Where did Ada meet Bob?"), 7, ask)
    assert (entry["id"], entry["kind"], entry["answers"]) == ("draft0007", "where", ["Paris"])
    # The passage around the citation says nothing new.
    assert [(s["start"], s["end"]) for s in entry["evidence"]] == [(0, 21), (22, 46), (47, 63)]
    assert entry["draft"] is True
    assert list(schema_problems(Entry("new", 1, entry))) == []


def test_what_is_known_is_kept():
    entry = draft(Wanted("Where?", ("Lutetia",), "place", "x1", "asked twice"), 1, ask)
    assert (entry["id"], entry["kind"], entry["answers"]) == ("x1", "place", ["Lutetia"])
    assert entry["note"].startswith("asked twice; suggested with confidence 0.70")


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who left?", "who"),
        ("And how many were there?", "how_many"),
        ("How did it go?", "how"),
        ("Did it rain?", "other"),
        ("", "other"),
    ],
)
def test_a_kind_is_guessed_from_the_question(question, kind):
    assert guess_kind(question) == kind


def test_a_csv_of_questions(tmp_path):
    path = tmp_path / "questions.csv"
    path.write_text(
        'question,answers,kind\n"Who, exactly?","Ada | Ada L.",who\n  ,,\nWhen?,,\n', "utf-8-sig"
    )
    assert read_csv(path) == [
        Wanted("Who, exactly?", ("Ada", "Ada L."), "who"),
        Wanted("When?"),
    ]


@pytest.mark.parametrize("data", [b"", b"Who?\nWhen?\n", b"question\n\xff\n"])
def test_a_csv_that_is_none(tmp_path, data):
    path = tmp_path / "questions.csv"
    path.write_bytes(data)
    with pytest.raises(GoldError, match=r"questions\.csv: "):
        read_csv(path)


def test_feedback_is_drafted_once_for_each_question(tmp_path):
    path = tmp_path / "feedback.jsonl"
    path.write_text(
        '{"question": "Who left?", "helpful": true}\n\n'
        '{"question": "who  left?", "helpful": false, "comment": "no", "expected": "Carl"}\n'
    )
    assert read_feedback(path) == [Wanted("who  left?", ("Carl",), note="found unhelpful; no")]


def test_feedback_that_is_none(tmp_path):
    path = tmp_path / "feedback.jsonl"
    path.write_text('{"question": ""}\n[]\nnot json\n')
    with pytest.raises(GoldError, match=r"line 1: no .* line 2: no .* line 3: no JSON"):
        read_feedback(path)
    with pytest.raises(GoldError, match="cannot be read"):
        read_feedback(tmp_path / "absent")
