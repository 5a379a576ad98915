"""Candidate sentences for a question, and how likely each is to hold the answer.

A logistic model over some twenty features of question and sentence, among them what the reader
makes of the sentence in its passage; the coefficients were fitted by
`python -m assistant.training.sentences`, and lie in sentence_model.json beside this module.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from assistant.answering.questions import Question, holds
from assistant.answering.reader import Reader
from assistant.answering.retrieval import Retriever
from assistant.records import Article, Evidence
from assistant.text import count_words, fold, sentence_spans, stem, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MIN_WORDS = 4  # fewer are a sub-heading or a fragment, no statement
_SPELLING = 0.8  # similarity above which two long words are spellings of one name
FEATURES = (
    "sentence_cosine",
    "passage_cosine",
    "sentence_terms",
    "passage_terms",
    "article_terms",
    "sentence_names",
    "passage_names",
    "other_terms",
    "kind_asked",
    "kind_asked_and_terms",
    "kind_asked_and_cosine",
    "headline_or_caption",
    "short",
    "rank",
    "behind_best_cosine",
    "behind_best_terms",
    "span",
    "behind_best_span",
    "passage_span",
    "best_span",
)
_NO_SPAN = -15.0  # score of a sentence without a word the reader could choose
SPAN_RANGE = 15.0  # beyond it, more is not more certain


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the evidence: `article.text[start:end]`, from passage number `passage`."""

    article: Article
    passage: int
    start: int
    end: int

    @property
    def text(self) -> str:
        """The sentence itself."""
        return self.article.text[self.start : self.end]

    @property
    def in_body(self) -> bool:
        """Whether it is no headline and no caption."""
        return all(
            span.kind == "body"
            for span in self.article.spans
            if span.start < self.end and self.start < span.end
        )


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A sentence with the log-odds that it holds the answer, its unit vector, the words in it that
    the reader would answer with, `article.text[start:end]`, with the reader's score of them, and
    its cosine with the question.
    """

    sentence: Sentence
    odds: float
    vector: NDArray[np.float32]
    span: tuple[int, int] | None = None
    span_score: float = _NO_SPAN
    cosine: float = 0.0

    @property
    def probability(self) -> float:
        """The probability that the sentence holds the answer."""
        return logistic(self.odds)


@dataclass(frozen=True, slots=True)
class Read:
    """What the reader made of one sentence: the `words` in it that answer best, as offsets into
    the article, their score, and the best score in its passage.
    """

    words: tuple[int, int] | None
    score: float
    passage_score: float


def candidates(evidence: Sequence[Evidence]) -> list[Sentence]:
    """Every sentence of the evidence that could be an answer, passages in order."""
    found = []
    for number, item in enumerate(evidence):
        passage = item.passage
        for start, end in sentence_spans(item.article.text, passage.start, passage.end):
            if count_words(item.article.text[start:end]) >= _MIN_WORDS:
                found.append(Sentence(item.article, number, start, end))
    return found


def score(
    question: Question,
    evidence: Sequence[Evidence],
    retriever: Retriever,
    reader: Reader,
    vector: NDArray[np.float32],
) -> list[Scored]:
    """The candidate sentences of the evidence, the likeliest first."""
    import numpy as np

    sentences = candidates(evidence)
    if not sentences:
        return []
    reads = read(question, sentences, evidence, reader)
    matrix, vectors = features(question, sentences, reads, evidence, retriever, vector)
    model = fitted()
    weights = np.asarray([model["weights"][name] for name in FEATURES])
    odds = model["intercept"] + matrix @ weights
    return ranked(sentences, odds, vectors, reads, matrix[:, FEATURES.index("sentence_cosine")])


def ranked(
    sentences: Sequence[Sentence],
    odds: NDArray[np.float64],
    vectors: NDArray[np.float32],
    reads: Sequence[Read],
    cosines: NDArray[np.float32],
) -> list[Scored]:
    """Sentences with what is known of each, the likeliest first."""
    scored = [
        Scored(sentence, float(value), embedded, read.words, read.score, float(cosine))
        for sentence, value, embedded, read, cosine in zip(
            sentences, odds, vectors, reads, cosines, strict=True
        )
    ]
    return sorted(scored, key=lambda item: -item.odds)


def read(
    question: Question,
    sentences: Sequence[Sentence],
    evidence: Sequence[Evidence],
    reader: Reader,
) -> list[Read]:
    """What the reader makes of each sentence, read within its passage."""
    starts = [item.passage.start for item in evidence]
    regions: list[list[tuple[int, int]]] = [[] for _ in evidence]
    for sentence in sentences:
        start = starts[sentence.passage]
        regions[sentence.passage].append((sentence.start - start, sentence.end - start))
    passages = [item.passage.text for item in evidence]
    readings = reader.read(question.text, passages, top=1, regions=regions)
    within = [iter(reading.within) for reading in readings]
    reads = []
    for sentence in sentences:
        passage, start = readings[sentence.passage].score, starts[sentence.passage]
        spans = next(within[sentence.passage])
        if spans:
            words = (start + spans[0].start, start + spans[0].end)
            reads.append(Read(words, spans[0].score, passage))
        else:
            reads.append(Read(None, _NO_SPAN, passage))
    return reads


def features(
    question: Question,
    sentences: Sequence[Sentence],
    reads: Sequence[Read],
    evidence: Sequence[Evidence],
    retriever: Retriever,
    vector: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Features, of shape (len(sentences), len(FEATURES)), and the sentences' unit vectors.

    There must be a sentence.
    """
    import numpy as np

    # The same passages are found again and again, so their sentences are.
    vectors = retriever.embedder.recall([s.text for s in sentences])
    article_stems = {item.article.id: _stems(item.article.text) for item in evidence}
    terms = weigh_terms(question, retriever, frozenset().union(*article_stems.values()))
    names = [t for t in terms if t.word in question.names]
    other = [t for t in terms if t.word not in question.names]
    passage_stems = [
        _stems(item.passage.text + " " + (item.article.title or "")) for item in evidence
    ]
    lowest = min((e.dense for e in evidence if e.dense is not None), default=0.0)
    rows = []
    for sentence, embedded in zip(sentences, vectors, strict=True):
        item = evidence[sentence.passage]
        text = sentence.text
        stems = _stems(text)
        in_sentence = coverage(terms, stems)
        cosine = float(embedded @ vector)
        kind = float(holds(question.asked, text, question))
        kinds = {
            s.kind for s in item.article.spans if s.start < sentence.end and sentence.start < s.end
        }
        rows.append(
            [
                cosine,
                item.dense if item.dense is not None else lowest,
                in_sentence,
                coverage(terms, passage_stems[sentence.passage]),
                coverage(terms, article_stems[item.article.id]),
                coverage(names, stems),
                coverage(names, passage_stems[sentence.passage]),
                coverage(other, stems),
                kind,
                kind * in_sentence,
                kind * cosine,
                float(not kinds & {"body"}),
                float(count_words(text) < 8),
                1 / (1 + sentence.passage),
            ]
        )
    matrix = np.asarray(rows, dtype=np.float32)
    # How far behind the best of all: what matters is which sentence fits best, too.
    compared = matrix[:, [FEATURES.index("sentence_cosine"), FEATURES.index("sentence_terms")]]
    spans = np.asarray([r.score for r in reads], dtype=np.float32)
    passages = np.asarray([r.passage_score for r in reads], dtype=np.float32)
    reading = np.stack(
        [
            spans.clip(-SPAN_RANGE, SPAN_RANGE),
            (spans - spans.max()).clip(-SPAN_RANGE),
            passages.clip(-SPAN_RANGE, SPAN_RANGE),
            np.full_like(spans, passages.max()).clip(-SPAN_RANGE, SPAN_RANGE),
        ],
        axis=1,
    )
    return np.hstack([matrix, compared - compared.max(axis=0), reading]), vectors


