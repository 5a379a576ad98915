import math

import numpy as np
import pytest

from assistant.answering.agreement import groups
from assistant.answering.citations import cite
from assistant.answering.questions import understand
from assistant.answering.sentences import Scored, Sentence
from assistant.answering.short import short_form
from assistant.records import Article
from assistant.text import count_words


def told(article, text, answer, probability):
    """A sentence that is the whole of an article, with the words that answer."""
    start = text.index(answer)
    sentence = Sentence(Article(article, text), 0, 0, len(text))
    odds = math.log(probability / (1 - probability))
    return Scored(sentence, odds, np.zeros(3, np.float32), (start, start + len(answer)))


def quotes(items):
    return [
        cite(number, item.sentence.article, item.sentence.start, item.sentence.end)
        for number, item in enumerate(items, start=1)
    ]


def answers(group):
    return [m.sentence.article.text[slice(*m.span)] for m in group.members]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1 October", "October"),
        ("Maria Keller", "Ms Keller"),
        ("the Harbour Authority", "Harbour Authority"),
        ("Keller’s", "Keller"),
        ("12,000 people", "12,000"),
    ],
)
def test_two_forms_of_one_answer_agree(one, other):
    found = groups([told("a", f"It was {one} then.", one, 0.5), told("b", other, other, 0.4)])
    assert [answers(group) for group in found] == [[one, other]]


@pytest.mark.parametrize(
    ("one", "other"), [("1 October", "2 October"), ("12,000", "2,000"), ("Keller", "Kellerman")]
)
def test_different_answers_do_not(one, other):
    assert len(groups([told("a", one, one, 0.5), told("b", other, other, 0.4)])) == 2


def test_what_several_articles_say_outweighs_what_one_says():
    found = groups(
        [
            told("a", "Forty people came.", "Forty", 0.5),
            told("b", "Sixty people came.", "Sixty", 0.45),
            told("c", "Some sixty came.", "sixty", 0.4),
        ]
    )
    assert answers(found[0]) == ["Sixty", "sixty"]


def test_repeating_itself_does_not_make_an_article_surer():
    once = groups([told("a", "Forty came.", "Forty", 0.5)])
    twice = groups(
        [told("a", "Forty came.", "Forty", 0.5), told("a", "It was forty.", "forty", 0.5)]
    )
    assert once[0].worth == twice[0].worth


def test_the_most_complete_form_is_given():
    items = [
        told("a", "Ms Keller opened the bridge on Monday.", "Ms Keller", 0.6),
        told("b", "The bridge was opened by Maria Keller.", "Maria Keller", 0.5),
    ]
    asked = understand("Who opened the bridge?")
    assert short_form(asked, items, quotes(items)) == "Maria Keller"
    assert short_form(asked, items, quotes(items[:1])) == "Ms Keller"
    assert short_form(asked, items, []) is None
    assert short_form(asked, [], []) is None


def test_a_name_has_at_most_ten_words():
    long = "the one that they call the old man of the northern hills"
    item = told("a", f"It was {long}.", long, 0.6)
    assert short_form(understand("Who was it?"), [item], quotes([item])) is None


def test_a_reason_takes_its_clause():
    text = (
        "The harbour was closed for most of the winter, because ice had broken two of the gates, "
        "and the ferries that usually leave from there had to be sent to the smaller port instead."
    )
    item = told("a", text, "ice", 0.6)
    short = short_form(understand("Why was the harbour closed?"), [item], quotes([item]))
    assert "because ice had broken two of the gates" in short
    assert short in text
    assert count_words(short) <= 25


def test_a_short_sentence_is_a_reason_as_it_is():
    item = told("a", "Ice had broken two of the gates.", "Ice", 0.6)
    short = short_form(understand("Why was the harbour closed?"), [item], quotes([item]))
    assert short == "Ice had broken two of the gates."


@pytest.mark.parametrize(
    ("span", "wanted"),
    [
        ("60 pence (67 cents", "60 pence"),
        ("60 pence (67 cents)", "60 pence (67 cents)"),
        ("“a lettuce", "a lettuce"),
        ("a lettuce” –", "a lettuce"),
        ("a lettuce,", "a lettuce"),
    ],
)
def test_no_bracket_or_quotation_is_left_open(span, wanted):
    item = told("a", f"It was {span} in all.", span, 0.6)
    assert short_form(understand("What did it cost?"), [item], quotes([item])) == wanted
