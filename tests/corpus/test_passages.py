"""Passages of every seed and of generated texts: exact, whole, and without furniture."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ODD_TEXTS, SEEDS, check_passages, news

from assistant.corpus.passages import MAX_CHARS, MAX_WORDS, passage_id, split_passages
from assistant.corpus.reading import make_article, read_articles
from assistant.records import Article, Span
from assistant.text import count_words, sentence_spans

SEED_ARTICLES = {article.id: article for article in read_articles([SEEDS]).articles}
WORD = st.sampled_from(["peace", "Rome", "😀", "e\u0301tude", "1,000", "–", "“no”", "U.S.", "Dr."])
SENTENCE = st.lists(WORD, min_size=1, max_size=40).map(lambda ws: " ".join(ws).capitalize() + ".")
GAP = st.sampled_from([" ", "  ", "\n", "\n\n", "\r\n", "\r\n\r\n", "\t"])
TEXT = st.lists(st.tuples(SENTENCE, GAP), max_size=25).map(
    lambda parts: "".join(piece for part in parts for piece in part)
)
KINDS = st.sampled_from(["headline", "body", "caption", "boilerplate"])


@pytest.mark.parametrize("id_", SEED_ARTICLES)
def test_the_invariants_hold_for_every_seed(id_):
    article = SEED_ARTICLES[id_]
    check_passages(article)
    assert split_passages(article)


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_the_invariants_hold_for_every_kind_of_text(text):
    article = make_article("odd", text)
    check_passages(article)
    for passage in split_passages(article):
        assert count_words(passage.text) <= MAX_WORDS
        assert len(passage.text) <= MAX_CHARS


@given(TEXT)
def test_the_invariants_hold_for_any_text(text):
    article = make_article("any", text)
    check_passages(article)
    assert all(count_words(p.text) <= MAX_WORDS for p in split_passages(article))


@given(st.text(), st.lists(st.tuples(st.integers(0, 40), KINDS)))
def test_the_invariants_hold_however_a_text_is_marked(text, marks):
    spans, at = [], 0
    for length, kind in marks:
        start, end = at, min(at + length, len(text))
        if text[start:end].replace("\ufeff", "").strip():
            spans.append(Span(kind, start, end))
        at = end
    check_passages(Article("any", text, spans=tuple(spans)))


@pytest.mark.parametrize("id_", SEED_ARTICLES)
def test_passages_of_seeds_begin_and_end_with_sentences(id_):
    article = SEED_ARTICLES[id_]
    sentences = [
        s for span in article.spans for s in sentence_spans(article.text, span.start, span.end)
    ]
    starts, ends = {start for start, _ in sentences}, {end for _, end in sentences}
    for passage in split_passages(article):
        assert passage.start in starts
        assert passage.end in ends


def test_long_articles_have_passages_of_about_60_to_120_words():
    article = make_article("long", news(1, sentences=120))
    sizes = [count_words(passage.text) for passage in split_passages(article)]
    assert all(45 <= size <= 120 for size in sizes)
    assert sum(sizes) / len(sizes) > 90


def test_a_repeated_sentence_has_its_own_offsets_each_time():
    article = make_article("echo", "The talks failed again on Monday in Geneva. " * 60)
    passages = split_passages(article)
    assert len(passages) > 1
    assert all(a.end <= b.start for a, b in pairwise(passages))
    assert len({p.text for p in passages}) < len(passages)  # same text, other place, other id
    assert len({p.id for p in passages}) == len(passages)


def test_a_passage_begins_anew_at_a_headline_and_after_furniture():
    lead, heading, body = news(1).split("\n\n")[1], "What the council decided", news(2, 6)
    advert = "Sign up to our newsletter"
    text = f"{lead}\n{heading}\n{body}\n{advert}\n{lead}"
    marks = []
    for kind, part in zip(
        ("body", "headline", "body", "boilerplate", "body"),
        (lead.strip(), heading, body.strip(), advert, lead.strip()),
        strict=True,
    ):
        start = text.index(part, marks[-1].end if marks else 0)
        marks.append(Span(kind, start, start + len(part)))
    article = Article("parts", text, spans=tuple(marks))
    check_passages(article)
    starts = {passage.start for passage in split_passages(article)}
    assert marks[1].start in starts
    assert marks[4].start in starts


def test_a_quotation_is_not_cut_in_two():
    quotation = "“" + "We will not go. " * 8 + "That is all,” she said."
    article = make_article("quote", f"{news(3, 4)}\n{quotation} {news(4, 9)}")
    start = article.text.index("“")
    end = article.text.index("”") + 1
    assert any(p.start <= start and end <= p.end for p in split_passages(article))


def test_ids_are_stable_and_tell_article_place_and_text_apart():
    article = SEED_ARTICLES["000_2746dcb95056ead2"]
    assert [p.id for p in split_passages(article)] == [p.id for p in split_passages(article)]
    ids = {
        passage_id(article, 0, 10),
        passage_id(article, 0, 11),
        passage_id(article, 1, 10),
        passage_id(replace(article, id="other"), 0, 10),
        passage_id(replace(article, text="x" * 20), 0, 10),
    }
    assert len(ids) == 5


def test_an_article_of_nothing_but_furniture_has_no_passages():
    text = "Advertisement"
    assert split_passages(Article("ad", text, spans=(Span("boilerplate", 0, len(text)),))) == ()
    assert split_passages(Article("none", "")) == ()
