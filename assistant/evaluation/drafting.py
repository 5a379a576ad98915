"""Draft gold entries, from a CSV of questions or from readers' feedback, for a person to review.

What the assistant cites and finds is suggested as evidence; nobody has judged it yet, so entries
carry "draft": true, and a run refuses them until that is removed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import GoldError
from assistant.records import Answer

_PASSAGES = 3
_KINDS = {
    "who": "who",
    "whom": "who",
    "whose": "who",
    "when": "when",
    "where": "where",
    "why": "why",
    "how": "how",
    "what": "what",
    "which": "what",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question to draft an entry for, with what is known of its answer."""

    question: str
    answers: tuple[str, ...] = ()
    kind: str | None = None
    id: str | None = None
    note: str | None = None


def draft(wanted: Wanted, number: int, ask: Callable[[str], Answer]) -> dict[str, Any]:
    """A draft entry; `ask` answers with its threshold off."""
    answer = ask(wanted.question)
    spans = [(c.article, c.start, c.end, c.quote) for c in answer.citations]
    for item in answer.evidence:
        passage = item.passage
        if len(spans) >= len(answer.citations) + _PASSAGES:
            break
        if not any(
            passage.article_id == article and passage.start < end and start < passage.end
            for article, start, end, _ in spans
        ):
            spans.append((passage.article_id, passage.start, passage.end, passage.text))
    answers = wanted.answers or ((answer.short,) if answer.short else ())
    note = f"suggested with confidence {answer.confidence:.2f}; check answers and evidence"
    return {
        "id": wanted.id or f"draft{number:04d}",
        "question": wanted.question,
        "kind": wanted.kind or guess_kind(wanted.question),
        "answers": list(answers),
        "evidence": [
            {"article": article, "start": start, "end": end, "quote": quote}
            for article, start, end, quote in spans
        ],
        "answerable": True,
        "note": f"{wanted.note}; {note}" if wanted.note else note,
        "draft": True,
    }


def guess_kind(question: str) -> str:
    """A kind from the first question word; "other" where there is none."""
    said = question.casefold().split()
    for first, second in zip(said, [*said[1:], ""], strict=False):
        if first == "how" and second in ("many", "much"):
            return "how_many"
        if first in _KINDS:
            return _KINDS[first]
    return "other"


def read_csv(path: Path) -> list[Wanted]:
    """Questions from a CSV with a heading; columns question, and as it likes answers, kind, id,
    note. Several answers are parted by "|". Raises GoldError.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise GoldError(f"{path}: cannot be read ({error})") from error
    if not rows or "question" not in rows[0]:
        found = ", ".join(filter(None, rows[0])) if rows else "nothing"
        raise GoldError(f"{path}: a heading with a column 'question' was expected, found {found}")
    return [
        Wanted(
            question=row["question"].strip(),
            answers=tuple(a.strip() for a in (row.get("answers") or "").split("|") if a.strip()),
            kind=(row.get("kind") or "").strip() or None,
            id=(row.get("id") or "").strip() or None,
            note=(row.get("note") or "").strip() or None,
        )
        for row in rows
        if (row["question"] or "").strip()
    ]


def read_feedback(path: Path) -> list[Wanted]:
    """Questions from feedback: JSON lines with "question", and as it likes "helpful" (a boolean),
    "comment" and "expected" (the answer the reader would have wanted). Raises GoldError.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"{path}: cannot be read ({error})") from error
    wanted: list[Wanted] = []
    problems: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            problems.append(f"line {number}: no JSON ({error})")
            continue
        question = values.get("question") if isinstance(values, Mapping) else None
        if not isinstance(question, str) or not question.strip():
            problems.append(f'line {number}: no "question"')
            continue
        expected = values.get("expected")
        helpful = {True: "found helpful", False: "found unhelpful"}.get(values.get("helpful"))
        said = [part for part in (helpful, values.get("comment")) if part]
        wanted.append(
            Wanted(
                question=question.strip(),
                answers=(expected.strip(),)
                if isinstance(expected, str) and expected.strip()
                else (),
                note="; ".join(map(str, said)) or None,
            )
        )
    if problems:
        raise GoldError(f"{path}: " + "; ".join(problems))
    return unasked(wanted)


def unasked(wanted: Sequence[Wanted]) -> list[Wanted]:
    """Each question once, however often it was asked; the first that knows an answer is kept."""
    kept: dict[str, Wanted] = {}
    for item in wanted:
        key = " ".join(item.question.casefold().split())
        if key not in kept or (item.answers and not kept[key].answers):
            kept[key] = item
    return list(kept.values())
