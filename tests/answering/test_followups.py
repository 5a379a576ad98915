"""Follow-ups: invented stories and dialogues in followups.json, which the rules were made on."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.citations import cite
from assistant.answering.followups import resolve
from assistant.answering.questions import MAX_CHARS
from assistant.records import Answer, Article, Evidence, Passage, Turn
from assistant.text import fold, sentence_spans

FILE = json.loads(Path(__file__).with_name("followups.json").read_text("utf-8"))
ARTICLES = {name: Article(name, text) for name, text in FILE["articles"].items()}
FLOOR = 0.97  # of the dialogues, of each kind; a change of topic must always be left alone


def turn(article, question, short=None, sentences=(), understood=None):
    """A turn whose answer cites the sentences of these numbers."""
    spans = sentence_spans(article.text)
    citations = [cite(n, article, *spans[s]) for n, s in enumerate(sentences, start=1)]
    passage = Passage("p", article.id, 0, len(article.text), article.text)
    answer = Answer(
        question=question,
        understood=understood or question,
        status="answered" if sentences else "not_found",
        text="",
        short=short,
        confidence=0.9,
        citations=tuple(citations),
        evidence=(Evidence(passage, article, 1.0),),
        notes=(),
        engine="extractive",
        seconds=0.1,
    )
    return Turn(question, answer)


def history(dialogue):
    article = ARTICLES[dialogue["article"]]
    return [turn(article, *said) for said in dialogue["history"]]


def is_right(dialogue):
    resolved = resolve(dialogue["question"], history(dialogue))
    if dialogue.get("same"):
        return resolved == dialogue["question"]
    text = fold(resolved)
    has = all(any(fold(o) in text for o in wanted.split("|")) for wanted in dialogue["has"])
    return has and not any(fold(unwanted) in text for unwanted in dialogue["lacks"])


def test_most_dialogues_are_understood():
    total, right, wrong = Counter(), Counter(), []
    for dialogue in FILE["dialogues"]:
        total[dialogue["kind"]] += 1
        if is_right(dialogue):
            right[dialogue["kind"]] += 1
        else:
            wrong.append((dialogue["question"], resolve(dialogue["question"], history(dialogue))))
    assert sum(total.values()) >= 60
    assert all(right[kind] >= FLOOR * total[kind] for kind in total), wrong


@pytest.mark.parametrize(
    "dialogue",
    [d for d in FILE["dialogues"] if d.get("same")],
    ids=lambda dialogue: dialogue["question"],
)
def test_a_change_of_topic_is_left_alone(dialogue):
    assert is_right(dialogue)


def test_a_first_question_is_left_alone_after_another_story():
    firsts = {(d["article"], d["history"][0][0]) for d in FILE["dialogues"]}
    dialogues = FILE["dialogues"][::7]
    asked = [
        (dialogue, question)
        for article, question in sorted(firsts)
        for dialogue in dialogues
        if dialogue["article"] != article
    ]
    changed = [(d["question"], q) for d, q in asked if resolve(q, history(d)) != q]
    assert len(changed) <= 0.01 * len(asked), changed


QUOTE = "Governor Jan Nowak said that Anna Maria Kowalska will lead the Harbour Board from May."
STORY = Article("harbour", QUOTE)
ASKED_FOR = [turn(STORY, "Who will lead the Harbour Board?", "Anna Maria Kowalska", [0])]
NAMED = [turn(STORY, "When did Anna Kowalska resign?", None, [0])]


@pytest.mark.parametrize(
    ("before", "question", "understood"),
    [
        (ASKED_FOR, "When does she start?", "When does Anna Maria Kowalska start?"),
        (ASKED_FOR, "What is her salary?", "What is Anna Maria Kowalska's salary?"),
        (
            ASKED_FOR,
            "And before her?",
            "Who will lead the Harbour Board before Anna Maria Kowalska?",
        ),
        (NAMED, "Why did she do so?", "Why did Anna Kowalska do so?"),
        (NAMED, "And why?", "Why did Anna Kowalska resign?"),
        (NAMED, "And Jan Nowak?", "When did Jan Nowak resign?"),
        (
            [turn(STORY, "Who opposes the harbour toll?")],
            "Why is it so high?",
            "Why is the harbour toll so high?",
        ),
        (
            [turn(STORY, "How many people voted in Gdynia?")],
            "And in Sopot?",
            "How many people voted in Sopot?",
        ),
    ],
)
def test_a_follow_up_reads_as_a_question_of_its_own(before, question, understood):
    assert resolve(question, before) == understood


@pytest.mark.parametrize(
    "question",
    [
        "Who is the mayor of Gdynia?",
        "What did Jan Nowak say about his office?",
        "Is it true that Gdynia raises the toll?",
        "How many fishermen protested against the new toll?",
        "hello",
        "which articles do you have?",
        "summarise the strike",
        "   ",
    ],
)
def test_a_question_that_is_whole_is_left_as_it_is(question):
    assert resolve(question, NAMED) == question


def test_after_small_talk_alone_nothing_is_resolved():
    assert resolve("When did she resign?", [turn(STORY, "hello")]) == "When did she resign?"


def test_small_talk_and_unanswered_questions_do_not_break_the_thread():
    before = [*ASKED_FOR, turn(STORY, "thanks"), turn(STORY, "How old is she?", None, (), None)]
    assert resolve("When does she start?", before) == "When does Anna Maria Kowalska start?"


def test_the_person_spoken_of_last_is_meant():
    before = [*NAMED, turn(STORY, "What did Jan Nowak promise?")]
    assert resolve("When did he say so?", before) == "When did Jan Nowak say so?"


def test_fragments_do_not_pile_up():
    before = [*NAMED]
    for question, understood in (("Why?", "Why"), ("And where?", "Where")):
        resolved = resolve(question, before)
        assert resolved == f"{understood} did Anna Kowalska resign?"
        before.append(turn(STORY, question, understood=resolved))


def test_a_conversation_resolves_against_its_own_turns(assistant):
    chat = assistant.chat()
    chat.ask("Who is the Prime Minister of Belgium, Bart De Wever?")
    answer = chat.ask("What did he warn of?")
    assert answer.question == "What did he warn of?"
    assert answer.understood == "What did Bart De Wever warn of?"
    assert len(chat.turns) == 2


_WORDS = st.sampled_from(
    "who what when and why how many did she he her it they them that this the about before in Ann "
    "Lee's plan , ? . “ ' there then so not of ones which is 3 EU é".split()
)
_SAID = st.one_of(st.lists(_WORDS, max_size=12).map(" ".join), st.text(max_size=60))


@given(_SAID)
def test_without_history_a_question_is_itself(question):
    assert resolve(question, []) == question


@given(_SAID, st.lists(st.tuples(_SAID, st.none() | _SAID), min_size=1, max_size=3))
def test_whatever_is_said_resolving_neither_fails_nor_grows_too_long(question, said):
    before = [
        turn(ARTICLES["ferry"], asked, short, [0]) for asked, short in said if asked.isprintable()
    ]
    assert len(resolve(question, before)) <= MAX_CHARS


def test_a_question_that_would_grow_too_long_is_left_as_it_is():
    name = "Anna" + " Maria" * 4 + " Kowalska"
    before = [turn(STORY, f"Who is {name}?")]
    question = "When did she resign" + " very" * 395 + " late?"
    assert len(question) <= MAX_CHARS
    assert resolve(question, before) == question
