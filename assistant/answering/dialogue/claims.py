""" "Who said that?": the question with what was said put in."""

from __future__ import annotations

import re

from assistant.answering.dialogue.spoken import Spoken

_ASKS_WHO = re.compile(
    r"(?:(?:and|but|so)\s+)?(?P<start>who(?: else)? (?:said|says|claim\w*|think\w*|thought|"
    r"believ\w*|announc\w*|confirm\w*|warn\w*|report\w*|fear\w*|argu\w*|suggest\w*|wrote|den\w+|"
    r"estimat\w*|told \w+))\s+(?:that|this|so|it)",
    re.IGNORECASE,
)
_SAYS_WHO = re.compile(r"says who", re.IGNORECASE)
_QUOTATION = re.compile(r"[“\"]([^“”\"]+)[”\"]")
_UNPLACED = re.compile(r"[A-Z]|the |an? ")
_WORDS = 4  # of an answer or quotation that can be quoted by itself


def claimed(question: str, turn: Spoken) -> str | None:
    """ "Who said that?" after `turn`, None where the question is another or nothing was said."""
    asked = _SAYS_WHO.sub("Who says so", question.strip(" ?.!"))
    match = _ASKS_WHO.fullmatch(asked)
    said = _statement(turn) if match else None
    return f"{match['start'][0].upper()}{match['start'][1:]} {said}?" if match and said else None


def _statement(turn: Spoken) -> str | None:
    """What a turn told, as a clause: its answer where that is one, else question and answer."""
    own, short, asked = turn.parts, turn.short, turn.question.asked
    if short and asked in ("statement", "reason") and len(short.split()) > _WORDS:
        inner = max(_QUOTATION.findall(short), key=len, default="")
        whole = re.sub(r"^(?:but|and) ", "", short)
        quoted = (inner if len(inner.split()) >= _WORDS else whole).strip('“”" .')
        return f"“{quoted}”"
    if own.asked is not None and not own.inverted and short:
        # "How many people were hurt?", "17": 17 people were hurt.
        noun = own.noun.text if own.noun and asked in ("count", "amount") else ""
        subject = f"{short} {noun}" if noun and len(short.split()) < 3 else short
        start = own.auxiliary[0] if own.auxiliary else own.asked[1]
        return f"that {subject} {own.text[start:].strip()}"
    if own.subject is None or own.auxiliary is None:
        return None
    ending = short if short and asked in ("time", "place") else ""
    if asked == "place" and _UNPLACED.match(ending):
        ending = f"in {ending}"
    rest = own.text[own.subject.end :]
    return f"that {' '.join(f'{own.subject.text} {own.helping}{rest} {ending}'.split())}"
