"""Extractive reading: which words of a passage answer a question, and whether any do.

The reader is a small BERT with a span head, run by onnxruntime on int8 weights. Question and
passage go through it together; for every token it says how likely an answer begins there and
ends there, and the [CLS] token stands for "no answer here" (Devlin et al. 2019, section 4.3,
arXiv:1810.04805). A span's score is the sum of its two logits less those of [CLS]: positive
where the model prefers the span to no answer. How scores become probabilities is fitted on
held-out training data (Platt scaling) and kept beside the weights, in `config.json`.

Passages are read one by one, so a score does not depend on what else was retrieved. Pooling over
passages is the caller's.

No weights ship yet, and no engine uses the reader: `assistant.training.reader` makes weights, and
`benchmarks/reader.py` measures them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from tokenizers import Encoding, Tokenizer

    Logits = npt.NDArray[np.float32]

__all__ = ["PassageReading", "Reader", "ReaderConfig", "Span"]

# Longer questions are cut: what matters has been said by then, and the passage needs the room.
_QUESTION_TOKENS = 64
# Tokens in one run of the model, padding included: memory stays small and the cache warm.
_RUN_TOKENS = 4096
# A window joins a run only if it is at most so much longer than the run's shortest: padding costs
# as much as text.
_PADDING = 1.25


@dataclass(frozen=True, slots=True)
class Span:
    """A candidate answer: `passage[start:end]`, in Unicode code points.

    Attributes:
        start: where it begins in the passage.
        end: where it ends, exclusive.
        score: log-odds against "no answer here" as the model puts them: start logit plus end
            logit less those of [CLS]. Comparable between passages of one question.
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
        null: the sum of the two logits of "no answer here"; of a passage read in windows, that
            of the window with the best span.
    """

    spans: tuple[Span, ...]
    null: float

    @property
    def score(self) -> float:
        """The best span's score, or minus infinity where there is none: to rank passages by."""
        return self.spans[0].score if self.spans else -math.inf


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """What `config.json` beside the weights says.

    Attributes:
        name: the weights' name and version, for manifests and cards.
        max_tokens: tokens of question and passage together; longer passages are read in windows.
        overlap: tokens that neighbouring windows share.
        max_answer_tokens: the longest span considered.
        slope: with `intercept`, probability = 1 / (1 + exp(-(slope * score + intercept))).
        intercept: see `slope`.
        threshold: the probability below which one passage's best span is no answer; best for F1
            on the held-out questions.
    """

    name: str
    max_tokens: int
    overlap: int
    max_answer_tokens: int
    slope: float
    intercept: float
    threshold: float

    @classmethod
    def read(cls, path: Path) -> ReaderConfig:
        """The configuration in the JSON file `path`.

        Raises:
            ModelError: the file is missing, is no JSON, or lacks a key.
        """
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                name=str(raw["name"]),
                max_tokens=int(raw["max_tokens"]),
                overlap=int(raw["overlap"]),
                max_answer_tokens=int(raw["max_answer_tokens"]),
                slope=float(raw["slope"]),
                intercept=float(raw["intercept"]),
                threshold=float(raw["threshold"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"The reader's {path} cannot be used: {error}") from error

    def probability(self, score: float) -> float:
        """The probability that a passage's best span of this score is right."""
        # exp overflows past 709; beyond 60 the result is 0 or 1 to double precision anyway.
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, self.slope * score + self.intercept))))


@dataclass(frozen=True, slots=True)
class _Window:
    """Tokens `first` to `last` (exclusive) of passage number `passage`."""

    passage: int
    first: int
    last: int


