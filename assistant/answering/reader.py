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
_Found = tuple[int, int, float]  # start and end in the passage, score


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
        within: likewise for each of the regions asked for.
    """

    spans: tuple[Span, ...]
    within: tuple[tuple[Span, ...], ...] = ()

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
            top: how many spans of a passage, and of a region, are kept at most.
            regions: for each passage, stretches (start, end) in which to look for spans, too.
        """
        regions = [()] * len(passages) if regions is None else regions
        # What is found anywhere in a passage comes first, then what is in each of its regions.
        found: list[list[list[_Found]]] = [[[] for _ in range(1 + len(r))] for r in regions]
        for run in _runs(self._windows(question, passages)):
            for window, rows in zip(run, self._run(run), strict=True):
                table = _Table(window, rows, self.config.max_answer_tokens)
                places = found[window.passage]
                for place, region in zip(places, (None, *regions[window.passage]), strict=True):
                    place += table.top(top, region)
        readings = []
        for places in found:
            spans, *within = (self._spans(_apart(place)[:top]) for place in places)
            readings.append(PassageReading(spans, tuple(within)))
        return tuple(readings)

    def _spans(self, found: Sequence[_Found]) -> tuple[Span, ...]:
        return tuple(Span(*span, self.config.probability(span[2])) for span in found)

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

    def top(self, count: int, region: Region | None = None) -> list[_Found]:
        """The best spans (inside `region`), best first, none overlapping a better one."""
        import numpy as np

        table, left = self._table, 0
        if region is not None:
            inside = (self._offsets[:, 0] >= region[0]) & (self._offsets[:, 1] <= region[1])
            (own,) = np.nonzero(inside)
            if not len(own):
                return []
            left = int(own[0])
            table = table[: len(own), left : left + len(own)].copy()
            for longer in range(1, len(table)):
                table[longer, len(own) - longer :] = -np.inf  # goes on past the region
        # Spans that overlap the best ones crowd the top: look at more than are asked for.
        found = self._ranked(table, left, max(_RIVALS, 64 * (count - 1)))
        return [_agreed(span, found[:_RIVALS]) for span in _apart(found)[:count]]

    def _ranked(self, table: Scores, left: int, count: int) -> list[_Found]:
        """The `count` best spans of a part of the table that begins at token `left`."""
        import numpy as np

        flat = table.ravel()
        wide = min(len(flat), count)
        order = np.argpartition(-flat, wide - 1)[:wide]
        order = order[np.argsort(-flat[order], kind="stable")]
        places = (divmod(index, table.shape[1]) for index in order.tolist())
        found = (self._place(longer, left + first) for longer, first in places)
        return [span for span in found if span is not None]

    def _place(self, longer: int, first: int) -> _Found | None:
        score = float(self._table[longer, first])
        if score == -math.inf:
            return None
        start, end = self._offsets[first, 0], self._offsets[first + longer, 1]
        return int(start), int(end), score - self._null


def _agreed(best: _Found, rivals: Sequence[_Found]) -> _Found:
    """Of `best` and the `rivals` that overlap it, the one with the highest expected F1 (in
    characters) if each is right as likely as its score says; with the score of `best`.
    """
    near = [best, *(rival for rival in rivals if rival != best and _shared(rival, best))]
    weights = [math.exp((score - best[2]) / _TEMPERATURE) for _, _, score in near]

    def expected(span: _Found) -> float:
        size = span[1] - span[0]
        return sum(
            weight * 2 * _shared(span, other) / (size + other[1] - other[0])
            for weight, other in zip(weights, near, strict=True)
        )

    start, end, _ = max(near, key=expected)
    return start, end, best[2]


def _apart(found: Sequence[_Found]) -> list[_Found]:
    """Best first, those left out that overlap a better one."""
    kept: list[_Found] = []
    for span in sorted(found, key=lambda span: -span[2]):
        if not any(_shared(span, better) for better in kept):
            kept.append(span)
    return kept


def _shared(one: _Found, other: _Found) -> int:
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
