"""Characters and addresses that plain English has not: where a claim has them, a passage must too.

Letters that only look like Latin ones slip past whatever compares words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_PUNCTUATION = frozenset(".,;:!?…'‘’`´\"“”„«»()[]/-‐‑–—−&%‰$€£¥+#*°·•§©®™")
_AROUND = ".,;:!?…'‘’\"“”()[]"
_ADDRESS = re.compile(r"://|@|\]\(|\bwww\.|\w\.[a-z]{2,}")


def strange(claim: str, passages: Iterable[str]) -> str:
    """What is told of the first stretch of a claim that has characters beyond plain English, is an
    address or markup, and does not stand in a passage; "" where there is none.
    """
    told = unicodedata.normalize("NFC", " ".join(passages))
    for stretch in unicodedata.normalize("NFC", claim).split():
        usual = all(map(_is_plain, stretch)) and not _ADDRESS.search(stretch)
        if not usual and stretch.strip(_AROUND) not in told:
            return "it has characters or an address that the passage has not"
    return ""


def _is_plain(character: str) -> bool:
    """Whether it is usual in English: Latin letters, accents and all, digits and punctuation."""
    base = unicodedata.normalize("NFD", character)[0]
    return (base.isascii() and base.isalnum()) or character in _PUNCTUATION
