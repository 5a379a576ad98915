"""The numbers of a text, however they are written: "40 million", "€40m", "forty", "6%"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.text import fold

_UNITS = dict(
    zip(
        """zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
        sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
        dozen twice""".split(),
        [0, *range(2, 21), *range(30, 100, 10), 12, 2],
        strict=True,
    )
) | {"both": 2, "half": 0.5, "double": 2}
_SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "m": 1e6,
    "mn": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
}
_WORDS = "|".join(sorted((*_UNITS, "one"), key=len, reverse=True))
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
# "one" and "a" are numbers before a scale only: "one of them" counts nothing.
_NUMBER = re.compile(
    rf"(?P<digits>\d[\d,]*(?:\.\d+)?)(?:st|nd|rd|th)?(?:[ -]?(?P<scale>{_SCALE})s?\b)?|"
    rf"\b(?P<word>(?:{_WORDS})(?:-(?:{_WORDS}))?|an?)\b(?:[ -](?P<scales>(?:{_SCALE})s?)\b)?"
)
_PERCENT = re.compile(r"\s*(?:%|per ?cent\b)")
_NEXT = re.compile(r"[\s-]*([a-z€$£]+)?")
_CURRENCY = {"€": "euro", "$": "dollar", "£": "pound", "¥": "yen"}
# Units in which a number is another amount.
MEASURES = frozenset(
    """% euro dollar pound yen yuan rouble ruble franc rupee peso krona krone zloty lira mile
    kilometre metre hour minute second day week month year decade""".split()
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, and what it counts: "%", a currency, or the next word; "" where none follows."""

    value: float
    of: str


def quantities(text: str) -> tuple[Quantity, ...]:
    """The quantities of `text`, in order."""
    folded = fold(text)
    found = []
    for match in _NUMBER.finditer(folded):
        value = _value(match)
        if value is None:
            continue
        before = folded[match.start() - 1 : match.start()]
        if _PERCENT.match(folded, match.end()):
            of = "%"
        elif before in _CURRENCY:
            of = _CURRENCY[before]
        else:
            following = _NEXT.match(folded, match.end())
            of = (following and following[1]) or ""
        found.append(Quantity(value, of.removesuffix("s")))
    return tuple(found)


def _value(match: re.Match[str]) -> float | None:
    if match["digits"]:
        scale = match["scale"]
        return float(match["digits"].replace(",", "")) * _SCALES.get(scale or "", 1)
    scale = (match["scales"] or "").removesuffix("s")
    tens, _, ones = match["word"].partition("-")
    if tens in ("a", "an", "one"):
        return _SCALES.get(scale)
    value: float = _UNITS[tens] + _UNITS.get(ones, 1 if ones == "one" else 0)
    return value * _SCALES.get(scale, 1)
