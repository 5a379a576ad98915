"""The days a question speaks of: "in November 2022", "last week", "before 5 March", "on Tuesday".

What is said relative to the day of asking is counted from a day that is given. A moment that only
an event names ("before the summit") has no date here, and such a question speaks of no days.
"""

from __future__ import annotations

import math
import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from assistant.text import MONTHS

_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_NUMBERS = {
    word: number
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve".split(), start=1
    )
} | {"a": 1, "an": 1}
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}

_LEAD = (
    r"(?:\b(?P<lead>in|on|during|since|from|until|till|by|before|after|between|and|to)"
    r"(?: the)?(?: early| mid| late)?[ -])"
)
_MONTH = rf"(?P<month>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)\b"
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(_NUMBERS)})"
_UNIT = r"(?P<unit>day|week|month|year)s?\b"
_MOMENTS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_LEAD}?\b{_YEAR}-(?P<month>\d\d)-{_DAY}\b",
        rf"{_LEAD}?\b(?:{_DAY} (?:of )?)?{_MONTH},? {_YEAR}",
        rf"{_LEAD}?\b{_MONTH} {_DAY},? {_YEAR}",
        # Without a year, only where it can be nothing else: "may", "the March", "a 2022 car".
        rf"{_LEAD}(?:{_DAY} (?:of )?)?{_MONTH}(?! ?\d)",
        rf"{_LEAD}{_MONTH} {_DAY}\b",
        rf"{_LEAD}{_YEAR}",
        rf"{_LEAD}?\b(?P<weekday>{'|'.join(_WEEKDAYS)})\b",
        rf"{_LEAD}?\b(?P<named>today|tonight|yesterday|this (?:morning|afternoon|evening)|"
        r"last night)\b",
        rf"{_LEAD}?(?:\b(?:this|last|past) )?\b(?P<weekend>weekend)\b",
        rf"{_LEAD}?\b(?<!the )(?P<which>this|last) (?P<unit>week|month|year)\b",
        rf"{_LEAD}?\b{_COUNT} {_UNIT} (?P<ago>ago)\b",
        rf"\b(?P<rolling>the (?:last|past)) (?:{_COUNT} )?{_UNIT}",
        r"\b(?P<recent>recently|recent (?:days|weeks|months))\b",
    )
]
_DAY_LATER = timedelta(days=1)
_RECENT = timedelta(days=30)
_SLACK = 7  # days outside a period after which closeness is 1/e


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `since` to `until`, both inclusive."""

    since: date
    until: date

    def closeness(self, day: date) -> float:
        """1 for a day within the period, less and less the further outside, falling to 0."""
        outside = max((self.since - day).days, (day - self.until).days, 0)
        return math.exp(-outside / _SLACK)


def week_before(day: date) -> Period:
    """The seven days that end with `day`."""
    return Period(day - timedelta(days=6), day)


def spoken_of(question: str, as_of: date) -> Period | None:
    """The days that `question`, asked on `as_of`, speaks of; the shortest period, if of several."""
    try:
        return min(_periods(question, as_of), key=lambda p: p.until - p.since, default=None)
    except OverflowError:  # before the year 1, or after 9999
        return None


def _periods(question: str, as_of: date) -> list[Period]:
    found: list[Period] = []
    first: tuple[int, Period] | None = None  # where "between X" or "from X" ended, and X
    for match, said in _mentions(question, as_of):
        lead = (match.groupdict().get("lead") or "").casefold()
        if first and lead in ("and", "to") and first[0] + 1 == match.start():
            found[-1] = Period(first[1].since, said.until)
        else:
            found.append(_led(lead, said))
        first = (match.end(), said) if lead in ("between", "from") else None
    return found


def _mentions(question: str, as_of: date) -> list[tuple[re.Match[str], Period]]:
    """Every moment named, in order; of those that overlap, the longest."""
    matches = (match for pattern in _MOMENTS for match in pattern.finditer(question))
    found: list[tuple[re.Match[str], Period]] = []
    for match in sorted(matches, key=lambda m: (m.start() - m.end(), m.start())):
        said = _period(match, as_of)
        if said and all(match.end() <= m.start() or m.end() <= match.start() for m, _ in found):
            found.append((match, said))
    return sorted(found, key=lambda mention: mention[0].start())


def _led(lead: str, said: Period) -> Period:
    """The days before, since or after those said, or those and the next one, for the reports."""
    if lead == "before":
        return Period(date.min, said.since - _DAY_LATER)
    if lead in ("until", "till", "by"):
        return Period(date.min, said.until)
    if lead in ("since", "from"):
        return Period(said.since, date.max)
    if lead == "after":
        return Period(said.until + _DAY_LATER, date.max)
    return Period(said.since, said.until + _DAY_LATER)


def _period(match: re.Match[str], as_of: date) -> Period | None:
    """The days that a match of one of _MOMENTS names; None where there is no such date."""
    parts = {key: value.casefold() for key, value in match.groupdict().items() if value}
    if "weekday" in parts:
        back = (as_of.weekday() - _WEEKDAYS.index(parts["weekday"])) % 7
        return _days(as_of - timedelta(days=back))
    if "weekend" in parts:
        saturday = as_of - timedelta(days=(as_of.weekday() - 5) % 7)
        return Period(saturday, saturday + timedelta(days=1))
    if "named" in parts:
        past = parts["named"] in ("yesterday", "last night")
        return _days(as_of - timedelta(days=1 if past else 0))
    if "recent" in parts:
        return Period(as_of - _RECENT, as_of)
    if "unit" in parts:
        return _counted(parts, as_of)
    return _calendar(parts, as_of)


def _counted(parts: dict[str, str], as_of: date) -> Period:
    """This or last week, three months ago, the past ten days."""
    unit = parts["unit"]
    count = parts.get("count", "1")
    length = timedelta(days=_DAYS[unit] * (int(count) if count.isdigit() else _NUMBERS[count]))
    if "ago" in parts:  # more or less
        about = timedelta(days=_DAYS[unit] // 2)
        return Period(as_of - length - about, as_of - length + about)
    if "rolling" in parts:
        return Period(as_of - length, as_of)
    if unit == "week":
        monday = as_of - timedelta(days=as_of.weekday())
        if parts["which"] == "last":
            return Period(monday - timedelta(days=7), monday - timedelta(days=1))
        return week_before(as_of)
    start = as_of.replace(day=1) if unit == "month" else as_of.replace(month=1, day=1)
    if parts["which"] == "this":
        return Period(start, as_of)
    end = start - timedelta(days=1)
    return Period(end.replace(day=1) if unit == "month" else end.replace(month=1, day=1), end)


def _calendar(parts: dict[str, str], as_of: date) -> Period | None:
    """A year, month or day; without a year the latest that has begun."""
    named = parts.get("month", "")
    month = int(named) if named.isdigit() else MONTHS.get(named, 0)
    day, year = int(parts.get("day", 0)), int(parts.get("year", as_of.year))
    try:
        said = _stretch(year, month, day)
        if "year" not in parts and said.since > as_of:
            said = _stretch(year - 1, month, day)
    except ValueError:  # 31 June
        return None
    return said


def _stretch(year: int, month: int, day: int) -> Period:
    """A year, one of its months or one day; 0 where none is named."""
    if day:
        return _days(date(year, month, day))
    last = month or 12
    return Period(date(year, month or 1, 1), date(year, last, monthrange(year, last)[1]))


def _days(day: date) -> Period:
    return Period(day, day)
