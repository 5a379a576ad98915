"""Extractive reading: which words of a passage answer a question, and whether any do.

The reader is a small BERT with a span head. Question and passage go through it together; for every
token it says how likely an answer begins there and ends there, and the first token stands for "no
answer here" (Devlin et al. 2019, section 4.3, arXiv:1810.04805). A span's score is the sum of its
two logits less those of the first token: positive where the model prefers the span to no answer.
Of the spans that overlap the best one, the one that agrees most with all of them is given (minimum
Bayes risk decoding; Kumar and Byrne 2004).
How scores become probabilities is fitted on held-out training data and kept beside the weights.

Passages are scored one by one. Pooling over passages is the caller's.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answering.reader_weights import ReaderConfig

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from tokenizers import Encoding, Tokenizer

    Floats = npt.NDArray[np.float32]
    Scores = npt.NDArray[np.float64]
    Ids = npt.NDArray[np.int64]
    # Token ids, attention mask and token types (batch x tokens) to the logits of start and end
    # (batch x tokens x 2).
    Logits = Callable[[Ids, Ids, Ids], Floats]

# Longer questions are cut: what matters has been said by then, and the passage needs the room.
_QUESTION_TOKENS = 64
# Tokens in one run of the model, padding included: memory stays small and the cache warm.
_RUN_TOKENS = 4096
# A window joins a run only if it is at most so much longer than the run's shortest: padding costs
# as much as text.
_PADDING = 1.25
# How many of the best spans are asked which of them they agree on, and how sharply their scores
# are told apart. Chosen on the training sets' held-out questions: F1 there rises by one point.
_RIVALS = 10
_TEMPERATURE = 0.7
Region = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Span:
    """A candidate answer: `passage[start:end]`, in Unicode code points.

    Attributes:
        start: where it begins in the passage.
        end: where it ends, exclusive.
        score: log-odds against "no answer here" as the model puts them. Comparable between
            passages of one question.
        probability: that the span is right, given that it is the best of its passage and has
            this score; rises with `score`. Probabilities of several spans do not add up to one.
    """

    start: int
    end: int
    score: float
    probability: float


@dataclass(frozen=True, slots=True)
class PassageReading:
    """What the reader found in one passage.

    Attributes:
        spans: the best candidate answers, best first, none overlapping a better one; empty only
            where the passage has no words.
        within: the best candidate inside each of the regions asked for; None where there is no
            word in it.
    """

    spans: tuple[Span, ...]
    within: tuple[Span | None, ...] = ()

    @property
    def score(self) -> float:
        """The best span's score, or minus infinity where there is none: to rank passages by."""
        return self.spans[0].score if self.spans else -math.inf


@dataclass(frozen=True, slots=True)
class _Window:
    """Question and a stretch of passage number `passage`, as tokens; tokens `first` to `last`
    (exclusive) are the passage's.
    """

    passage: int
    encoding: Encoding
    first: int
    last: int


class Reader:
    """Reads passages for answers. Safe to share between threads.

    Args:
        logits: the model; see `reader_weights` for what computes it.
        tokenizer: encodes a question and a passage as the model was trained; its padding and
            truncation are set here.
        config: see `ReaderConfig`.
    """

    def __init__(self, logits: Logits, tokenizer: Tokenizer, config: ReaderConfig) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._whole = copy.deepcopy(tokenizer)  # for questions alone, which are not truncated
        tokenizer.enable_truncation(
            config.max_tokens, stride=config.overlap, strategy="only_second"
        )
        self._logits = logits
        self._tokenizer = tokenizer
        self.config = config

    def read(
        self,
        question: str,
        passages: Sequence[str],
        *,
        top: int = 3,
        regions: Sequence[Sequence[Region]] | None = None,
    ) -> tuple[PassageReading, ...]:
        """Candidate answers to `question` in each of `passages`, in their order.

        Args:
            question: as asked; past 64 tokens it is cut.
            passages: of any length; those that do not fit with the question are read in windows.
            top: how many spans of a passage are kept at most.
            regions: for each passage, stretches (start, end) in which to look for the best span.
        """
        regions = [()] * len(passages) if regions is None else regions
        found: list[list[Span]] = [[] for _ in passages]
        within: list[list[Span | None]] = [[None] * len(some) for some in regions]
        for run in _runs(self._windows(question, passages)):
            for window, rows in zip(run, self._run(run), strict=True):
                scores = _Table(window, rows, self.config.max_answer_tokens)
                best = within[window.passage]
                for number, region in enumerate(regions[window.passage]):
                    span = self._span(scores.best(region))
                    if span is not None and (now := best[number]) is not None:
                        span = max(now, span, key=lambda s: s.score)
                    best[number] = span or best[number]
                found[window.passage] += [
                    span for one in scores.top(top) if (span := self._span(one)) is not None
                ]
        readings = []
        for spans, best in zip(found, within, strict=True):
            kept: list[Span] = []
            for span in sorted(spans, key=lambda span: -span.score):
                if len(kept) < top and not any(
                    span.start < better.end and better.start < span.end for better in kept
                ):
                    kept.append(span)
            readings.append(PassageReading(tuple(kept), tuple(best)))
        return tuple(readings)

    def _span(self, found: tuple[int, int, float] | None) -> Span | None:
        return found and Span(*found, self.config.probability(found[2]))

    def _windows(self, question: str, passages: Sequence[str]) -> list[_Window]:
        asked = self._whole.encode(question, add_special_tokens=False)
        if len(asked.ids) > _QUESTION_TOKENS:
            question = question[: asked.offsets[_QUESTION_TOKENS - 1][1]]
        windows = []
        encodings = self._tokenizer.encode_batch([(question, passage) for passage in passages])
        for number, whole in enumerate(encodings):
            for encoding in (whole, *whole.overflowing):
                own = [i for i, sequence in enumerate(encoding.sequence_ids) if sequence == 1]
                if own:
                    windows.append(_Window(number, encoding, own[0], own[-1] + 1))
        return windows

    def _run(self, run: Sequence[_Window]) -> Floats:
        """Logits of the windows: batch x tokens x 2."""
        import numpy as np

        shape = (len(run), max(len(window.encoding.ids) for window in run))
        ids, mask, types = (np.zeros(shape, np.int64) for _ in range(3))
        for row, window in enumerate(run):
            size = len(window.encoding.ids)
            ids[row, :size] = window.encoding.ids
            mask[row, :size] = 1
            types[row, :size] = window.encoding.type_ids
        return self._logits(ids, mask, types)


