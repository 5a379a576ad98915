"""One question and one reply into a row of verdicts, which all figures are made from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from assistant.answering.citations import MAX_QUOTE_WORDS, MAX_TEXT_WORDS, markers, without_markers
from assistant.evaluation.gold import fingerprint
from assistant.evaluation.matching import exact_match, grounded, holds, overlaps, token_f1
from assistant.evaluation.replies import Quote, Reply, ReplyStatus
from assistant.records import GoldQuestion
from assistant.text import count_words

Outcome = Literal["right", "wrong", "wrongly_refused", "rightly_refused", "wrongly_answered"]
OUTCOMES: dict[Outcome, str] = {
    "wrongly_answered": "answered, though the articles do not answer",
    "wrong": "answered wrong",
    "wrongly_refused": "not found, though the articles answer",
    "right": "answered right",
    "rightly_refused": "rightly not found",
}
MAX_SHORT_WORDS = 25  # the contract's limit for what, why and how; it is 10 for other questions
_STATEMENT = re.compile(r"(.*?)((?:\s*\[\d+\])+|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CitationVerdict:
    """Of one citation: does it overlap gold evidence, is its article one that holds gold evidence,
    is it a verbatim slice of that article.
    """

    right: bool
    article_right: bool
    verbatim: bool


@dataclass(frozen=True, slots=True)
class StatementVerdict:
    """Of one piece of an answer's text: is one of its citations right, do their quotes say it."""

    right: bool
    grounded: bool


@dataclass(frozen=True, slots=True)
class Row:
    """The verdicts on one reply. All but `answered` hold whatever the threshold is.

    `relevant` are the ranks, from 1, of evidence that overlaps gold evidence; `missed` counts the
    gold spans that no evidence overlaps. `exact` and `f1` take the `short` answer or, where there
    is none, the text.
    """

    id: str
    fingerprint: str
    kind: str
    answerable: bool
    status: ReplyStatus
    answered: bool
    confidence: float
    text_right: bool
    short_right: bool
    exact: float
    f1: float
    within_limits: bool
    citations: tuple[CitationVerdict, ...]
    statements: tuple[StatementVerdict, ...]
    relevant: tuple[int, ...]
    missed: int
    seconds: float

    @property
    def outcome(self) -> Outcome:
        """What a reader got."""
        if not self.answered:
            return "wrongly_refused" if self.answerable else "rightly_refused"
        if not self.answerable:
            return "wrongly_answered"
        return "right" if self.text_right else "wrong"

    def at(self, threshold: float) -> Row:
        """The row as it is where less confident answers are "not_found"."""
        answered = self.status == "answered" and self.confidence >= threshold
        return replace(self, answered=answered)

    def values(self) -> dict[str, Any]:
        """The row as JSON values, which `from_values` reads."""
        return {**asdict(self), "outcome": self.outcome}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Row:
        """A row from JSON values. Raises KeyError or TypeError where they are none."""
        fields = {name: values[name] for name in cls.__slots__}
        fields["citations"] = tuple(CitationVerdict(**v) for v in values["citations"])
        fields["statements"] = tuple(StatementVerdict(**v) for v in values["statements"])
        fields["relevant"] = tuple(values["relevant"])
        return cls(**fields)


def grade(question: GoldQuestion, reply: Reply, seconds: float, texts: Mapping[str, str]) -> Row:
    """The verdicts on `reply`; `texts` are the articles' texts by id. Threshold: none yet."""
    answered = reply.status == "answered"
    said = without_markers(reply.text)
    within = _within_limits(reply)
    judged = question.answerable and answered
    prediction = reply.short if reply.short is not None else said
    relevant, missed = _retrieved(question, reply.evidence)
    return Row(
        id=question.id,
        fingerprint=fingerprint(question),
        kind=question.kind,
        answerable=question.answerable,
        status=reply.status,
        answered=answered,
        confidence=reply.confidence,
        # A long paste holds any answer; only what keeps the contract's limits counts.
        text_right=judged and within and holds(said, question.answers),
        short_right=judged and within and holds(reply.short or "", question.answers),
        exact=exact_match(prediction, question.answers) if judged else 0.0,
        f1=token_f1(prediction, question.answers) if judged else 0.0,
        within_limits=within,
        citations=tuple(_citation(question, quote, texts) for quote in reply.citations),
        statements=tuple(_statements(question, reply)) if answered else (),
        relevant=relevant,
        missed=missed,
        seconds=seconds,
    )


def is_right(question: GoldQuestion, quote: Quote) -> bool:
    """Whether a citation or piece of evidence overlaps the gold evidence of `question`."""
    return any(overlaps(quote.article, quote.start, quote.end, span) for span in question.evidence)


def statements(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """The pieces of a text with the numbers of the markers that follow each."""
    pieces = []
    for match in _STATEMENT.finditer(text):
        said = match[1].strip()
        if any(c.isalnum() for c in said):
            pieces.append((said, tuple(markers(match[2]))))
    return pieces


def _statements(question: GoldQuestion, reply: Reply) -> list[StatementVerdict]:
    by_number = {quote.number: quote for quote in reply.citations}
    verdicts = []
    for said, numbers in statements(reply.text):
        cited = [by_number[n] for n in numbers if n in by_number]
        verdicts.append(
            StatementVerdict(
                right=any(is_right(question, quote) for quote in cited),
                grounded=grounded(said, [quote.quote for quote in cited]),
            )
        )
    return verdicts


def _citation(question: GoldQuestion, quote: Quote, texts: Mapping[str, str]) -> CitationVerdict:
    text = texts.get(quote.article)
    verbatim = (
        text is not None
        and 0 <= quote.start < quote.end <= len(text)
        and text[quote.start : quote.end] == quote.quote
    )
    return CitationVerdict(
        right=is_right(question, quote),
        article_right=quote.article in {span.article for span in question.evidence},
        verbatim=verbatim,
    )


def _retrieved(question: GoldQuestion, evidence: Sequence[Quote]) -> tuple[tuple[int, ...], int]:
    """Ranks of relevant evidence, and how many gold spans are in none; what comes again at a
    later rank is not relevant there.
    """
    seen: set[tuple[str, int, int]] = set()
    ranks = []
    for rank, quote in enumerate(evidence, start=1):
        place = (quote.article, quote.start, quote.end)
        if place not in seen and is_right(question, quote):
            ranks.append(rank)
        seen.add(place)
    missed = sum(
        not any(overlaps(q.article, q.start, q.end, span) for q in evidence)
        for span in question.evidence
    )
    return tuple(ranks), missed


def _within_limits(reply: Reply) -> bool:
    numbers = [quote.number for quote in reply.citations]
    return (
        count_words(without_markers(reply.text)) <= MAX_TEXT_WORDS
        and all(count_words(quote.quote) <= MAX_QUOTE_WORDS for quote in reply.citations)
        and count_words(reply.short or "") <= MAX_SHORT_WORDS
        and set(markers(reply.text)) == set(numbers)
        and len(set(numbers)) == len(numbers)
    )
