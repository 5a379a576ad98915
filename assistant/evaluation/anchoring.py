"""Gold evidence whose article changed: found again by its quote, or said to be lost.

A quote is looked for in its own article as it stands, then whatever its white space, quotes and
dashes, then by likeness; then as it stands in the other articles, since files get renamed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from assistant.text import sentence_spans

State = Literal["in place", "unquoted", "moved", "reworded", "elsewhere", "lost"]
_LIKE = 0.8  # likeness from which sentences are taken for a rewording of the quote
_SHAPES = ("'‘’", '"“”', "-–—")


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a piece of evidence was found: the span it should have now, None where it is lost.

    "unquoted" evidence lies within its article, and has no quote to tell whether it is the place.
    """

    state: State
    span: dict[str, Any] | None
    likeness: float = 1.0


def anchor(span: Mapping[str, Any], texts: Mapping[str, str]) -> Anchor:
    """Find a span of a gold entry in `texts`, article id to text."""
    article, quote = span["article"], span.get("quote")
    text = texts.get(article)
    if quote is None:
        if text is None or span["end"] > len(text):
            return Anchor("lost", None)
        return Anchor("unquoted", _span(article, text, span["start"], span["end"]))
    if text is not None:
        if text[span["start"] : span["end"]] == quote:
            return Anchor("in place", _span(article, text, span["start"], span["end"]))
        for find in (_exactly, _loosely):
            if place := find(text, quote, span["start"]):
                return Anchor("moved", _span(article, text, *place))
        likeness, place = _alike(text, quote)
        if likeness >= _LIKE:
            return Anchor("reworded", _span(article, text, *place), likeness)
    for other, text in texts.items():
        if other != article and (place := _exactly(text, quote, 0)):
            return Anchor("elsewhere", _span(other, text, *place))
    return Anchor("lost", None)


def anchored(
    values: Mapping[str, Any],
    texts: Mapping[str, str],
    seen: Callable[[int, Anchor], None] = lambda number, found: None,
) -> dict[str, Any]:
    """A gold entry with its evidence where it stands now, quotes added; lost spans stay as they
    are. `seen` is told of every span.
    """
    evidence = []
    for number, span in enumerate(values["evidence"]):
        found = anchor(span, texts)
        seen(number, found)
        evidence.append(found.span if found.span is not None else dict(span))
    return {**values, "evidence": evidence}


def needs_a_person(found: Anchor, written: bool) -> bool:
    """Whether something is left to do: always for what is lost, else unless it was `written`.

    Evidence that lies within its article but has no quote cannot be judged; it is let be.
    """
    return found.state == "lost" or (
        not written and found.state in ("moved", "reworded", "elsewhere")
    )


def describe(span: Mapping[str, Any], found: Anchor) -> str:
    """What to tell a person of a piece of evidence; nothing where it is in place."""
    if found.state in ("in place", "unquoted"):
        return ""
    if found.span is None:
        quote = f": {span['quote']!r}" if "quote" in span else ", and it has no quote"
        return f"is lost ({span['article']} {span['start']}-{span['end']}){quote}"
    place = f"{found.span['article']} {found.span['start']}-{found.span['end']}"
    if found.state == "reworded":
        return f"is reworded ({found.likeness:.0%} alike), now {place}: {found.span['quote']!r}"
    return f"has moved to {place}"


def _span(article: str, text: str, start: int, end: int) -> dict[str, Any]:
    return {"article": article, "start": start, "end": end, "quote": text[start:end]}


def _exactly(text: str, quote: str, near: int) -> tuple[int, int] | None:
    """The occurrence of `quote` that starts nearest to `near`."""
    starts = [match.start() for match in re.finditer(f"(?={re.escape(quote)})", text)]
    if not starts:
        return None
    start = min(starts, key=lambda s: abs(s - near))
    return start, start + len(quote)


def _loosely(text: str, quote: str, near: int) -> tuple[int, int] | None:
    """As `_exactly`, whatever the white space and the shapes of quotes and dashes."""
    words = ["".join(map(_any_shape, word)) for word in quote.split()]
    spans = [match.span() for match in re.finditer(r"\s+".join(words), text)]
    return min(spans, key=lambda s: abs(s[0] - near), default=None)


def _any_shape(character: str) -> str:
    """A pattern for a character in any shape that type-setting gives it."""
    shapes = next((shapes for shapes in _SHAPES if character in shapes), character)
    return f"[{re.escape(shapes)}]"


def _alike(text: str, quote: str) -> tuple[float, tuple[int, int]]:
    """The run of sentences most like `quote`, of as many sentences, and how alike (0 to 1)."""
    sentences = sentence_spans(text)
    count = max(1, len(sentence_spans(quote)))
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(quote)
    best = 0.0, (0, 0)
    for first in range(len(sentences) - count + 1):
        place = sentences[first][0], sentences[first + count - 1][1]
        matcher.set_seq1(text[slice(*place)])
        if matcher.real_quick_ratio() > best[0] and matcher.quick_ratio() > best[0]:
            best = max(best, (matcher.ratio(), place))
    return best
