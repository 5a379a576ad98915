"""Follow-ups that are no whole question: "Why?", "And in London?", "Did Chile?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering.dialogue.parsing import parts
from assistant.answering.dialogue.people import People, names
from assistant.answering.dialogue.phrases import Parts, Phrase
from assistant.answering.dialogue.references import counted
from assistant.answering.dialogue.spoken import Spoken
from assistant.answering.dialogue.vocabulary import PLACING, bare, is_plural
from assistant.text import fold, words

_LEAD = re.compile(
    r"\W*(?P<led>(?:(?:and|but|so|or|then|ok|okay|also|well|yes|no|right|great|thanks|thank you|"
    r"i see)\b[\s,.!]*)*)"
    r"(?P<about>(?:what|how) about\b\s*)?",
    re.IGNORECASE,
)
_STUB = re.compile(
    r"(?:did|does|do|is|are|was|were|has|have|had|will|would|can|could)(?:n[o']?t)? .+",
    re.IGNORECASE,
)
TIME = re.compile(
    r"(?:last|next|this) \w+|yesterday|today|tomorrow|tonight|now|(?:19|20)\d\d|"
    r"(?:in|on|by|since|until|during|before|after) (?:(?:early|late|mid)[- ])?(?:the )?"
    r"(?:(?:19|20)\d\d|\d{1,2} \w+|january|february|march|april|may|june|july|august|september|"
    r"october|november|december|(?:mon|tues|wednes|thurs|fri|satur|sun)day|last \w+|next \w+|"
    r"summer|winter|spring|autumn)\b.*",
    re.IGNORECASE,
)
_TRAILING = re.compile(r"(?<=\w),? (?:exactly|then|though|please)$", re.IGNORECASE)
_AGAIN = re.compile(
    r"(?P<asking>when|where|why|how)(?: (?:was|is|were) (?:that|this)|"
    r" (?:did|does) (?:that|this|it) happen| so)",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"what for|how come|for what reasons?|what (?:is|was|are|were) the reasons?", re.IGNORECASE
)
_ELSE = re.compile(r"any(?P<what>one|body|thing) else(?P<done> \w+ed)?", re.IGNORECASE)
_TURNED = re.compile(
    r"(?P<asking>who|what|where|when) (?P<preposition>by|with|from|to|about|against|until|since)",
    re.IGNORECASE,
)
# What follows "how many" here is no noun: "How many were hurt?", "How many survived?"
_COUNTING = re.compile(
    r"how many (?=(?:was|were|is|are|has|have|had|did|will|would|could|can|fell|won|lost|left|"
    r"\w+ed)\b(?: (?P<next>\w+))?)",
    re.IGNORECASE,
)
_OBJECT = {"who": "whom"}
_ONES = re.compile(r"\b(?P<which>which) ones?\b", re.IGNORECASE)
_ORDER = {"asked": 0, "subject": 1, "object": 2, "oblique": 3}
_LONGEST = 6  # words of a fragment that follows "And"


@dataclass(frozen=True, slots=True)
class Fragment:
    """What is left of a fragment without "And" or "What about", and its parts.

    `stub`: an auxiliary and a subject alone.
    """

    text: str
    parts: Parts
    about: bool
    stub: bool


def plain(question: str, turns: Sequence[Spoken], people: People) -> str:
    """`question` with its wordier ellipses in plain form: "When was that?" is "When?"."""
    rest = _lead(question)[0]
    if _REASON.fullmatch(rest):
        return "Why?"
    if other := _ELSE.fullmatch(rest):
        done = f" was{other['done']}" if other["done"] else ""
        return f"{'What' if other['what'] == 'thing' else 'Who'} else{done}?"
    if turned := _TURNED.fullmatch(rest):
        return f"{turned['preposition']} {_OBJECT.get(fold(turned['asking']), turned['asking'])}?"
    if again := _AGAIN.fullmatch(rest):
        return f"{again['asking']}?"
    counting = _COUNTING.match(rest)
    if counting and not is_plural(counting["next"] or "") and not names(rest[counting.end() :]):
        noun = counted(turns, people)
        counted_in = f"{rest[counting.end() :]}{_where(rest, turns)}"
        return f"How many {noun} {counted_in}?" if noun else question
    noun_phrase = next((p for t in turns for p in plurals(t.parts)), None)
    if noun_phrase is None:
        return question
    return _ONES.sub(lambda m: f"{m['which']} {bare(noun_phrase.text)}", question)


def _where(rest: str, turns: Sequence[Spoken]) -> str:
    """Where the latest turn was, for a question that does not say so."""
    placed = [p for p in parts(rest).phrases if p.preposition]
    found = [p for p in turns[0].about if p.preposition in PLACING and not placed]
    return "".join(f" {p.preposition} {p.text}" for p in found[:1])


def fragment(question: str) -> Fragment | None:
    """`question` as a fragment, None where it is whole."""
    rest, led, about = _lead(question)
    own = parts(rest)
    stub = bool(_STUB.fullmatch(rest)) and own.auxiliary is not None and _only_subject(own)
    found = Fragment(rest, own, about, stub)
    if not rest:
        return None
    if about:
        return found if own.asked is None or not own.verbal else None
    if own.asked is not None:
        return found if not own.verbal and _is_placed(own.text[own.asked[1] :]) else None
    if stub:
        return found
    if own.verbal:
        return None
    if led:
        short = len(words(rest)) <= _LONGEST
        return found if short and (own.phrases or TIME.fullmatch(rest)) else None
    first = own.phrases[0] if len(own.phrases) == 1 else None
    if first and first.role == "oblique" and first.end == len(own.text):
        return found if first.start == len(first.preposition) + 1 else None
    named = len(words(rest)) <= 2 and all(not word[0].islower() for word in words(rest))
    return found if named or TIME.fullmatch(rest) else None


def plurals(own: Parts) -> list[Phrase]:
    """The plural phrases of a question, what is asked with first."""
    return sorted((p for p in own.phrases if p.plural), key=lambda p: _ORDER[p.role])


def _lead(question: str) -> tuple[str, bool, bool]:
    """The rest after "And" and "What about", and whether there was each."""
    match = _LEAD.match(question)
    assert match is not None  # it may be empty
    rest = _TRAILING.sub("", question[match.end() :].strip(" ?.!"))
    return rest, bool(match["led"] or match["about"]), bool(match["about"])


def _is_placed(text: str) -> bool:
    """Whether what follows "Why" is nothing, or no more than "in Geneva"."""
    own = parts(text)
    if not own.text:
        return True
    whole = len(own.phrases) == 1 and own.phrases[0].end == len(own.text)
    return whole and own.phrases[0].start == len(own.phrases[0].preposition) + 1


def _only_subject(own: Parts) -> bool:
    """Whether nothing follows an auxiliary but a subject: "Did Chile?", "Was she?"."""
    following = own.text[own.auxiliary[1] if own.auxiliary else 0 :].split()
    if len(following) == 1 and fold(following[0]) in ("he", "she", "it", "they", "that"):
        return True
    alone = len(own.phrases) == 1 and own.phrases[0].text == " ".join(following)
    return alone and len(following) <= 4
