"""Find where a quotation stands in an article, whatever quotes, dashes and white space it is
written with.
"""

from __future__ import annotations

import re
import unicodedata

_PLAIN = str.maketrans(dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("“”„‟«»″", '"'))
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_GAP = re.compile(r"\s*(?:\.\.\.|…|\[\.\.\.\]|\[…\]|\(\.\.\.\)|\(…\))\s*")
_LONGEST_GAP = 400  # characters of the source that an ellipsis may stand for
_ENDS = ",.;:!?-'\" "


def find_quote(quote: str, text: str, start: int = 0, end: int | None = None) -> list[range] | None:
    """Where `quote` stands in `text[start:end]`: the stretch of each of its parts (an ellipsis
    parts it), in order; None where a part is not there.

    Quotation marks, dashes, white space, letter case, invisible characters and accents that are
    composed otherwise count as the same; punctuation at the ends of the quote does not count.
    """
    plain, places = _normalised(text[start:end])
    found: list[range] = []
    after = 0
    for part in _GAP.split(quote):
        wanted = _normalised(part)[0].strip(_ENDS)
        if not wanted:
            continue
        at = _find(wanted, plain, after)
        if at < 0 or (found and at - after > _LONGEST_GAP):
            return None
        after = at + len(wanted)
        found.append(range(start + places[at], start + places[after - 1] + 1))
    return found or None


def _find(wanted: str, text: str, start: int) -> int:
    """Where `wanted` stands in `text` as whole words; -1 if it does not."""
    at = text.find(wanted, start)
    while at >= 0:
        end = at + len(wanted)
        inside = (at and wanted[0].isalnum() and text[at - 1].isalnum()) or (
            end < len(text) and wanted[-1].isalnum() and text[end].isalnum()
        )
        if not inside:
            return at
        at = text.find(wanted, at + 1)
    return -1


def _normalised(text: str) -> tuple[str, list[int]]:
    """`text` in a plain form, and for each of its characters the place of its origin."""
    plain: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if unicodedata.category(character) in ("Cf", "Mn", "Cc") and not character.isspace():
            continue
        folded = character.translate(_PLAIN).translate(_DASHES)
        if not folded.isascii():
            folded = unicodedata.normalize("NFKD", folded)
            folded = "".join(c for c in folded if unicodedata.category(c) != "Mn").casefold()
        for c in folded.casefold():
            space = c.isspace()
            # White space is one blank, and none stands beside a dash.
            if space and (not plain or plain[-1] in " -"):
                continue
            if c == "-" and plain and plain[-1] in " -":
                if plain[-1] == "-":
                    continue
                plain.pop()
                places.pop()
            plain.append(" " if space else c)
            places.append(place)
    return "".join(plain), places
