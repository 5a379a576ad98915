"""A run: every question to an engine, with a journal so that an interrupted run goes on.

The journal is one line a reply, appended as it comes. Lines count for a run of the same questions,
engine, index and program only. When a run is finished they are removed: the next one asks anew.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, EngineError, UsageError
from assistant.evaluation.engines import Engine
from assistant.evaluation.replies import Reply, ReplyError, failed, read_reply
from assistant.records import GoldQuestion

Progress = Callable[[int, int], None]
_IN_A_ROW = 5  # failures after which the engine, not the question, is at fault


@dataclass(frozen=True, slots=True)
class Replied:
    """A reply, and the seconds it took."""

    reply: Reply
    seconds: float


class Journal:
    """The replies of one run, in a file that several runs may share."""

    def __init__(self, path: Path, *names: str) -> None:
        self._path = path
        self._key = hashlib.sha256("\0".join(names).encode()).hexdigest()[:16]

    def read(self) -> dict[str, Replied]:
        """The replies by question id."""
        found: dict[str, Replied] = {}
        for _, values in self._lines():
            try:
                if values["key"] == self._key:
                    reply = read_reply(values["reply"])
                    found[values["id"]] = Replied(reply, float(values["seconds"]))
            except (ValueError, KeyError, TypeError, ReplyError):
                continue  # of another version
        return found

    def add(self, id_: str, replied: Replied) -> None:
        """Keep one reply. Raises UsageError where that cannot be done."""
        values = {
            "key": self._key,
            "id": id_,
            "seconds": replied.seconds,
            "reply": replied.reply.values(),
        }
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # The leading line break parts this line from one that was cut short.
            with self._path.open("ab") as file:
                file.write(b"\n" + json.dumps(values).encode() + b"\n")
        except OSError as error:
            raise UsageError(
                f"{self._path}: cannot be written ({error.strerror or error})"
            ) from error

    def finish(self) -> None:
        """Remove this run's replies; the file, where it holds nothing else."""
        if not self._path.exists():
            return
        kept = [line for line, values in self._lines() if values.get("key") != self._key]
        if kept:
            new = self._path.with_name(self._path.name + ".new")
            new.write_bytes(b"\n".join(kept) + b"\n")
            new.replace(self._path)
        else:
            self._path.unlink()

    def _lines(self) -> Iterator[tuple[bytes, dict[str, Any]]]:
        """Every whole line with its values; one that was cut short by a stop is left out."""
        lines = self._path.read_bytes().split(b"\n") if self._path.exists() else []
        for line in lines:
            try:
                values = json.loads(line)
            except ValueError:
                continue
            if isinstance(values, dict):
                yield line, values


def ask_all(
    questions: Sequence[GoldQuestion],
    engine: Engine,
    journal: Journal | None = None,
    progress: Progress = lambda done, total: None,
) -> list[Replied]:
    """The reply to each question, in order; those in the journal are not asked again.

    The journal is for the caller to finish, when the replies have come to use.

    A question that the engine fails on gets a reply of status "error", which counts as wrong.
    Raises EngineError where the engine cannot be reached or fails on and on, ReplyError where it
    does not answer in the JSON contract; the journal keeps what was answered.
    """
    known = journal.read() if journal else {}
    replies: list[Replied] = []
    failures = 0
    for question in questions:
        if question.id in known:
            replies.append(known[question.id])
        else:
            replied = _ask(engine, question)
            failures = failures + 1 if replied.reply.status == "error" else 0
            if failures == _IN_A_ROW:
                raise EngineError(
                    f"{engine.name} failed on {failures} questions in a row, the last "
                    f"{question.id}: {replied.reply.text}"
                )
            replies.append(replied)
            if journal and replied.reply.status != "error":  # an error is worth another try
                journal.add(question.id, replied)
        progress(len(replies), len(questions))
    return replies


def _ask(engine: Engine, question: GoldQuestion) -> Replied:
    started = time.perf_counter()
    try:
        reply = engine.reply(question)
    except ReplyError as error:
        raise ReplyError(f"{engine.name}, question {question.id}: {error}") from error
    except EngineError:
        raise
    except AssistantError as error:
        reply = failed(str(error))
    return Replied(reply, time.perf_counter() - started)
