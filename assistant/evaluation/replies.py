"""What an engine replied: the JSON contract of answers, read strictly enough to be graded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from assistant.errors import EngineError

ReplyStatus = Literal["answered", "not_found", "error"]


class ReplyError(EngineError):
    """An engine's reply that is not in the JSON contract, so cannot be graded."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A citation or a piece of evidence: what is said to stand at `start` to `end` of `article`."""

    number: int
    article: str
    start: int
    end: int
    quote: str
    outlet: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply; "error" is the status of a question that the engine failed on, told in `text`.

    `understood` is the question as the engine says it answered it, "" where it does not say.
    """

    status: ReplyStatus
    text: str
    short: str | None
    confidence: float
    citations: tuple[Quote, ...]
    evidence: tuple[Quote, ...]
    notes: tuple[str, ...] = ()
    engine: str = ""
    understood: str = ""

    def values(self) -> dict[str, Any]:
        """The reply as JSON values, in the contract's keys."""
        return asdict(self)


def failed(problem: str) -> Reply:
    """The reply that stands for a failure."""
    return Reply("error", problem, None, 0.0, (), ())


def read_reply(values: Any) -> Reply:
    """A reply from JSON values. Raises ReplyError that names the key and what belongs there.

    `short`, `evidence`, `notes`, `engine` and `understood` may be missing; keys that are not known
    are let be.
    """
    if not isinstance(values, Mapping):
        raise ReplyError(f"a JSON object was expected, and this came: {_shown(values)}")
    status = values.get("status")
    if status not in ("answered", "not_found", "error"):
        raise _wrong("status", '"answered" or "not_found"', values)
    confidence = values.get("confidence")
    if not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
        raise _wrong("confidence", "a number from 0 to 1", values)
    if not isinstance(values.get("text"), str):
        raise _wrong("text", "a string", values)
    if not isinstance(values.get("short"), str | None):
        raise _wrong("short", "a string or null", values)
    if "citations" not in values:
        raise _wrong("citations", "a list", values)
    return Reply(
        status=status,
        text=values["text"],
        short=values.get("short"),
        confidence=float(confidence),
        citations=_quotes("citations", values),
        evidence=_quotes("evidence", values),
        notes=tuple(str(note) for note in values.get("notes") or ()),
        engine=str(values.get("engine") or ""),
        understood=str(values.get("understood") or ""),
    )


def _quotes(key: str, values: Mapping[str, Any]) -> tuple[Quote, ...]:
    items = values.get(key) or ()
    if not isinstance(items, list | tuple):
        raise _wrong(key, "a list", values)
    quotes = []
    for position, item in enumerate(items):
        place = f"{key}[{position}]"
        if not isinstance(item, Mapping):
            raise ReplyError(f"{place}: an object was expected, and this came: {_shown(item)}")
        for name, kind, what in (
            ("article", str, "an article's id"),
            ("start", int, "a whole number"),
            ("end", int, "a whole number"),
            ("quote", str, "the text from start to end"),
        ):
            if not isinstance(item.get(name), kind) or isinstance(item[name], bool):
                raise _wrong(name, what, item, place + ".")
        number = item.get("number", position + 1)
        quotes.append(
            Quote(
                number=number if isinstance(number, int) else position + 1,
                article=item["article"],
                start=item["start"],
                end=item["end"],
                quote=item["quote"],
                outlet=item.get("outlet"),
                title=item.get("title"),
            )
        )
    return tuple(quotes)


def _wrong(key: str, what: str, values: Mapping[str, Any], place: str = "") -> ReplyError:
    came = _shown(values[key]) if key in values else "nothing"
    return ReplyError(f"{place}{key}: {what} was expected, and this came: {came}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
