"""Articles into passages: whole sentences, about 60 to 120 words, exact offsets.

A passage is one stretch of the article, so it never runs across boilerplate; it begins anew at a
headline, and ends at a paragraph where that leaves it long enough.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise

from assistant.records import Article, Passage
from assistant.text import count_words, sentence_spans, trim, word_spans

MIN_WORDS = 60
MAX_WORDS = 120
MAX_CHARS = 1600  # for text without spaces; 120 English words have about 750


def split_passages(article: Article) -> tuple[Passage, ...]:
    """The passages of `article`, in order, with `article.text[p.start:p.end] == p.text`."""
    return tuple(
        Passage(passage_id(article, start, end), article.id, start, end, article.text[start:end])
        for section in _sections(article)
        for start, end in _pack(article.text, section)
    )


def passage_id(article: Article, start: int, end: int) -> str:
    """A stable id: the same for the same article, place and text."""
    content = f"{article.id}\0{start}\0{end}\0{article.text[start:end]}"
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _sections(article: Article) -> Iterator[list[tuple[int, int, bool]]]:
    """Runs of (start, end, ends a paragraph) between boilerplate and before headlines."""
    run: list[tuple[int, int, bool]] = []
    for span in article.spans:
        heads = span.kind == "headline" and len(run) > 1
        if run and (span.kind == "boilerplate" or heads):
            yield run
            run = []
        if span.kind != "boilerplate":
            sentences = [
                piece
                for sentence in sentence_spans(article.text, span.start, span.end)
                for piece in _cut_long(article.text, *sentence)
            ]
            run += [
                (start, end, i == len(sentences) - 1) for i, (start, end) in enumerate(sentences)
            ]
    if run:
        yield run


def _pack(text: str, section: list[tuple[int, int, bool]]) -> Iterator[tuple[int, int]]:
    """Sentences into passages, none of which is much shorter than the others."""
    lengths = [count_words(text[start:end]) for start, end, _ in section]
    left = sum(lengths)
    first, size, target = 0, 0, 0.0
    for i, (_, end, paragraph) in enumerate(section):
        over = size + lengths[i] > MAX_WORDS or end - section[first][0] > MAX_CHARS
        if over and i > first:
            yield section[first][0], section[i - 1][1]
            first, size = i, 0
        if i == first:  # an equal share of what is left
            target = max(MIN_WORDS, left / max(1, -(-left // MAX_WORDS)))
        size += lengths[i]
        left -= lengths[i]
        enough = size >= target * (0.75 if paragraph else 1)
        if enough and left >= MIN_WORDS / 2:
            yield section[first][0], end
            first, size = i + 1, 0
    if first < len(section):
        yield section[first][0], section[-1][1]


def _cut_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence as it is, or one of more than a passage's length in pieces that fit."""
    if end - start <= MAX_CHARS and count_words(text[start:end]) <= MAX_WORDS:
        yield start, end
        return
    cuts, size = [start], 0
    for left, right in word_spans(text[start:end]):
        if size == MAX_WORDS or (size and start + right - cuts[-1] > MAX_CHARS):
            cuts.append(start + left)
            size = 0
        size += 1
    for left, right in pairwise([*cuts, end]):
        # One endless word, or a long stretch without any, is cut wherever it reaches the limit.
        for at in range(left, right, MAX_CHARS):
            piece = trim(text, at, min(at + MAX_CHARS, right))
            if piece[0] < piece[1]:
                yield piece
