"""Example questions: from what the articles say, grammatical, and answered."""

import pytest

from assistant.records import Article, Span
from assistant.ui.examples import candidates, examples, people, person


def article(id_, text, **stated):
    return Article(id_, text, spans=(Span("body", 0, len(text)),), **stated)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Anna Kowalska", "Anna Kowalska"),
        ("Polish President Anna Kowalska", "Anna Kowalska"),
        ("Mr Jan van Dyk", "Jan van Dyk"),
        ("Foreign Ministry", None),
        ("Gdynia Times", None),
        ("Anna Kowalska's", None),
        ("President", None),
        ("However Kowalska", None),
    ],
)
def test_persons_are_told_from_titles_and_organisations(written, name):
    assert person(written) == name


def test_speakers_are_found_before_and_after_the_verb():
    first = article("a", "It was cold, said Anna Kowalska. Mayor Piotr Nowak, who is new, said no.")
    second = article("b", "Anna Kowalska told reporters. The Harbour Gang said nothing.")
    assert people([first, second]) == ["Anna Kowalska", "Piotr Nowak"]


def test_candidates_are_the_same_each_time_and_of_several_kinds():
    articles = [
        article("a", "Anna Kowalska said yes. Piotr Nowak said no. Jan Zając said maybe."),
        article("b", "Anna Kowalska and Piotr Nowak met."),
    ]
    questions = [candidate.question for candidate in candidates(articles)]
    assert questions == [candidate.question for candidate in candidates(articles)]
    assert questions[:3] == [
        "What did Anna Kowalska say?",
        "Compare what the outlets say about Piotr Nowak",
        "Who is Jan Zając?",
    ]


def test_articles_without_speakers_or_headlines_have_no_candidates():
    assert list(candidates([article("a", "it rained all day.")])) == []


@pytest.mark.slow
def test_examples_from_the_seeds_are_answered(assistant):
    questions = examples(assistant)
    assert len(questions) >= 3
    assert len(set(questions)) == len(questions)
    for question in questions:
        assert assistant.ask(question).status == "answered"
