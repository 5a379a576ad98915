import pytest

from assistant.answering.citations import cite
from assistant.answering.followups import resolve
from assistant.records import Answer, Article, Turn

QUOTE = "Governor Jan Nowak said that Anna Maria Kowalska will lead the Harbour Board from May."


def turn(question, quote=QUOTE, understood=None):
    article = Article("a", quote)
    answer = Answer(
        question=question,
        understood=understood or question,
        status="answered",
        text=f"{quote} [1]",
        short=None,
        confidence=0.9,
        citations=(cite(1, article, 0, len(quote)),),
        evidence=(),
        notes=(),
        engine="extractive",
        seconds=0.1,
    )
    return Turn(question, answer)


ASKED_FOR = [turn("Who will lead the Harbour Board?", "Anna Maria Kowalska will lead it from May.")]
NAMED = [turn("When did Anna Kowalska resign?")]


@pytest.mark.parametrize(
    ("history", "question", "understood"),
    [
        (ASKED_FOR, "When does she start?", "When does Anna Maria Kowalska start?"),
        (ASKED_FOR, "Who chose her?", "Who chose Anna Maria Kowalska?"),
        (ASKED_FOR, "What is her salary?", "What is Anna Maria Kowalska's salary?"),
        (NAMED, "Why did she do so?", "Why did Anna Kowalska do so?"),
        (NAMED, "And why?", "When did Anna Kowalska resign? And why?"),
        (
            [turn("Who opposes the harbour toll?")],
            "Why is it so high?",
            "Why is it so high (opposes the harbour toll)?",
        ),
    ],
)
def test_a_follow_up_is_understood_by_what_was_said(history, question, understood):
    assert resolve(question, history) == understood


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


def test_without_history_or_after_small_talk_nothing_is_resolved():
    assert resolve("When did she resign?", []) == "When did she resign?"
    assert resolve("When did she resign?", [turn("hello")]) == "When did she resign?"


def test_the_person_spoken_of_last_is_meant():
    history = [*NAMED, turn("What did Jan Nowak promise?")]
    assert resolve("When did he say so?", history) == "When did Jan Nowak say so?"


def test_a_resolved_turn_carries_on():
    history = [*NAMED, turn("And why?", understood="Why did Anna Kowalska resign?")]
    assert resolve("Where is she now?", history) == "Where is Anna Kowalska now?"


def test_a_conversation_resolves_against_its_own_turns(assistant):
    chat = assistant.chat()
    chat.ask("Who is the Prime Minister of Belgium, Bart De Wever?")
    answer = chat.ask("What did he warn of?")
    assert answer.question == "What did he warn of?"
    assert answer.understood == "What did Bart De Wever warn of?"
    assert len(chat.turns) == 2


def test_fragments_do_not_pile_up():
    history = [*NAMED]
    for question in ("Why?", "And where?"):
        understood = resolve(question, history)
        assert understood == f"When did Anna Kowalska resign? {question}"
        history.append(turn(question, understood=understood))
