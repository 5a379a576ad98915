"""The full-text index: scores are BM25's, and what was removed leaves no trace."""

import math
import sqlite3
from collections import Counter
from contextlib import closing

import numpy as np
import pytest
from support import ODD_TEXTS, news

from assistant.indexing import lexical
from assistant.indexing.lexical import Lexical, terms

TEXTS = {number: (news(number, 3), f"Report {number}") for number in range(1, 40)}
QUESTION = "Who opened a bridge in Ghent, and what did Brandt's report 7 say?"


@pytest.fixture
def database():
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.executescript(lexical.SCHEMA)
        yield opened


def filled(database, texts=TEXTS):
    index = Lexical(database)
    for number, (text, title) in texts.items():
        index.add(number, text, title)
    index.flush()
    return index


def everything(database):
    """What the tables hold."""
    lengths = database.execute("SELECT terms FROM lengths").fetchone()[0]
    postings = database.execute("SELECT term, passages FROM postings ORDER BY term").fetchall()
    return lengths.rstrip(b"\0"), postings


def test_scores_are_those_of_the_formula(database):
    counts = {n: Counter(terms(text) + terms(title)) for n, (text, title) in TEXTS.items()}
    mean = sum(c.total() for c in counts.values()) / len(counts)
    right = {}
    for number, count in counts.items():
        score = 0.0
        for term in set(terms(QUESTION)):
            holding = sum(term in other for other in counts.values())
            idf = math.log(1 + (len(counts) - holding + 0.5) / (holding + 0.5))
            norm = 1.2 * (0.25 + 0.75 * count.total() / mean)
            score += idf * 2.2 * count[term] / (count[term] + norm)
        right[number] = score
    found = filled(database).search(QUESTION, len(TEXTS))
    assert [number for number, _ in found] == sorted(
        (n for n in right if right[n]), key=lambda n: (-right[n], n)
    )
    for number, score in found:
        assert score == pytest.approx(right[number], rel=1e-4)


def test_a_group_of_passages_scores_as_one_text_of_them_all(database):
    index = filled(database)
    index.remove({number: TEXTS[number] for number in (1, 38, 39)})
    groups = np.arange(38) // 5  # as long as the highest number that is left
    together = {}
    for number in range(2, 38):
        text, title = TEXTS[number]
        together.setdefault(int(groups[number]) + 1, []).extend([text, title])
    with closing(sqlite3.connect(":memory:")) as other:
        other.executescript(lexical.SCHEMA)
        texts = {number: (" ".join(parts), "") for number, parts in together.items()}
        right = filled(other, texts).search(QUESTION, 100)
    found = index.search_groups(QUESTION, 100, groups)
    assert [group + 1 for group, _ in found] == [number for number, _ in right]
    assert [score for _, score in found] == pytest.approx([score for _, score in right], rel=1e-4)
    assert index.search_groups(QUESTION, 2, groups) == found[:2]


def test_removing_leaves_no_trace_and_the_rest_as_if_alone(database):
    kept = {number: texts for number, texts in TEXTS.items() if number % 3}
    with closing(sqlite3.connect(":memory:")) as other:
        other.executescript(lexical.SCHEMA)
        alone = filled(other, kept)
        index = filled(database)
        index.remove({n: texts for n, texts in TEXTS.items() if n not in kept})
        assert everything(database) == everything(other)
        assert index.search(QUESTION, 50) == alone.search(QUESTION, 50)
        index.remove(kept)
        assert everything(database) == (b"", [])
        assert index.search(QUESTION, 50) == []


def test_writing_in_parts_is_writing_at_once(database):
    index = Lexical(database)
    for number, (text, title) in TEXTS.items():
        index.add(number, text, title)
        if number % 7 == 0:
            index.flush()
    index.flush()
    with closing(sqlite3.connect(":memory:")) as other:
        other.executescript(lexical.SCHEMA)
        filled(other)
        assert everything(database) == everything(other)


def test_only_among_those_asked_for(database):
    index = filled(database)
    best = [number for number, _ in index.search(QUESTION, 5)]
    assert [number for number, _ in index.search(QUESTION, 5, best[2:])] == best[2:]
    assert index.search(QUESTION, 5, []) == []


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_every_kind_of_text(database, text):
    index = filled(database, {1: (text, text[:50]), 2: ("The ferry.", "")})
    assert [number for number, _ in index.search("ferries", 5)] == [2]
    index.remove({1: (text, text[:50])})
    assert index.frequency("ferry") == 1
    assert len(everything(database)[1]) == 1


def test_a_frequency_counts_texts_and_not_titles(database):
    index = filled(database, {1: ("A ferry.", "Bridges"), 2: ("The bridge.", "Bridge")})
    assert index.frequency("bridge") == 1
    assert index.frequency("the") == 0


def test_words_are_told_apart_by_their_stems():
    assert terms("The Mayor’s bridges, opened in 2024 by Zoë; U.S. and end-of-year") == [
        "mayor", "bridg", "open", "2024", "zoe", "u", "end", "year",
    ]  # fmt: skip
