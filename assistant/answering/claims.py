"""A model's reply as claims: its sentences, each with the passage numbers and quotations in it.

Plain prose with [n] markers is read, and what models make of it: [1, 2], [1-3], 【1】, a marker
before or after the full stop, bold print, list signs, thoughts in <think> tags.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from assistant.answering.citations import unmarked
from assistant.text import sentence_spans, words

_MARKER = re.compile(r"\s*[\[【]\s*\^?(\d+(?:\s*(?:[,;–-]|and|&)\s*\^?\d+)*)\s*[\]】]")
_MARKERS = re.compile(rf"(?:{_MARKER.pattern})+[.!?]?")
_MARKED = re.compile(rf"[.!?…][\"”’')*]*(?:{_MARKER.pattern})+")
_MOST_NUMBERS = 20  # of one marker: "[1-99999]" names no passages
_MARKUP = re.compile(r"^\s*(?:#+|[-*•–]|\d+[.)])\s+|\*\*|__|`", re.MULTILINE)
_THOUGHTS = re.compile(r"\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_DOUBLE = re.compile(r"[\"“”„«»]")
_QUOTATION = re.compile(r"[\"“„«]([^\"“”„«»]*)[\"”“»]")
# Apostrophes look the same: a single quotation begins after no letter and ends before none.
_SINGLE = re.compile(r"(?<![\w’'])[‘']([^‘’'\"“”]+(?:[’'](?=\w)[^‘’'\"“”]+)*)[’'](?!\w)")
_LEAD = re.compile(rf"^\W*(?:according to|as \w+ (?:in|by)|in)(?:{_MARKER.pattern})+,?", re.I)
_ENDS = re.compile(r"[.!?…\n\]】\"”’')]")


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a reply.

    Attributes:
        text: the sentence on one line, without markers.
        numbers: the passages it refers to, in the order of their first mention.
        quotes: what stands in quotation marks in it.
        closed: whether every quotation mark has its partner.
    """

    text: str
    numbers: tuple[int, ...]
    quotes: tuple[str, ...]
    closed: bool = True


def claims(pieces: Iterable[str]) -> Iterator[Claim]:
    """The claims of a reply that comes in pieces, each as soon as the next one begins."""
    text, done, ended = "", 0, False
    for piece in pieces:
        text += piece
        # A sentence ends where the next one begins: in this piece, or the one after.
        before, ended = ended, bool(_ENDS.search(piece))
        if not (before or ended):
            continue
        said = _without_thoughts(text)
        spans = _sentences(said, done)
        # What begins like a marker may be one, and then belongs to the sentence before it.
        begun = 2 if spans and said[spans[-1][0]] in "[【" else 1
        for start, end in spans[:-begun]:
            if not _is_closed(said[start:end]):
                break  # the quotation may go on
            yield from _claim(said[start:end])
            done = end
    said = _without_thoughts(text)
    for start, end in _sentences(said, done):
        yield from _claim(said[start:end])


def _without_thoughts(text: str) -> str:
    """`text` without the thoughts at its beginning, which may not be over yet."""
    return _THOUGHTS.sub("", text, count=1) if text.lstrip().startswith("<think") else text


def _sentences(text: str, start: int) -> list[tuple[int, int]]:
    """Spans of the sentences from `start` on, each with the markers that follow it."""
    spans: list[tuple[int, int]] = []
    cuts = [start, *(match.end() for match in _MARKED.finditer(text, start)), len(text)]
    for first, last in pairwise(cuts):
        for left, right in sentence_spans(text, first, last):
            # Markers after the full stop are taken for the beginning of the next sentence.
            if spans and (match := _MARKERS.match(text, left)):
                spans[-1] = spans[-1][0], match.end()
                left = match.end()
            if text[left:right].strip():
                spans.append((left, right))
    return spans


def _claim(sentence: str) -> Iterator[Claim]:
    """The claim that a sentence makes, if it holds a word."""
    # Invisible characters could hide words from the check, or from the reader.
    sentence = visible(sentence)
    numbers: dict[int, None] = {}
    for match in _MARKER.finditer(sentence):
        numbers.update(dict.fromkeys(_numbers(match[1])))
    bare = _MARKUP.sub("", _MARKER.sub("", _LEAD.sub("", sentence)))
    bare = unmarked(bare)  # taking out "[1]" can make a marker of "[[1]2]"
    bare = bare[:1].upper() + bare[1:]
    if any(c.isalpha() for c in bare):
        quotes = (*_QUOTATION.findall(bare), *_SINGLE.findall(bare))
        yield Claim(
            text=bare,
            numbers=tuple(numbers),
            quotes=tuple(quote.strip() for quote in quotes if words(quote)),
            closed=_is_closed(bare),
        )


def visible(text: str) -> str:
    """`text` without characters that show nothing, white space aside."""
    hidden = ("Cf", "Cc", "Co", "Cs", "Cn")
    return "".join(c for c in text if c.isspace() or unicodedata.category(c) not in hidden)


def _is_closed(text: str) -> bool:
    return len(_DOUBLE.findall(text)) % 2 == 0


def _numbers(marker: str) -> Iterator[int]:
    for part in re.split(r"\s*(?:[,;&]|and)\s*", marker):
        first, *last = (int(n[:9]) for n in re.findall(r"\d+", part))
        yield from range(first, min(last[0] if last else first, first + _MOST_NUMBERS) + 1)
