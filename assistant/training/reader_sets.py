"""SQuAD-JSON sets: their questions, and stretches of their contexts of passage length."""

from __future__ import annotations

import gzip
import json
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from assistant.text import STOPWORDS, fold, sentence_spans, words

Span = tuple[int, int]

# Spans of these sets point to the first occurrence of the answer, not to the one that was meant.
_FIRST_OCCURRENCE = frozenset({"squad2_25articles", "fairytaleqa", "timeqa_human"})
_QUESTION_WORDS = frozenset(
    words(
        """what which who whom whose when where why how many much did does do was were is are
        name"""
    )
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as its set asks it; no `answers` means the context does not answer it, and
    `tempting` is then what one might take for the answer, where the set says so.
    """

    id: str
    source: str
    article: str
    paragraph: int
    context: str
    question: str
    answers: tuple[Span, ...]
    tempting: Span | None = None


def load(path: Path) -> list[Asked]:
    """The questions of one SQuAD-JSON file, gzipped or not; the source is the file's stem."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    source = path.name.split(".")[0]
    asked = []
    for a, article in enumerate(json.loads(raw)["data"]):
        for p, paragraph in enumerate(article["paragraphs"]):
            context = paragraph["context"]
            for qa in paragraph["qas"]:
                texts = Counter(answer["text"] for answer in qa["answers"])
                # The answer most annotators gave comes first.
                answers = sorted(qa["answers"], key=lambda answer: -texts[answer["text"]])
                spans = tuple(map(_span, answers))
                tempting = next(map(_span, qa.get("plausible_answers", ())), None)
                name = f"{a}:{article.get('title', '')}"
                question = qa["question"].strip()
                asked.append(Asked(qa["id"], source, name, p, context, question, spans, tempting))
    return asked


def _span(answer: dict[str, Any]) -> Span:
    return answer["answer_start"], answer["answer_start"] + len(answer["text"])


@lru_cache(maxsize=20_000)
def sentences(context: str) -> tuple[Span, ...]:
    """The spans of the sentences of `context`."""
    return tuple(sentence_spans(context))


@lru_cache(maxsize=100_000)
def stems(text: str) -> frozenset[str]:
    """Content words, folded and cut to six letters: enough to tell what two texts share."""
    return frozenset(
        word[:6]
        for word in (fold(word) for word in words(text))
        if word not in STOPWORDS and word not in _QUESTION_WORDS
    )


def meant(asked: Asked) -> Span | None:
    """The span to train on: where it recurs, in the sentence most like the question."""
    if not asked.answers:
        return None
    start, end = asked.answers[0]
    if asked.source not in _FIRST_OCCURRENCE:
        return start, end
    text = asked.context[start:end]
    wanted = stems(asked.question)
    best, most = (start, end), -1
    for match in re.finditer(rf"(?<!\w){re.escape(text)}(?!\w)", asked.context):
        shared = max(
            (
                len(wanted & stems(asked.context[left:right]))
                for left, right in sentences(asked.context)
                if left <= match.start() < right
            ),
            default=0,
        )
        if shared > most:
            best, most = match.span(), shared
    return best


def _touched(spans: Sequence[Span], around: Span) -> list[int]:
    """Indices of the `spans` that share a character with `around`."""
    return [i for i, (left, right) in enumerate(spans) if right > around[0] and left < around[1]]


def window(context: str, around: Span, target: int, rng: random.Random) -> Span:
    """A stretch of whole sentences with `around` inside, of about `target` words.

    Grows to either side at random. A single overlong sentence is cut at white space.
    """
    runs = sentences(context)
    inside = _touched(runs, around) or [0]
    first, last = inside[0], inside[-1]
    size = len(context[runs[first][0] : runs[last][1]].split())
    while size < target and (first > 0 or last + 1 < len(runs)):
        left = first > 0 and (last + 1 == len(runs) or rng.random() < 0.5)
        add = runs[first - 1] if left else runs[last + 1]
        more = len(context[slice(*add)].split())
        if size + more > target * 1.3 and size >= target * 0.5:
            break
        size += more
        first, last = (first - 1, last) if left else (first, last + 1)
    start = min(runs[first][0], around[0])
    end = max(runs[last][1], around[1])
    if size > target * 1.6:
        start, end = _cut(context, (start, end), around, target)
    return start, end


def _cut(context: str, whole: Span, around: Span, target: int) -> Span:
    """`whole` cut to about `target` words around `around`, at white space."""
    pieces = [match.span() for match in re.compile(r"\S+").finditer(context, *whole)]
    inside = _touched(pieces, around)
    if not inside:
        return whole
    spare = max(0, target - (inside[-1] - inside[0] + 1))
    first = max(0, inside[0] - spare // 2)
    last = min(len(pieces) - 1, inside[-1] + spare - spare // 2)
    return min(pieces[first][0], around[0]), max(pieces[last][1], around[1])


class Lookup:
    """Texts found by shared words, weighted by rarity (BM25 without its length term).

    Args:
        texts: what is searched; results are indices into it.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self._holders: dict[str, list[int]] = defaultdict(list)
        for i, text in enumerate(texts):
            for stem in stems(text):
                self._holders[stem].append(i)

    def nearest(self, question: str, limit: int) -> list[int]:
        """Indices of the `limit` texts most like `question`, best first, by index where equal."""
        scores: dict[int, float] = defaultdict(float)
        # Sorted, since the order of a set of strings differs from run to run, and so would sums.
        for stem in sorted(stems(question)):
            holders = self._holders.get(stem, [])
            rarity = math.log(1 + len(self.texts) / (1 + len(holders)))
            for i in holders:
                scores[i] += rarity
        return sorted(scores, key=lambda i: (-scores[i], i))[:limit]


def holds(text: str, answers: Iterable[str]) -> bool:
    """Whether `text` may hold one of `answers`: as a string, or most of its words."""
    folded, found = fold(text), stems(text)
    for answer in answers:
        bare = re.sub(r"^(?:the|an?) ", "", fold(answer)).strip(" .,'\"")
        wanted = stems(answer)
        if not bare or bare in folded or (wanted and len(wanted & found) * 2 > len(wanted)):
            return True
    return False


def passages(context: str, size: int = 90) -> list[str]:
    """`context` cut into runs of whole sentences of about `size` words, as the index does."""
    found, start, count = [], None, 0
    end = 0
    for left, right in sentences(context):
        more = len(context[left:right].split())
        if start is not None and count + more > size * 1.3:
            found.append(context[start:end])
            start, count = None, 0
        if start is None:
            start = left
        count, end = count + more, right
    if start is not None:
        found.append(context[start:end])
    return [passage for passage in found if 15 <= len(passage.split()) <= 200]
