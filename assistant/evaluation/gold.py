"""Gold files: JSON lines, one question each, as gold.schema.json describes them.

Whatever is wrong with the files is told at once, by file and line, with what to do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema

from assistant.errors import GoldError
from assistant.evaluation.matching import tokens
from assistant.records import EvidenceSpan, GoldQuestion

_SHOWN = 40  # problems listed; the rest is counted


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a gold file: where it stands, and its values as they were read."""

    path: str
    line: int
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}"


@dataclass(frozen=True, slots=True)
class GoldFile:
    """A gold file as it was read, for a report to name."""

    path: str
    sha256: str
    questions: int


@dataclass(frozen=True, slots=True)
class Gold:
    """The questions of one or more gold files, in order."""

    files: tuple[GoldFile, ...]
    questions: tuple[GoldQuestion, ...]

    @property
    def sha256(self) -> str:
        """One hash for all the files."""
        return hashlib.sha256("".join(file.sha256 for file in self.files).encode()).hexdigest()


def load(paths: Sequence[Path], texts: Mapping[str, str] | None = None) -> Gold:
    """Read gold files; with `texts` (article id to text) the evidence is checked against them.

    Raises GoldError that lists every problem.
    """
    problems: list[str] = []
    entries: list[Entry] = []
    listed = []
    for path in paths:
        data, read = _read(path, problems)
        entries += read
        listed.append(GoldFile(str(path), hashlib.sha256(data).hexdigest(), len(read)))
    valid = [entry for entry in entries if not _collect(problems, entry, schema_problems(entry))]
    for entry in valid:
        if entry.values.get("draft"):
            problems.append(
                f'{entry}: a draft; review its answers and evidence, then remove the key "draft"'
            )
        if texts is not None:
            _collect(problems, entry, _misplaced(entry, texts))
    problems += repeated(entries)
    if not entries and not problems:
        problems.append(f"{', '.join(map(str, paths))}: no questions; put one JSON object a line")
    complain(problems)
    return Gold(tuple(listed), tuple(question(entry.values) for entry in valid))


def read_entries(path: Path) -> list[Entry]:
    """The entries of one file, drafts included. Raises GoldError that lists every problem."""
    problems: list[str] = []
    _, entries = _read(path, problems)
    for entry in entries:
        _collect(problems, entry, schema_problems(entry))
    problems += repeated(entries)
    complain(problems)
    return entries