@dataclass(frozen=True, slots=True)
class Term:
    """A content word of the question: its inverse passage frequency (as in BM25), and the stems
    in the evidence that count as the same word.
    """

    word: str
    weight: float
    stems: frozenset[str]


def weigh_terms(question: Question, retriever: Retriever, vocabulary: frozenset[str]) -> list[Term]:
    """The question's terms, each matched with `vocabulary`, the stems of the evidence."""
    library = retriever.index.library
    total = retriever.passages
    terms = []
    for word in question.terms:
        frequency = library.passage_frequency(word)
        weight = math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))
        terms.append(Term(word, weight, _spellings(stem(word), vocabulary)))
    return terms


def coverage(terms: Sequence[Term], stems: frozenset[str]) -> float:
    """The weighted share of the terms that are among `stems`; 0 to 1, 1 if there are no terms."""
    total = sum(term.weight for term in terms)
    if not total:
        return 1.0
    return sum(term.weight for term in terms if not term.stems.isdisjoint(stems)) / total


def _spellings(own: str, vocabulary: frozenset[str]) -> frozenset[str]:
    """`own`, and where it is unknown, stems that look like another spelling of it."""
    if own in vocabulary or len(own) < 5 or any(c.isdigit() for c in own):
        return frozenset([own])
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(own)  # the side that SequenceMatcher prepares once
    alike = {own}
    for other in vocabulary:
        if other[0] == own[0] and len(other) >= 5 and abs(len(other) - len(own)) <= 3:
            matcher.set_seq1(other)
            if matcher.quick_ratio() >= _SPELLING and matcher.ratio() >= _SPELLING:
                alike.add(other)
    return frozenset(alike)


@lru_cache(maxsize=4096)  # the same passages and articles are found again and again
def _stems(text: str) -> frozenset[str]:
    written = words(fold(text))
    return frozenset(stem(part) for word in written for part in (word, *word.split("-"))) - {""}


@lru_cache(maxsize=1)
def fitted() -> dict[str, Any]:
    """What was fitted: see `assistant.training.sentences`, which writes it."""
    text = (files(__package__) / "sentence_model.json").read_text(encoding="utf-8")
    model: dict[str, Any] = json.loads(text)
    return model


def logistic(log_odds: float) -> float:
    """The probability of these log-odds."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))