class Reader:
    """Reads passages for answers; made by `Reader.load`.

    Args:
        session: an onnxruntime InferenceSession with inputs `input_ids`, `attention_mask` and
            `token_type_ids` (batch x tokens, int64) and one output, logits of start and end
            (batch x tokens x 2, float32).
        tokenizer: of the `tokenizers` library; its padding and truncation are switched off.
        config: see `ReaderConfig`.
    """

    def __init__(self, session: Any, tokenizer: Tokenizer, config: ReaderConfig) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._session = session
        self._tokenizer = tokenizer
        self._cls, self._sep = _special(tokenizer, "[CLS]"), _special(tokenizer, "[SEP]")
        self.config = config

    @classmethod
    def load(cls, folder: Path, *, threads: int = 0) -> Reader:
        """The reader whose `model.onnx`, `tokenizer.json` and `config.json` lie in `folder`.

        Args:
            folder: what `assistant.training.reader` wrote.
            threads: for onnxruntime; 0 leaves the choice to it (one per physical core).

        Raises:
            ModelError: a file is missing or cannot be loaded.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        config = ReaderConfig.read(folder / "config.json")
        model, vocabulary = folder / "model.onnx", folder / "tokenizer.json"
        for path in (model, vocabulary):
            if not path.is_file():
                raise ModelError(f"The reader's file {path} is missing; install the package anew.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(
                str(model), options, providers=["CPUExecutionProvider"]
            )
            tokenizer = Tokenizer.from_file(str(vocabulary))
            return cls(session, tokenizer, config)
        # Both libraries raise bare Exceptions of their own making.
        except Exception as error:
            raise ModelError(f"The reader in {folder} cannot be loaded: {error}") from error

    def read(
        self, question: str, passages: Sequence[str], *, top: int = 3
    ) -> tuple[PassageReading, ...]:
        """Candidate answers to `question` in each of `passages`, in their order.

        Args:
            question: as asked; past 64 tokens it is cut.
            passages: of any length; those that do not fit with the question are read in windows.
            top: how many spans of a passage are kept at most.
        """
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:_QUESTION_TOKENS]
        encodings = self._tokenizer.encode_batch(list(passages), add_special_tokens=False)
        found: list[list[tuple[Span, float]]] = [[] for _ in passages]
        nulls = [0.0] * len(passages)
        windows = [
            window
            for number, encoding in enumerate(encodings)
            for window in self._windows(number, len(encoding.ids), len(asked))
        ]
        for run in _runs(windows, len(asked) + 3):
            logits = self._run(asked, [encodings[w.passage].ids[w.first : w.last] for w in run])
            for window, rows in zip(run, logits, strict=True):
                null = float(rows[0, 0] + rows[0, 1])
                nulls[window.passage] = null
                begin = len(asked) + 2
                found[window.passage] += [
                    (span, null)
                    for span in self._spans(
                        rows[begin : begin + window.last - window.first],
                        encodings[window.passage],
                        window,
                        null,
                        top,
                    )
                ]
        readings = []
        for spans, null in zip(found, nulls, strict=True):
            ranked = sorted(spans, key=lambda item: -item[0].score)
            kept: list[Span] = []
            for span, _ in ranked:
                if len(kept) < top and not any(_overlap(span, better) for better in kept):
                    kept.append(span)
            readings.append(PassageReading(tuple(kept), ranked[0][1] if ranked else null))
        return tuple(readings)

    def _windows(self, passage: int, tokens: int, asked: int) -> Iterator[_Window]:
        """Stretches of a passage that fit with a question of `asked` tokens; nothing if empty."""
        room = self.config.max_tokens - asked - 3
        step = max(1, room - self.config.overlap)
        first = 0
        while first < tokens:
            yield _Window(passage, first, min(first + room, tokens))
            if first + room >= tokens:
                break
            first += step

    def _run(self, asked: list[int], pieces: list[list[int]]) -> Logits:
        """Logits of [CLS] question [SEP] piece [SEP] for each piece: batch x tokens x 2."""
        import numpy as np

        head = [self._cls, *asked, self._sep]
        length = len(head) + max(len(piece) for piece in pieces) + 1
        shape = (len(pieces), length)
        ids, mask, types = (np.zeros(shape, np.int64) for _ in range(3))
        for row, piece in enumerate(pieces):
            size = len(head) + len(piece) + 1
            ids[row, :size] = [*head, *piece, self._sep]
            mask[row, :size] = 1
            types[row, len(head) : size] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        logits: Logits = self._session.run(None, feed)[0]
        return logits

    def _spans(
        self, rows: Logits, encoding: Encoding, window: _Window, null: float, top: int
    ) -> list[Span]:
        """The best spans of one window, best first, none overlapping a better one.

        They begin at a word's first token and end at a word's last: half words are no answers.
        """
        import numpy as np

        words = np.array(encoding.word_ids[window.first : window.last], np.int64)
        size = len(words)
        edge = words[1:] != words[:-1]
        starts = np.where(np.concatenate(([True], edge)), rows[:, 0], -np.inf)
        ends = np.where(np.concatenate((edge, [True])), rows[:, 1], -np.inf)
        # Row d holds the spans of d + 1 tokens, by first token.
        table = np.full((min(self.config.max_answer_tokens, size), size), -np.inf)
        for longer in range(len(table)):
            table[longer, : size - longer] = starts[: size - longer] + ends[longer:]
        flat = table.ravel()
        # Spans that overlap the best ones crowd the top: look at more than are asked for.
        wide = min(len(flat), 64 * top)
        order = np.argpartition(-flat, wide - 1)[:wide]
        order = order[np.argsort(-flat[order], kind="stable")]
        kept: list[Span] = []
        for index in order.tolist():
            longer, first = divmod(index, size)
            if flat[index] == -np.inf or len(kept) == top:
                break
            start = encoding.offsets[window.first + first][0]
            end = encoding.offsets[window.first + first + longer][1]
            score = float(flat[index]) - null
            span = Span(start, end, score, self.config.probability(score))
            if not any(_overlap(span, better) for better in kept):
                kept.append(span)
        return kept


def _special(tokenizer: Tokenizer, token: str) -> int:
    number = tokenizer.token_to_id(token)
    if number is None:
        raise ValueError(f"its tokenizer knows no {token}")
    return int(number)


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _runs(windows: Sequence[_Window], extra: int) -> Iterator[list[_Window]]:
    """Windows of like lengths together, shortest first; `extra` tokens are added to each."""
    run: list[_Window] = []
    shortest = 0
    for window in sorted(windows, key=lambda window: window.last - window.first):
        size = window.last - window.first + extra
        if run and (size > shortest * _PADDING or size * (len(run) + 1) > _RUN_TOKENS):
            yield run
            run = []
        if not run:
            shortest = size
        run.append(window)
    if run:
        yield run