class _Table:
    """The scores of all spans of one window, which begin at a word's first token and end at a
    word's last: half words are no answers.
    """

    def __init__(self, window: _Window, rows: Floats, longest: int) -> None:
        import numpy as np

        first, last = window.first, window.last
        self._offsets = np.array(window.encoding.offsets[first:last])
        self._null = float(rows[0, 0] + rows[0, 1])
        words = np.array(window.encoding.word_ids[first:last], np.int64)
        edge = words[1:] != words[:-1]
        starts = np.where(np.concatenate(([True], edge)), rows[first:last, 0], -np.inf)
        ends = np.where(np.concatenate((edge, [True])), rows[first:last, 1], -np.inf)
        size = last - first
        # Row d holds the spans of d + 1 tokens, by first token.
        self._table = np.full((min(longest, size), size), -np.inf)
        for longer in range(len(self._table)):
            self._table[longer, : size - longer] = starts[: size - longer] + ends[longer:]

    def best(self, region: Region) -> tuple[int, int, float] | None:
        """(start, end, score) of the best span inside `region`."""
        import numpy as np

        inside = (self._offsets[:, 0] >= region[0]) & (self._offsets[:, 1] <= region[1])
        (own,) = np.nonzero(inside)
        if not len(own):
            return None
        table = self._table[: len(own), own[0] : own[-1] + 1].copy()
        for longer in range(1, len(table)):
            table[longer, len(own) - longer :] = -np.inf  # goes on past the region
        found = self._ranked(table, int(own[0]), _RIVALS)
        return _agreed(found[0], found) if found else None

    def top(self, count: int) -> list[tuple[int, int, float]]:
        """The best spans, best first, none overlapping a better one."""
        # Spans that overlap the best ones crowd the top: look at more than are asked for.
        found = self._ranked(self._table, 0, 64 * count)
        kept: list[tuple[int, int, float]] = []
        for span in found:
            if len(kept) == count:
                break
            if not any(_shared(span, other) for other in kept):
                kept.append(_agreed(span, found[:_RIVALS]))
        return kept

    def _ranked(self, table: Scores, left: int, count: int) -> list[tuple[int, int, float]]:
        """The `count` best spans of a part of the table that begins at token `left`."""
        import numpy as np

        flat = table.ravel()
        wide = min(len(flat), count)
        order = np.argpartition(-flat, wide - 1)[:wide]
        order = order[np.argsort(-flat[order], kind="stable")]
        places = (divmod(index, table.shape[1]) for index in order.tolist())
        found = (self._place(longer, left + first) for longer, first in places)
        return [span for span in found if span is not None]

    def _place(self, longer: int, first: int) -> tuple[int, int, float] | None:
        score = float(self._table[longer, first])
        if score == -math.inf:
            return None
        start, end = self._offsets[first, 0], self._offsets[first + longer, 1]
        return int(start), int(end), score - self._null


def _agreed(
    best: tuple[int, int, float], rivals: Sequence[tuple[int, int, float]]
) -> tuple[int, int, float]:
    """Of `best` and the `rivals` that overlap it, the one with the highest expected F1 (in
    characters) if each is right as likely as its score says; with the score of `best`.
    """
    near = [best, *(rival for rival in rivals if rival != best and _shared(rival, best))]
    weights = [math.exp((score - best[2]) / _TEMPERATURE) for _, _, score in near]

    def expected(span: tuple[int, int, float]) -> float:
        size = span[1] - span[0]
        return sum(
            weight * 2 * _shared(span, other) / (size + other[1] - other[0])
            for weight, other in zip(weights, near, strict=True)
        )

    start, end, _ = max(near, key=expected)
    return start, end, best[2]


def _shared(one: tuple[int, int, float], other: tuple[int, int, float]) -> int:
    """How many characters two spans have in common."""
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _runs(windows: Sequence[_Window]) -> Iterator[list[_Window]]:
    """Windows of like lengths together, shortest first."""
    run: list[_Window] = []
    shortest = 0
    for window in sorted(windows, key=lambda window: len(window.encoding.ids)):
        size = len(window.encoding.ids)
        if run and (size > shortest * _PADDING or size * (len(run) + 1) > _RUN_TOKENS):
            yield run
            run = []
        if not run:
            shortest = size
        run.append(window)
    if run:
        yield run
