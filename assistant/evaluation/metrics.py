"""Every figure, defined once, with its source."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from assistant.evaluation import confidence
from assistant.evaluation.grading import Row
from assistant.evaluation.metric import (
    NOTHING,
    Metric,
    Parts,
    over_all,
    over_answerable,
    over_answered,
    pooled,
    ranking,
    share,
)

SECTIONS = {
    "answers": "Answers",
    "abstention": "Abstention and confidence",
    "citations": "Citations",
    "retrieval": "Retrieval",
    "speed": "Speed",
}


def _hit(k: int) -> Callable[[Row], float]:
    return lambda row: any(rank <= k for rank in row.relevant)


def _reciprocal_rank(row: Row) -> float:
    return 1 / row.relevant[0] if row.relevant else 0.0


def _ndcg(row: Row) -> float:
    found = sum(1 / math.log2(rank + 1) for rank in row.relevant if rank <= 10)
    wanted = min(len(row.relevant) + row.missed, 10)
    return found / sum(1 / math.log2(rank + 1) for rank in range(1, wanted + 1)) if wanted else 0.0


def _short_form(value: Callable[[Row], float]) -> Callable[[Row], float]:
    """SQuAD 2.0: "not found" is the empty prediction, right for unanswerable questions only."""
    return lambda row: value(row) if row.answered else float(not row.answerable)


def _refusal_f1(row: Row) -> Parts:
    refused, unanswerable = not row.answered, not row.answerable
    return 2.0 * (refused and unanswerable), float(refused) + float(unanswerable)


def is_correct(row: Row) -> bool:
    """Whether the best candidate, shown or not, is right."""
    return row.answerable and row.text_right


def _percentile(share: float) -> Callable[[Sequence[Row]], float | None]:
    return lambda rows: float(np.percentile([row.seconds for row in rows], share)) if rows else None


_SQUAD = "Rajpurkar et al. 2016 and 2018 (SQuAD, SQuAD 2.0)"
_ALCE = "after Gao et al. 2023 (ALCE), span overlap in place of the NLI model"
_IR = "Manning, Raghavan and Schütze 2008"
_OWN = "own definition"
_OVER_ANSWERABLE = "over answerable questions"

METRICS = (
    Metric(
        "accuracy",
        "Right outcome",
        "answers",
        "Answered right, or rightly not found; over all questions.",
        _OWN,
        higher_is_better=True,
        parts=over_all(lambda r: r.outcome in ("right", "rightly_refused")),
    ),
    Metric(
        "text_accuracy",
        "Answer in the text",
        "answers",
        "An accepted answer stands in `text` at word boundaries, after folding case, accents, "
        "punctuation and articles, and the answer keeps the contract's limits of length; "
        f"{_OVER_ANSWERABLE}, a refusal counting as wrong.",
        "after Chen et al. 2017 (DrQA)",
        higher_is_better=True,
        parts=over_answerable(lambda r: r.answered and r.text_right),
        guarded=True,
    ),
    Metric(
        "text_accuracy_forced",
        "Answer in the text, threshold off",
        "answers",
        "The same for the best candidate, whether or not its confidence lets it be shown.",
        "after Chen et al. 2017 (DrQA)",
        higher_is_better=True,
        parts=over_answerable(lambda r: r.text_right),
    ),
    Metric(
        "selective_accuracy",
        "Right, of the answers given",
        "answers",
        "Answers given that hold an accepted answer, over all answers given; an answer to an "
        "unanswerable question is wrong.",
        "El-Yaniv and Wiener 2010",
        higher_is_better=True,
        parts=over_answered(is_correct),
    ),
    Metric(
        "short_accuracy",
        "Short answer right",
        "answers",
        f"As for the text, in `short`; {_OVER_ANSWERABLE}.",
        "after Chen et al. 2017 (DrQA)",
        higher_is_better=True,
        parts=over_answerable(lambda r: r.answered and r.short_right),
        guarded=True,
    ),
    Metric(
        "exact_match",
        "Exact match",
        "answers",
        "`short` (the text where there is none) is an accepted answer after SQuAD's "
        'normalisation; over all questions, where "not found" is the empty answer.',
        _SQUAD,
        higher_is_better=True,
        parts=over_all(_short_form(lambda r: r.exact)),
    ),
    Metric(
        "token_f1",
        "Token F1",
        "answers",
        "As exact match, by the F1 of shared words.",
        _SQUAD,
        higher_is_better=True,
        parts=over_all(_short_form(lambda r: r.f1)),
    ),
    Metric(
        "within_limits",
        "Within the contract's limits",
        "answers",
        "Answers given with at most 80 words of text, 60 of any quote and 25 of `short`, whose "
        "markers and citations agree; over answers given.",
        "the JSON contract",
        higher_is_better=True,
        parts=over_answered(lambda r: r.within_limits),
    ),
    Metric(
        "abstention_precision",
        "Refusals that are right",
        "abstention",
        'Unanswerable questions among those refused ("not found").',
        _SQUAD,
        higher_is_better=True,
        parts=lambda r: NOTHING if r.answered else (float(not r.answerable), 1.0),
    ),
    Metric(
        "abstention_recall",
        "Unanswerable refused",
        "abstention",
        "Refused questions among the unanswerable.",
        _SQUAD,
        higher_is_better=True,
        parts=lambda r: NOTHING if r.answerable else (float(not r.answered), 1.0),
        guarded=True,
    ),
    Metric(
        "abstention_f1",
        "Refusal F1",
        "abstention",
        "The harmonic mean of the two above.",
        _SQUAD,
        higher_is_better=True,
        parts=_refusal_f1,
    ),
    Metric(
        "false_refusals",
        "Answerable refused",
        "abstention",
        "Refused questions among the answerable.",
        _OWN,
        higher_is_better=False,
        parts=over_answerable(lambda r: not r.answered),
        guarded=True,
    ),
    Metric(
        "coverage",
        "Answered",
        "abstention",
        "Questions that got an answer, over all questions.",
        "El-Yaniv and Wiener 2010",
        higher_is_better=None,
        parts=over_all(lambda r: r.answered),
    ),
    Metric(
        "auroc_answerable",
        "AUROC, answerable or not",
        "abstention",
        "The chance that an answerable question has more confidence than an unanswerable one.",
        "Hanley and McNeil 1982",
        higher_is_better=True,
        whole=ranking(confidence.auroc, lambda r: r.answerable),
    ),
    Metric(
        "auroc_correct",
        "AUROC, right or wrong",
        "abstention",
        "The chance that a right best candidate has more confidence than a wrong one; over all "
        "questions, the threshold off.",
        "Hendrycks and Gimpel 2017",
        higher_is_better=True,
        whole=ranking(confidence.auroc, is_correct),
        guarded=True,
    ),
    Metric(
        "aurc",
        "Area under risk-coverage",
        "abstention",
        "The share of wrong answers among the most confident 1, 2, ... n, averaged over n; over "
        "all questions, the threshold off.",
        "Geifman and El-Yaniv 2017",
        higher_is_better=False,
        whole=ranking(confidence.aurc, is_correct),
    ),
    Metric(
        "ece",
        "Calibration error",
        "abstention",
        "The gap between confidence and the share that is right, in ten bins of equal width, "
        "weighted by count; over all questions, the threshold off.",
        "Naeini et al. 2015; Guo et al. 2017",
        higher_is_better=False,
        whole=ranking(confidence.calibration_error, is_correct),
    ),
    Metric(
        "evidence_hit",
        "Evidence cited",
        "citations",
        "A citation shares at least half of the shorter with a gold evidence span; "
        f"{_OVER_ANSWERABLE}, a refusal counting as none.",
        _OWN,
        higher_is_better=True,
        parts=over_answerable(lambda r: r.answered and any(c.right for c in r.citations)),
        guarded=True,
    ),
    Metric(
        "evidence_hit_forced",
        "Evidence cited, threshold off",
        "citations",
        "The same for the best candidate, shown or not.",
        _OWN,
        higher_is_better=True,
        parts=over_answerable(lambda r: any(c.right for c in r.citations)),
    ),
    Metric(
        "citation_recall",
        "Citation recall",
        "citations",
        "Per answer, the share of its statements with a citation that overlaps gold evidence; "
        "the mean over answers given.",
        _ALCE,
        higher_is_better=True,
        parts=over_answered(lambda r: share(s.right for s in r.statements)),
    ),
    Metric(
        "citation_precision",
        "Citation precision",
        "citations",
        "Per answer, the share of its citations that overlap gold evidence (none if it has "
        "none); the mean over answers given.",
        _ALCE,
        higher_is_better=True,
        parts=over_answered(lambda r: share(c.right for c in r.citations)),
    ),
    Metric(
        "citation_article_precision",
        "Citations from a right article",
        "citations",
        "Citations from an article that holds gold evidence, over all citations of answers "
        "given; an unanswerable question has no such article.",
        _OWN,
        higher_is_better=True,
        parts=pooled(lambda r: (c.article_right for c in r.citations)),
        guarded=True,
    ),
    Metric(
        "grounded",
        "Statements in their quotes' words",
        "citations",
        "Statements of answers given, at least half of whose words stand in the quotes they "
        "cite, in runs of three or more.",
        "after Gao et al. 2023 (ALCE), shared words in place of the NLI model",
        higher_is_better=True,
        parts=pooled(lambda r: (s.grounded for s in r.statements)),
    ),
    Metric(
        "verbatim",
        "Verbatim quotes",
        "citations",
        "Citations whose quote is the slice of the indexed article that they name, checked "
        "again here; over all citations, the threshold off.",
        "the JSON contract",
        higher_is_better=True,
        parts=lambda r: (float(sum(c.verbatim for c in r.citations)), float(len(r.citations))),
        guarded=True,
    ),
    *(
        Metric(
            f"hit@{k}",
            f"Evidence in the first {k}" if k > 1 else "Evidence first",
            "retrieval",
            f"One of the {k} first passages of `evidence` overlaps a gold evidence span (half "
            f"of the shorter); {_OVER_ANSWERABLE}.",
            _IR,
            higher_is_better=True,
            parts=over_answerable(_hit(k)),
            guarded=k == 8,
        )
        for k in (1, 3, 5, 8)
    ),
    Metric(
        "mrr",
        "Mean reciprocal rank",
        "retrieval",
        f"1 / rank of the first such passage, 0 for none; {_OVER_ANSWERABLE}.",
        "Voorhees 1999",
        higher_is_better=True,
        parts=over_answerable(_reciprocal_rank),
        guarded=True,
    ),
    Metric(
        "ndcg@10",
        "nDCG@10",
        "retrieval",
        "Discounted gain of such passages among the first 10, over that of an ideal list: those "
        f"passages first, then one for each gold span that none overlaps; {_OVER_ANSWERABLE}.",
        "Järvelin and Kekäläinen 2002, binary gains",
        higher_is_better=True,
        parts=over_answerable(_ndcg),
    ),
    Metric(
        "seconds_p50",
        "Median time",
        "speed",
        "Seconds from question to answer, measured around the engine.",
        _OWN,
        higher_is_better=False,
        whole=_percentile(50),
        unit=" s",
    ),
    Metric(
        "seconds_p95",
        "95th percentile of time",
        "speed",
        "As above; one question in twenty takes longer.",
        _OWN,
        higher_is_better=False,
        whole=_percentile(95),
        unit=" s",
    ),
)
BY_NAME = {metric.name: metric for metric in METRICS}
GUARDED = tuple(metric for metric in METRICS if metric.guarded)


def measure(rows: Sequence[Row]) -> dict[str, float | None]:
    """Every figure over `rows`, by name."""
    return {metric.name: metric.value(rows) for metric in METRICS}


def groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of answerable and of unanswerable questions, then of each kind by name."""
    found = {
        "answerable": [row for row in rows if row.answerable],
        "unanswerable": [row for row in rows if not row.answerable],
    }
    kinds = sorted({row.kind for row in rows})
    found |= {f"kind {kind}": [row for row in rows if row.kind == kind] for kind in kinds}
    return {name: members for name, members in found.items() if members}
