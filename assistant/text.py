"""Sentences, words and normal forms of English text; whatever has a place keeps its offsets."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import sentencex

# Letters and digits with inner apostrophes, hyphens, points and commas kept where they join:
# "minister's", "end-of-year", "U.S", "90,000", "2.5".
_WORD = re.compile(r"[^\W_]+(?:['’.,\-–&][^\W_]+)*")
_LINE = re.compile(r"[^\r\n\u2028\u2029\x85]+")
_COMBINING = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_STEMMING = threading.Lock()  # a stemmer keeps the word it is at
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\xa0": " "})

# Names and abbreviations of the months, folded, with their numbers.
MONTHS = {
    name: number
    for number, full in enumerate(
        "january february march april may june july august september october november "
        "december".split(),
        start=1,
    )
    for name in (full, full[:3])
} | {"sept": 9}
# Closed-class words: they carry grammar, not subject matter.
STOPWORDS = frozenset(
    """a about above after again against all also am an and any are aren't as at be because been
    before being below between both but by can can't cannot could couldn't did didn't do does
    doesn't doing don't down during each few for from further had hadn't has hasn't have haven't
    having he her here hers herself him himself his how i if in into is isn't it its itself just
    me more most my myself no nor not of off on once only or other our ours ourselves out over own
    please same shan't she should shouldn't so some such than that the their theirs them
    themselves then there these they this those through to too under until up us very was wasn't
    we were weren't what when where which while who whom whose why will with won't would wouldn't
    you your yours yourself yourselves 's s t""".split()
)


def words(text: str) -> list[str]:
    """The words of `text` in order, as written."""
    return _WORD.findall(text)


def word_spans(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each word of `text`, in order."""
    for match in _WORD.finditer(text):
        yield match.span()


def count_words(text: str) -> int:
    """How many words a reader would count: stretches between white space that hold a word."""
    return sum(1 for part in text.split() if _WORD.search(part))


def fold(text: str) -> str:
    """Lower case, without accents, with plain quotes and dashes: for comparing, never for showing.

    The result may differ in length from `text`, so offsets do not carry over.
    """
    plain = text.translate(_QUOTES)
    if not plain.isascii():
        plain = _COMBINING.sub("", unicodedata.normalize("NFKD", plain))
    return plain.casefold()


@lru_cache(maxsize=1 << 17)
def stem(word: str) -> str:
    """The Porter stem of a folded word, possessive ending aside."""
    with _STEMMING:
        return str(_stemmer().stemWord(re.sub(r"'s?$", "", word)))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("porter")


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """`start` and `end` moved inward past white space; equal where nothing else is left.

    A byte order mark counts as white space.
    """
    while start < end and (text[start].isspace() or text[start] == "\ufeff"):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] == "\ufeff"):
        end -= 1
    return start, end


def line_spans(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """(start, end) of each non-blank line of `text[start:end]`, trimmed of white space."""
    stop = len(text) if end is None else end
    for match in _LINE.finditer(text, start, stop):
        left, right = trim(text, *match.span())
        if left < right:
            yield left, right


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """(start, end) of each sentence of `text[start:end]`, trimmed; a line break ends a sentence.

    A quotation of several sentences stays whole (the splitter is Wikimedia's sentencex).
    """
    spans = []
    for left, right in line_spans(text, start, end):
        for boundary in sentencex.get_sentence_boundaries("en", text[left:right]):
            span = trim(text, left + boundary["start_index"], left + boundary["end_index"])
            if span[0] < span[1]:
                spans.append(span)
    return spans
