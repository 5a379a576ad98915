import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from support import SEEDS

from assistant.corpus.reading import read_articles
from assistant.errors import GoldError
from assistant.evaluation import gold
from assistant.evaluation.matching import holds

GOOD = {
    "id": "q1",
    "question": "Where did Ada meet Bob?",
    "kind": "where",
    "answers": ["Paris"],
    "evidence": [{"article": "a", "start": 0, "end": 21}],
    "answerable": True,
}
UNANSWERABLE = {**GOOD, "id": "q2", "answers": [], "evidence": [], "answerable": False}
TEXTS = {"a": "Ada met Bob in Paris. Then Carl left for Rome."}


def write(folder, *lines, name="gold.jsonl"):
    path = folder / name
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def test_questions_are_read_with_all_they_may_have(tmp_path):
    more = {
        **GOOD,
        "id": "q3",
        "history": ["Who is Ada?"],
        "as_of": "2025-12-31",
        "group": "g",
        "note": "n",
        "draft": False,
        "evidence": [{"article": "a", "start": 0, "end": 21, "quote": "Ada met Bob in Paris."}],
    }
    loaded = gold.load(
        [write(tmp_path, "\ufeff" + json.dumps(GOOD), "", UNANSWERABLE, more)], TEXTS
    )
    assert [q.id for q in loaded.questions] == ["q1", "q2", "q3"]
    assert loaded.questions[2].history == ("Who is Ada?",)
    assert loaded.questions[2].as_of.isoformat() == "2025-12-31"
    assert loaded.files[0].questions == 3


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"question": None}, "question: null is not the question as a reader asks it"),
        ({"question": "  "}, "question:"),
        ({"answers": "Paris"}, 'answers: "Paris" is not the accepted forms'),
        ({"answers": []}, "answers: empty though answerable is true"),
        ({"evidence": []}, "evidence: empty though answerable is true"),
        ({"answerable": False}, "answers: not empty though answerable is false"),
        ({"answers": ["the"]}, "holds no word"),
        ({"evidence": [{"article": "a", "start": 5, "end": 5}]}, "end 5 is not after start 5"),
        ({"evidence": [{"article": "a", "start": -1, "end": 5}]}, "evidence[0].start: -1 is not"),
        ({"evidence": [{"article": "a", "start": 0.0, "end": 5}]}, "without a point"),
        ({"evidence": [{"article": "a", "start": 1}]}, "evidence[0]: the key 'end' is missing"),
        ({"evidence": [{"article": "a", "start": 0, "end": 21, "quote": "Ada"}]}, "3 characters"),
        ({"evidence": [{"article": "a", "start": 0, "end": 3, "quote": "Bob"}]}, "has changed"),
        ({"evidence": [{"article": "a", "start": 0, "end": 99}]}, "a has 46 characters"),
        ({"evidence": [{"article": "z", "start": 0, "end": 9}]}, "no article 'z' in the index"),
        ({"as_of": "yesterday"}, "as_of:"),
        ({"as_of": "2025-02-30"}, "no day of the calendar"),
        ({"histroy": []}, "'histroy' was unexpected"),
        ({"draft": True}, "a draft"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, change, told):
    path = write(tmp_path, "", {**GOOD, **change})
    with pytest.raises(GoldError) as raised:
        gold.load([path], TEXTS)
    assert f"{path}, line 2: " in str(raised.value)
    assert told in str(raised.value)


def test_everything_wrong_is_told_at_once(tmp_path):
    missing = {key: value for key, value in GOOD.items() if key != "kind"} | {"id": "q0"}
    path = write(tmp_path, "{not json", missing, "[1]", GOOD, GOOD)
    absent = tmp_path / "absent.jsonl"
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes(b'{"id": "\xe9"}')
    with pytest.raises(GoldError) as raised:
        gold.load([path, absent, latin], TEXTS)
    told = str(raised.value)
    assert told.startswith("6 problems")
    for part in (
        f"{path}, line 1: no JSON",
        f"{path}, line 2: the key 'kind' is missing (a label to group figures by",
        f"{path}, line 3: no JSON object",
        f"{path}, line 5: the id 'q1' was used before ({path}, line 4)",
        f"{absent}: cannot be read",
        f"{latin}: not UTF-8",
    ):
        assert part in told


def test_an_empty_file_is_told(tmp_path):
    with pytest.raises(GoldError, match="no questions"):
        gold.load([write(tmp_path, "")])


def test_hundreds_of_problems_are_counted(tmp_path):
    with pytest.raises(GoldError, match="and 160 more"):
        gold.load([write(tmp_path, *["{"] * 200)])


def test_a_verdict_holds_for_the_same_question_only():
    same = gold.question({**GOOD, "id": "other", "kind": "what"})
    assert gold.fingerprint(gold.question(GOOD)) == gold.fingerprint(same)
    for change in ({"answers": ["Paris", "Lutetia"]}, {"as_of": "2025-12-31"}):
        changed = gold.question({**GOOD, **change})
        assert gold.fingerprint(gold.question(GOOD)) != gold.fingerprint(changed)


def test_the_published_schema_is_sound_and_tells_what_each_key_is():
    schema = json.loads((files("assistant.evaluation") / "gold.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert all("description" in value for value in schema["properties"].values())


@pytest.mark.parametrize("name", ["seeds.jsonl", "dialogues.jsonl"])
def test_the_gold_questions_of_this_project_stand_in_the_seeds(name):
    texts = {article.id: article.text for article in read_articles([SEEDS]).articles}
    loaded = gold.load([Path(__file__).parents[1] / "gold" / name], texts)
    if name == "seeds.jsonl":
        assert len(loaded.questions) >= 120
        assert sum(not q.answerable for q in loaded.questions) >= len(loaded.questions) * 0.2
    else:
        changes = sum(question.kind == "topic-change" for question in loaded.questions)
        assert len(loaded.questions) >= 40
        assert changes >= len(loaded.questions) * 0.25
        assert all(1 <= len(question.history) <= 2 for question in loaded.questions)
    for question in loaded.questions:
        said = [texts[span.article][span.start : span.end] for span in question.evidence]
        assert said == [text.strip() for text in said], question.id
        if question.answerable:
            assert any(holds(text, question.answers) for text in said), question.id
