"""What an article's text, or the sidecar file beside it, states about it; never a guess.

The sidecar `articles.toml` lies beside the articles, one table a file:

    ["budget-vote.txt"]
    title = "Parliament passes the budget"
    outlet = "The Example Times"
    published = 2024-03-05
    url = "https://example.org/budget-vote"

The text may state the same in a front matter ("outlet: The Example Times", one a line, at its
very start, with or without a line of dashes around it), in a headline, or as a line of its own
that is a date or an address.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from pathlib import Path

from assistant.records import Span
from assistant.text import MONTHS, line_spans

SIDECAR = "articles.toml"

_MONTH = "(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DATES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_DAY}\s+{_MONTH},?\s+{_YEAR}\b",
        rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}\b",
        r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)",
    )
]
# What may stand around a date on a line that is nothing but a dateline.
_AROUND = re.compile(
    r"\b(?:published|posted|first|last|updated|modified|on|at|by|am|pm|[ap]\.m\.|gmt|utc|bst|e[sd]?t|"
    r"p[sd]?t|cet|mon|tues?|wed|thu(?:rs)?|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
    r"\b|\d{1,2}[:.]\d\d(?:[:.]\d\d)?|T?\d\d:\d\d(?::\d\d)?Z?|[\s,.:;|•·–—()\-/]+",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://\S+\Z")
_FRONT = re.compile(
    r"(title|headline|outlet|source|publisher|published|date|url|link)\s*:\s*(.+)", re.IGNORECASE
)
_FRONT_KEYS = {
    "headline": "title",
    "source": "outlet",
    "publisher": "outlet",
    "date": "published",
    "link": "url",
}
_HEAD_LINES = 12  # datelines stand at the head of a page


@dataclass(frozen=True, slots=True)
class Stated:
    """Metadata as stated somewhere; None where nothing is said."""

    title: str | None = None
    outlet: str | None = None
    published: date | None = None
    url: str | None = None

    def overridden_by(self, other: Stated) -> Stated:
        """The same, with whatever `other` states in place of it."""
        said = {f.name: getattr(other, f.name) for f in fields(other)}
        return replace(self, **{name: value for name, value in said.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What a sidecar states, by file name, and what is wrong with it."""

    stated: dict[str, Stated] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def read_sidecar(path: Path) -> Sidecar:
    """Read `articles.toml`; a missing one states nothing, a broken entry is told and left out."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Sidecar()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Sidecar(problems=(f"cannot be read as TOML ({error}); no metadata from it",))
    stated, problems = {}, []
    names = [f.name for f in fields(Stated)]
    for file, table in tables.items():
        if not isinstance(table, dict):
            problems.append(f'{file!r} is not a table; write ["FILE"] and the keys below it')
            continue
        good: dict[str, str | date] = {}
        for key, value in table.items():
            if isinstance(value, datetime):
                value = value.date()
            if key not in names:
                problems.append(f"{file!r}: unknown key {key!r}; known are {', '.join(names)}")
            elif not isinstance(value, date if key == "published" else str) or not value:
                kind = "a date like 2024-03-05, unquoted" if key == "published" else "a text"
                problems.append(f"{file!r}: {key} must be {kind}")
            else:
                good[key] = value
        stated[file] = Stated(**good)  # type: ignore[arg-type]  # kinds were checked above
    return Sidecar(stated, tuple(problems))


def front_matter(text: str) -> tuple[Stated, int]:
    """What a front matter at the very start states, and the offset where it ends (0: none)."""
    said: dict[str, str] = {}
    end = 0
    fenced = False
    for start, stop in line_spans(text):
        line = text[start:stop].lstrip("\ufeff")
        if set(line) == {"-"} and len(line) >= 3:
            if fenced or said:
                end = stop
                break
            fenced = True
        elif match := _FRONT.fullmatch(line):
            key = match[1].casefold()
            if value := match[2].strip("\"' "):
                said.setdefault(_FRONT_KEYS.get(key, key), value)
            end = stop
        elif not fenced:
            break
        elif not re.match(r"[\w-]+\s*:|\s*-\s", line):
            return Stated(), 0  # a rule, not a fence
    if not said or (len(said) < 2 and not fenced):
        return Stated(), 0  # one line like "Source: Reuters" may be anything
    published = find_date(said.get("published", ""))
    return Stated(said.get("title"), said.get("outlet"), published, said.get("url")), end


def read_stated(text: str, spans: Sequence[Span]) -> Stated:
    """What the marked text itself states: front matter, headline, dateline, address."""
    front, offset = front_matter(text)
    body = min((s.start for s in spans if s.kind == "body"), default=len(text))
    title = next(
        (text[s.start : s.end] for s in spans if s.kind == "headline" and s.start < body), None
    )
    if title:
        title = re.sub(r"\A#{1,6}\s+", "", title)  # a Markdown heading
    published: date | None = None
    url: str | None = None
    for number, (start, end) in enumerate(line_spans(text, offset)):
        if number >= _HEAD_LINES:
            break
        line = text[start:end]
        published = published or _dateline(line)
        url = url or (line if _URL.match(line) else None)
    return Stated(title, None, published, url).overridden_by(front)


def find_date(text: str) -> date | None:
    """The first full date in `text`: "5 March 2024", "March 5th 2024" or "2024-03-05"."""
    match = _match_date(text)
    return _to_date(match) if match else None


def _match_date(text: str) -> re.Match[str] | None:
    matches = [m for pattern in _DATES for m in pattern.finditer(text) if _to_date(m)]
    return min(matches, key=lambda m: m.start(), default=None)


def _to_date(match: re.Match[str]) -> date | None:
    month = match["month"].casefold()
    try:
        return date(
            int(match["year"]),
            int(month) if month.isdigit() else MONTHS[month],
            int(match["day"]),
        )
    except (KeyError, ValueError):  # KeyError: letters that only look alike, such as "Aprıl"
        return None


def _dateline(line: str) -> date | None:
    """The date of a line that holds a date and nothing else but a clock time or a label."""
    if len(line) > 80 or (match := _match_date(line)) is None:
        return None
    rest = line[: match.start()] + " " + line[match.end() :]
    return _to_date(match) if not _AROUND.sub("", rest) else None