def write_entries(path: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Replace a gold file, in one step."""
    new = path.with_name(path.name + ".new")
    lines = (json.dumps(dict(entry), ensure_ascii=False) + "\n" for entry in entries)
    try:
        new.write_text("".join(lines), encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise GoldError(f"{path}: cannot be written ({error.strerror or error})") from error


def complain(problems: Sequence[str]) -> None:
    """Raise GoldError with all of `problems`, if there are any."""
    if problems:
        more = [f"... and {len(problems) - _SHOWN:,} more"] if len(problems) > _SHOWN else []
        count = "1 problem" if len(problems) == 1 else f"{len(problems):,} problems"
        lines = "\n  ".join([*problems[:_SHOWN], *more])
        raise GoldError(f"{count} in the gold questions; nothing was run\n  {lines}")


def question(values: Mapping[str, Any]) -> GoldQuestion:
    """The record of a valid entry."""
    return GoldQuestion(
        id=values["id"],
        question=values["question"],
        kind=values["kind"],
        answers=tuple(values["answers"]),
        evidence=tuple(EvidenceSpan(**span) for span in values["evidence"]),
        answerable=values["answerable"],
        history=tuple(values.get("history", ())),
        as_of=date.fromisoformat(values["as_of"]) if "as_of" in values else None,
    )


def fingerprint(question: GoldQuestion) -> str:
    """A hash of what is asked and accepted: where it differs, two verdicts cannot be compared."""
    spans = sorted((span.article, span.start, span.end) for span in question.evidence)
    parts = [question.question, question.history, question.answers, spans, question.answerable]
    if question.as_of:
        parts.append(question.as_of.isoformat())
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def schema_problems(entry: Entry) -> Iterator[str]:
    """What is wrong with an entry by itself: against the schema, and beyond what a schema says."""
    schema = _schema()
    clean = True
    for error in sorted(_validator().iter_errors(entry.values), key=lambda e: list(e.path)):
        clean = False
        place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.path)[1:]
        hint = error.schema.get("description") if isinstance(error.schema, Mapping) else None
        if error.validator in ("minItems", "maxItems"):
            answerable = "true" if entry.values.get("answerable") else "false"
            yield (
                f"{place}: {'empty' if error.validator == 'minItems' else 'not empty'} though "
                f"answerable is {answerable} ({schema['properties'][place]['description']})"
            )
        elif error.validator == "additionalProperties":
            allowed = ", ".join(error.schema["properties"])
            yield f"{f'{place}: ' if place else ''}{error.message}; the keys are {allowed}"
        elif error.validator == "required":
            missing = next(key for key in error.validator_value if key not in error.instance)
            what = error.schema["properties"][missing]["description"]
            yield f"{f'{place}: ' if place else ''}the key {missing!r} is missing ({what})"
        elif error.validator == "type" and not place:
            yield 'no JSON object; each line is one, like {"id": ..., "question": ...}'
        else:
            shown = json.dumps(error.instance, ensure_ascii=False)
            shown = shown if len(shown) < 60 else shown[:57] + "..."
            yield f"{place}: {shown} is not {hint or error.message}"
    if clean:
        yield from _beyond_schema(entry.values)


def _beyond_schema(values: Mapping[str, Any]) -> Iterator[str]:
    for number, span in enumerate(values["evidence"]):
        if isinstance(span["start"], float) or isinstance(span["end"], float):
            yield f"evidence[{number}]: start and end are whole numbers, written without a point"
        elif span["end"] <= span["start"]:
            yield (
                f"evidence[{number}]: end {span['end']} is not after start {span['start']}; "
                "the stretch is text[start:end]"
            )
        elif "quote" in span and len(span["quote"]) != span["end"] - span["start"]:
            yield (
                f"evidence[{number}]: the quote has {len(span['quote'])} characters, and "
                f"start to end are {span['end'] - span['start']}; mend one of them"
            )
    for answer in values["answers"]:
        if not tokens(answer):
            yield f"answers: {answer!r} holds no word that could be found in an answer"
    if "as_of" in values:
        try:
            date.fromisoformat(values["as_of"])
        except ValueError:
            yield f"as_of: {values['as_of']} is no day of the calendar"


def _misplaced(entry: Entry, texts: Mapping[str, str]) -> Iterator[str]:
    for number, span in enumerate(entry.values["evidence"]):
        text = texts.get(span["article"])
        if text is None:
            yield (
                f"evidence[{number}]: no article {span['article']!r} in the index; index it, "
                "or run 'assistant gold check'"
            )
        elif span["end"] > len(text):
            yield (
                f"evidence[{number}]: ends at {span['end']:,}, and {span['article']} has "
                f"{len(text):,} characters; run 'assistant gold check'"
            )
        elif "quote" in span and text[span["start"] : span["end"]] != span["quote"]:
            yield (
                f"evidence[{number}]: {span['article']} has changed, and the quote is not "
                "there any more; run 'assistant gold check --write'"
            )


def repeated(entries: Iterable[Entry]) -> list[str]:
    """A line for every id that was used before."""
    first: dict[str, Entry] = {}
    found = []
    for entry in entries:
        id_ = entry.values.get("id") if isinstance(entry.values, Mapping) else None
        if isinstance(id_, str) and first.setdefault(id_, entry) is not entry:
            found.append(f"{entry}: the id {id_!r} was used before ({first[id_]}); rename it")
    return found


def _read(path: Path, problems: list[str]) -> tuple[bytes, list[Entry]]:
    """The bytes of a file and its entries; what cannot be read is added to `problems`."""
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        problems.append(f"{path}: cannot be read ({error.strerror or error})")
        return b"", []
    except UnicodeDecodeError as error:
        problems.append(f"{path}: not UTF-8 (byte {error.start:,}); save it as UTF-8")
        return b"", []
    entries = []
    # Not splitlines: U+2028 may stand within a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entries.append(Entry(str(path), number, json.loads(line)))
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", error)
            problems.append(f"{path}, line {number}: no JSON ({reason}); one object a line")
    return data, entries


def _collect(problems: list[str], entry: Entry, found: Iterable[str]) -> bool:
    """Add what was found to `problems`; whether there was anything."""
    lines = [f"{entry}: {problem}" for problem in found]
    problems += lines
    return bool(lines)


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    text = (files(__package__) / "gold.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@lru_cache(maxsize=1)
def _validator() -> Any:
    return jsonschema.Draft202012Validator(_schema())
