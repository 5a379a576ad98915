"""Sentences, words, lines and folding: offsets are exact, and nothing falls between them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ODD_TEXTS, SEEDS

from assistant.text import (
    STOPWORDS,
    count_words,
    fold,
    line_spans,
    sentence_spans,
    trim,
    word_spans,
    words,
)

TEXTS = {**ODD_TEXTS, **{path.name: path.read_text("utf-8") for path in SEEDS.glob("*.txt")}}
PIECES = st.sampled_from(
    (
        *(
            "He left. ",
            "“Go. Now.” ",
            "U.S. ",
            "Mr. X ",
            "2.5 ",
            "(see below) ",
            "a",
            "'",
            "?!",
            "…",
        ),
        *("\n", "\r\n", "\u2028", "\t", " ", "\ufeff", "\0"),
        *("😀", "👨‍👩‍👧", "e\u0301", "ﬁ", "İ"),
    )
)
MIXED = st.one_of(st.text(), st.lists(PIECES).map("".join))


def blank(text: str) -> bool:
    return not text.replace("\ufeff", "").strip()


def check_spans(text, spans, start=0, end=None):
    """In order, apart, trimmed, and only white space between them."""
    at, stop = start, len(text) if end is None else end
    for left, right in spans:
        assert at <= left < right <= stop
        assert blank(text[at:left])
        assert trim(text, left, right) == (left, right)
        at = right
    assert blank(text[at:stop])


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_sentences_and_lines_of_every_kind_of_text(text):
    check_spans(text, sentence_spans(text))
    check_spans(text, line_spans(text))


@given(MIXED)
def test_sentences_and_lines_of_any_text(text):
    check_spans(text, sentence_spans(text))
    check_spans(text, line_spans(text))


@given(MIXED, st.integers(0, 60), st.integers(0, 60))
def test_part_of_a_text_is_cut_like_the_whole(text, start, length):
    start = min(start, len(text))
    end = min(start + length, len(text))
    check_spans(text, sentence_spans(text, start, end), start, end)
    check_spans(text, line_spans(text, start, end), start, end)


def test_an_empty_part_at_the_start_is_empty():
    assert list(line_spans("He left.", 0, 0)) == []
    assert sentence_spans("He left.", 0, 0) == []


def test_sentences_end_where_a_reader_ends_them():
    text = "Mr. Smith met the U.S. envoy at 2.30 p.m. on Monday. “We agreed. It is done.” He left."
    sentences = [text[start:end] for start, end in sentence_spans(text)]
    assert sentences == [
        "Mr. Smith met the U.S. envoy at 2.30 p.m. on Monday.",
        "“We agreed. It is done.”",
        "He left.",
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028", "\x85"])
def test_a_line_break_ends_a_sentence(newline):
    text = f"A headline{newline}{newline}The mayor spoke"
    assert [text[s:e] for s, e in sentence_spans(text)] == ["A headline", "The mayor spoke"]


def test_words_keep_inner_marks():
    assert words("Naryshkin's end-of-year U.S. 90,000 2.5 AT&T don’t — 😀 Zoë!") == [
        "Naryshkin's",
        "end-of-year",
        "U.S",
        "90,000",
        "2.5",
        "AT&T",
        "don’t",
        "Zoë",
    ]


@given(MIXED)
def test_words_and_their_places_agree(text):
    spans = list(word_spans(text))
    assert [text[start:end] for start, end in spans] == words(text)
    assert count_words(text) <= len(spans)


def test_words_are_counted_as_a_reader_counts_them():
    assert count_words("On 1 October – this year – he/she left.") == 7
    assert count_words(" \n") == count_words("— …") == 0


def test_folding_forgets_case_accents_and_typography():
    assert fold("“Zoë’s CAFÉ” – STRASSE") == fold('"zoe\'s cafe" - straße')
    assert fold("Jose\u0301") == fold("José") == "jose"


@given(MIXED)
def test_folding_any_text_keeps_no_capitals_and_no_marks(text):
    assert fold(text) == fold(text).casefold()


@given(MIXED, st.integers(0, 30), st.integers(0, 30))
def test_trimming_leaves_no_white_space_at_the_ends(text, start, length):
    start = min(start, len(text))
    end = min(start + length, len(text))
    left, right = trim(text, start, end)
    assert start <= left <= right <= end
    assert left == right or not (blank(text[left]) or blank(text[right - 1]))
    assert blank(text[start:left])
    assert blank(text[right:end])


def test_a_byte_order_mark_is_white_space():
    assert trim("\ufeff He left.", 0, 10) == (2, 10)


def test_stopwords_are_in_the_form_that_words_are_compared_in():
    assert all(word == fold(word) for word in STOPWORDS)
