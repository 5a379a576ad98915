import gzip
import json
import random

import pytest

from assistant.answering import reader_weights
from assistant.text import fold
from assistant.training.reader_data import Recipe, prepare
from assistant.training.reader_sets import load, window
from assistant.training.reader_swaps import swap

TOWNS = (
    "Arlen",
    "Brask",
    "Corvin",
    "Delmar",
    "Estrel",
    "Fornby",
    "Galt",
    "Harrow",
    "Irvine",
    "Jorne",
)
NAMES = ("Maria Keller", "Jon Abara", "Lena Ostrov", "Paul Dray", "Ines Corto", "Omar Reid")


def paragraph(number, town, mayor, year, other):
    context = (
        f"The town of {town} has a harbour. Its mayor, {mayor}, opened the new bridge in {year}. "
        f"Before that, {other} had led the council for many years. The bridge cost 40 million "
        "crowns and was paid for by the port. Ferries still cross the bay in summer, when the "
        "market draws visitors from the islands."
    )

    def answer(text):
        return [{"text": text, "answer_start": context.index(text)}]

    return {
        "context": context,
        "qas": [
            {
                "id": f"{town}{number}-1",
                "question": f"Who opened the bridge in {town}?",
                "answers": answer(mayor),
            },
            {
                "id": f"{town}{number}-2",
                "question": f"When did {mayor} open the bridge?",
                "answers": answer(str(year)),
            },
            {
                "id": f"{town}{number}-3",
                "question": f"Who closed the bridge in {town}?",
                "answers": [],
            },
        ],
    }


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with one set: ten articles of two paragraphs."""
    folder = tmp_path_factory.mktemp("sets")
    rng = random.Random(0)
    articles = []
    for town in TOWNS:
        mayor, other = rng.sample(NAMES, 2)
        paragraphs = [
            paragraph(number, town, mayor, rng.randint(1950, 2019), other) for number in range(2)
        ]
        articles.append({"title": town, "paragraphs": paragraphs})
    raw = json.dumps({"data": articles}).encode()
    (folder / "squad2_tiny.json.gz").write_bytes(gzip.compress(raw))
    return folder


@pytest.fixture(scope="module")
def prepared(data):
    recipe = Recipe(2.0, near=1.0, swapped=1.0, other=1.0, joined=0.5)
    return prepare(data, mix={"squad2_tiny": recipe})


def test_answers_stay_where_they_are_whatever_is_cut_and_joined(data, prepared):
    golds = {
        a.id: {a.context[s:e] for s, e in a.answers} for a in load(data / "squad2_tiny.json.gz")
    }
    answered = [e for e in prepared.train if e.answer is not None]
    assert len(answered) > 20
    for example in answered:
        assert example.context[slice(*example.answer)] in golds[example.id]
        assert example.context == example.context.strip()


def test_there_are_near_misses_of_every_kind_and_none_holds_the_answer(data, prepared):
    asked = {a.id: a for a in load(data / "squad2_tiny.json.gz")}
    nulls = [e for e in prepared.train if e.answer is None]
    assert {e.kind for e in nulls} >= {"asked", "near", "swapped"}
    for example in nulls:
        if example.kind in ("near", "other"):
            question = asked[example.id.partition(":")[0]]
            for start, end in question.answers:
                assert fold(question.context[start:end]) not in fold(example.context)


def test_held_out_articles_are_never_trained_on(prepared):
    towns = {item.article.partition(":")[2] for item in prepared.held_out_squad}
    assert len(towns) == 3
    for example in prepared.train:
        assert not any(f"town of {town} " in example.context for town in towns)


def test_the_mix_depends_on_files_and_seed_alone(data, prepared):
    recipe = Recipe(2.0, near=1.0, swapped=1.0, other=1.0, joined=0.5)
    again = prepare(data, mix={"squad2_tiny": recipe})
    other = prepare(data, seed=2, mix={"squad2_tiny": recipe})
    assert again == prepared
    assert other.train != prepared.train


def test_a_window_is_whole_sentences_around_the_answer():
    context = "One two three. Four five six. Seven eight nine. Ten eleven twelve."
    at = context.index("eight")
    start, end = window(context, (at, at + 5), 6, random.Random(1))
    assert start <= at < end
    assert context[start:end] in (
        "Four five six. Seven eight nine.",
        "Seven eight nine. Ten eleven twelve.",
    )


def test_a_swapped_question_asks_for_what_the_passage_does_not_say():
    context = "Maria Keller led Arlen until 1990. Jon Abara led Brask for ten years."
    found = swap(
        "When did Maria Keller stop leading Arlen?", context, "", ["1990"], random.Random(3)
    )
    assert found != "When did Maria Keller stop leading Arlen?"
    assert "Abara" in found or "Brask" in found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the exporter
def test_a_few_steps_of_training_make_a_reader_that_reads(prepared, tmp_path):
    from assistant.training.reader import Plan, finish, train

    train(prepared.train[:48], Plan(batch_tokens=1024), tmp_path)
    train(prepared.train[:48], Plan(batch_tokens=1024), tmp_path, resume=True)
    finish(tmp_path, prepared)
    card = json.loads((tmp_path / "training.json").read_text())
    assert card["examples"] == 48
    reader = reader_weights.load(str(tmp_path))
    passage = "The bridge was opened in 1990."
    (reading,) = reader.read(
        "When was the bridge opened?", [passage], regions=[[(0, len(passage))]]
    )
    assert 0 <= reader.config.threshold <= 1
    assert reading.within[0] == reading.spans
    assert passage[reading.spans[0].start : reading.spans[0].end]
