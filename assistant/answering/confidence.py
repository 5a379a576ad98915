"""How likely the best candidate is to be right, and how likely it must be to be given.

A logistic model over the best candidate's sentence, the words in it that answer, and the question;
fitted, like the sentence model, by `python -m assistant.training.sentences`, on what the sentence
model makes of questions that it was not fitted on. It lies in sentence_model.json, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import get_args

from assistant.answering.questions import Asked, Question, holds
from assistant.answering.sentences import SPAN_RANGE, Scored, fitted, logistic
from assistant.records import Evidence
from assistant.text import count_words

_KINDS = get_args(Asked)
FEATURES = (
    "sentence_odds",
    "span",
    "span_words",
    "span_fits",
    "sentence_cosine",
    "sentence_cosine_if_low",
    "passage_cosine",
    "question_terms",
    "question_names",
    "library_size",
    *(f"asks_{kind}" for kind in _KINDS),  # a number or a day is mistaken more easily than others
)
_LOW_COSINE = 0.3  # two sentences on different subjects
_FEW_PASSAGES = 30  # as few as there were where the model was fitted
_NO_KIND = ("other", "reason", "statement")  # anything may be an answer of these


def features(
    question: Question, best: Scored, evidence: Sequence[Evidence], passages: int
) -> list[float]:
    """Features, in the order of FEATURES, of `best` among the candidates from `evidence`.

    In a library of many `passages` a close one is sure to be found, whether it answers or not.
    """
    words = best.sentence.article.text[slice(*best.span)] if best.span else ""
    cosine = evidence[best.sentence.passage].dense
    lowest = min((e.dense for e in evidence if e.dense is not None), default=0.0)
    return [
        best.odds,
        max(-SPAN_RANGE, min(SPAN_RANGE, best.span_score)),
        math.log1p(count_words(words)),
        0.5 if question.asked in _NO_KIND else float(holds(question.asked, words, question)),
        best.cosine,
        min(best.cosine, _LOW_COSINE),
        lowest if cosine is None else cosine,
        math.log1p(len(question.terms)),
        float(len(question.names)),
        math.log10(max(passages, _FEW_PASSAGES)),
        *(float(question.asked == kind) for kind in _KINDS),
    ]


def confidence(
    question: Question, best: Scored | None, evidence: Sequence[Evidence], passages: int
) -> float:
    """The probability that an answer from `best`, the best of a library of so many passages, is
    right; 0 where there is none.
    """
    if best is None:
        return 0.0
    model = fitted()["confidence"]
    row = zip(FEATURES, features(question, best, evidence, passages), strict=True)
    odds = model["intercept"] + sum(model["weights"][name] * value for name, value in row)
    return logistic(odds)


def default_threshold() -> float:
    """The confidence below which the best candidate is taken for no answer."""
    return float(fitted()["threshold"])
