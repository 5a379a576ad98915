"""What readers thought of answers: JSON lines in the index's folder, beside the generations.

A build leaves the file alone. `drafting.read_feedback` makes draft gold questions of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from assistant.errors import UsageError

FILE = "feedback.jsonl"


class Feedback:
    """The feedback about one index. Safe to share between threads and processes."""

    def __init__(self, index: Path) -> None:
        self.path = index / FILE

    def give(
        self, id_: str, answer: Mapping[str, Any], helpful: bool | None, comment: str = ""
    ) -> None:
        """Keep a verdict on the answer `id_`, in place of a former one; None takes it back.

        `answer` are the values of an answer's JSON. A follow-up is kept as it was understood, so
        that it can be asked by itself. Raises UsageError where the file cannot be written.
        """
        from filelock import FileLock

        values = {
            "id": id_,
            "at": datetime.now().astimezone().isoformat(timespec="seconds"),
            "question": answer["understood"],
            "asked": answer["question"],
            "helpful": helpful,
            "comment": comment.strip(),
            **{key: answer[key] for key in ("status", "short", "text", "confidence", "citations")},
            "engine": answer["engine"],
        }
        try:
            with FileLock(self.path.with_suffix(".lock")):
                lines = [line for line in self._lines() if _id(line) != id_]
                if helpful is not None:
                    lines.append(json.dumps(values, ensure_ascii=False))
                new = self.path.with_name(FILE + ".new")
                new.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
                new.replace(self.path)
        except OSError as error:
            raise UsageError(
                f"{self.path}: cannot be written ({error.strerror or error})"
            ) from error

    def count(self) -> int:
        """How many verdicts there are."""
        return len(self._lines())

    def _lines(self) -> list[str]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        return [line for line in text.split("\n") if line.strip()]


def _id(line: str) -> Any:
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return values.get("id") if isinstance(values, dict) else None
