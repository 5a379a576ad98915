"""When two answers are the same, and when two stretches of text are.

Exact match and token F1 are SQuAD's (Rajpurkar et al. 2016, the official evaluation script).
Finding an answer inside a longer text needs word boundaries, and is our own.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from assistant.records import EvidenceSpan
from assistant.text import fold

OVERLAP = 0.5  # of the shorter of two stretches, for them to be about the same place
_RUN = 3  # words in a row that count as said in the same words
_ARTICLES = frozenset({"a", "an", "the"})
_POSSESSIVE = re.compile(r"'s\b")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
# 90,000 and 2.5 are one word each, so is 12bn; a currency sign is a word of its own.
_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?[^\W\d_]*|[^\W_]+|[€$£%]")
_SQUAD_ARTICLES = re.compile(r"\b(a|an|the)\b")


def tokens(text: str) -> list[str]:
    """The words of `text` for comparing: folded, without articles, possessive 's and commas in
    numbers; hyphens part words, points in initials do not.
    """
    folded = _POSSESSIVE.sub("", fold(text))
    folded = _INITIALS.sub(lambda m: m[0].replace(".", "") + " ", folded).replace("'", "")
    found = (match[0].replace(",", "") for match in _TOKEN.finditer(folded))
    return [token for token in found if token not in _ARTICLES]


def holds(text: str, answers: Iterable[str]) -> bool:
    """Whether one of `answers` stands in `text`, from word boundary to word boundary."""
    inside = f" {' '.join(tokens(text))} "
    return any(f" {' '.join(wanted)} " in inside for a in answers if (wanted := tokens(a)))


def squad_normalised(text: str) -> str:
    """SQuAD's normal form: lower case, no ASCII punctuation, no articles, single spaces."""
    bare = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(_SQUAD_ARTICLES.sub(" ", bare).split())


def exact_match(prediction: str, answers: Sequence[str]) -> float:
    """SQuAD's exact match: 1 if the prediction's normal form is that of an accepted answer.

    No accepted answer means that the empty prediction is right, as in SQuAD 2.0.
    """
    return max(
        float(squad_normalised(prediction) == squad_normalised(answer))
        for answer in _references(answers)
    )


def token_f1(prediction: str, answers: Sequence[str]) -> float:
    """SQuAD's token F1: the best over the accepted answers; for none, as for exact match."""
    return max(
        _f1(squad_normalised(prediction).split(), squad_normalised(answer).split())
        for answer in _references(answers)
    )


def _references(answers: Sequence[str]) -> Sequence[str]:
    return [answer for answer in answers if squad_normalised(answer)] or [""]


def _f1(predicted: list[str], wanted: list[str]) -> float:
    if not predicted or not wanted:
        return float(predicted == wanted)
    same = sum((Counter(predicted) & Counter(wanted)).values())
    return 2 * same / (len(predicted) + len(wanted))


def overlaps(article: str, start: int, end: int, span: EvidenceSpan) -> bool:
    """Whether `start` to `end` of `article` shares at least half of the shorter with `span`."""
    if article != span.article:
        return False
    shared = min(end, span.end) - max(start, span.start)
    shorter = min(end - start, span.end - span.start)
    return shared > 0 and shared >= OVERLAP * shorter


def grounded(statement: str, quotes: Iterable[str]) -> bool:
    """Whether at least half of the statement's words stand in one of the quotes, in runs of at
    least three; a statement of fewer words must stand there whole.
    """
    said = tokens(statement)
    if not said:
        return False
    run = min(_RUN, len(said))
    for quote in quotes:
        blocks = SequenceMatcher(None, said, tokens(quote), autojunk=False).get_matching_blocks()
        if sum(b.size for b in blocks if b.size >= run) >= OVERLAP * len(said):
            return True
    return False
