"""Questions changed by a name, a number or a word so that their passage answers them no more."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from assistant.text import fold, words
from assistant.training.reader_sets import holds, sentences, stems

_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
_NUMBER = re.compile(r"\b\d+(?:[.,]\d+)*\b")
_NAME = re.compile(r"\b[A-Z][\w'’-]+(?:\s(?:(?:of|the|de|van|von)\s)?[A-Z][\w'’-]+)*")
_NOT_NAMES = frozenset(
    words(
        """The A An In On At For From By With What Which Who Whom Whose When Where Why How If It He
        She They This That These Those I But And As His Her Their Its Although While After Before
        During There Some Many Most Other Another Both Did Does Was Were Is Are"""
    )
)
_OPPOSITES = {
    a: b
    for pair in (
        "first last", "largest smallest", "most least", "highest lowest", "before after",
        "north south", "east west", "northern southern", "eastern western", "oldest youngest",
        "earliest latest", "increase decrease", "increased decreased", "more fewer", "best worst",
        "win lose", "won lost", "longest shortest", "begin end", "began ended", "start stop",
        "started stopped", "founded abolished", "created destroyed", "support oppose",
        "supported opposed", "allowed banned", "accepted rejected", "male female", "above below",
        "biggest smallest", "maximum minimum", "majority minority", "buy sell", "bought sold",
        "joined left", "arrive depart", "arrived departed", "success failure", "agreed refused",
        "rise fall", "rose fell", "upper lower", "public private", "born buried", "include exclude",
        "included excluded", "positive negative", "common rare", "strongest weakest",
    )
    for a, b in (pair.split(), reversed(pair.split()))
}  # fmt: skip


def named(text: str) -> dict[str, list[str]]:
    """Years, other numbers and capitalised names in `text`, each kind in order of appearance.

    A sentence's first word is no name on its own account.
    """
    years = [match.group() for match in _YEAR.finditer(text)]
    numbers = [m.group() for m in _NUMBER.finditer(text) if not _YEAR.fullmatch(m.group())]
    names = []
    for match in _NAME.finditer(text):
        opens = match.start() == 0 or text[: match.start()].rstrip()[-1:] in '.?!"“:'
        name = match.group()
        if opens:
            # The opening word is capitalised whatever it is; what follows it is a name still.
            name = name.partition(" ")[2]
        name = re.sub(r"(?:'s|’s|')$", "", name)
        if name[:1].isupper() and name.split()[0] not in _NOT_NAMES and len(name) > 2:
            names.append(name)
    return {"year": years, "number": numbers, "name": names}


def swap(
    question: str, context: str, elsewhere: str, answers: Sequence[str], rng: random.Random
) -> str | None:
    """`question` changed so that `context` no longer answers it, or None where that is not safe.

    A name or number that the context holds gives way to another of its kind, from the context or
    from `elsewhere` (the rest of the article); or one word to its opposite. Where the passage's
    sentences about the newcomer share much with the question, it may well answer the new
    question too, and nothing is returned.
    """
    own = named(question)
    here, there = named(context), named(elsewhere)
    folded = fold(context)
    choices: list[tuple[str, str]] = []
    for kind, found in own.items():
        for old in found:
            if fold(old) not in folded:
                continue
            # Mostly from the same passage: a newcomer the passage never names is easily seen.
            pool = here[kind] if rng.random() < 0.7 and here[kind] else there[kind]
            fresh = [
                new
                for new in sorted(set(pool))
                if not stems(new) & stems(old)
                and fold(new) not in fold(question)
                and not holds(new, answers)
                and not any(fold(new) in fold(answer) for answer in answers)
                and abs(len(new.split()) - len(old.split())) <= 1
            ]
            rng.shuffle(fresh)
            choices.extend((old, new) for new in fresh[:3])
    rest_of = stems(question)
    rng.shuffle(choices)
    opposites = [
        (word, _OPPOSITES[word.lower()])
        for word in question.split()
        if word.lower() in _OPPOSITES and _OPPOSITES[word.lower()] not in folded
    ]
    if opposites and (not choices or rng.random() < 0.4):
        choices.insert(0, rng.choice(opposites))
    for old, new in choices:
        rest = rest_of - stems(old)
        if len(rest) < 2:
            continue
        near = max(
            (
                len(rest & stems(context[left:right])) / len(rest)
                for left, right in sentences(context)
                if fold(new) in fold(context[left:right])
            ),
            default=0.0,
        )
        if near <= 0.34:
            place = re.search(rf"(?<!\w){re.escape(old)}(?!\w)", question)
            if place is not None:
                return question[: place.start()] + new + question[place.end() :]
    return None
