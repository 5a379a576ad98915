"""Which of what was spoken of a pronoun means.

In each turn, latest first, what was asked for comes before what was asked about, and a subject
before the rest; the pronoun takes the first that agrees with it in number, in being a person, and
in gender where the articles show one. `apart` are folded words of what it cannot mean, since the
question names that itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set

from assistant.answering.dialogue.people import Gender, People, names
from assistant.answering.dialogue.spoken import Spoken
from assistant.answering.dialogue.vocabulary import (
    PLACING,
    bare,
    content,
    definite,
    head,
    is_determined,
    is_named,
    is_organisation,
    is_plural,
    is_role,
    is_time,
)
from assistant.text import count_words, fold, words

_HERS = re.compile(
    r"\b(?:\w*woman|actress|mother|daughter|wife|sister|girl|queen|princess)$", re.IGNORECASE
)
_HIS = re.compile(r"\b(?:\w*man|actor|father|son|husband|brother|boy|king|prince)$", re.IGNORECASE)
_CLAUSE = re.compile(r"\b(?:is|are|was|were|has|have|had|will|would|said|not|because|that)\b|[“\"]")
_NO_THING = re.compile(r"[€$£]?\d|(?:about|on|of|over|to|in|at|near|off|from|outside|inside)\b")
_LIGHT = ("place", "part", "action", "effect", "care", "office")  # "take place"
_OWNED = re.compile(r"(?:her|his|my|your|our) ", re.IGNORECASE)
_POSSESSOR = re.compile(r"(\S+)['’]s? \w")
_YEAR = re.compile(r"(?:\w+ )?(?:19|20)\d\d\b")
_DAY = re.compile(r"\d{1,2} |\w+day\b")
_DATED = re.compile(r"\b(?:in|on) [^,?]*\d\b")
_Persons = list[tuple[str, Gender | None]]


def person(gender: Gender, turns: Sequence[Spoken], people: People, apart: Set[str]) -> str | None:
    """Who "he" or "she" is."""
    for turn in turns:
        spoken, quoted = _persons(turn, people)
        known = [item for item in spoken if people.is_known(item[0]) or is_role(item[0])]
        asked_for = spoken[:1] if turn.answers_who else []
        for found, wanted in (
            (asked_for, gender),
            (asked_for, None),
            (spoken, gender),
            (known, None),
            (quoted, gender),
            (spoken, None),
            (quoted, None),
        ):
            for text, given in found:
                if given == wanted and apart.isdisjoint(words(fold(text))):
                    return definite(text)
    return None


def thing(turns: Sequence[Spoken], people: People, apart: Set[str], *, acts: bool) -> str | None:
    """What "it" is; with `acts` something that says, wants and decides."""
    return _first((text for t in turns for text in _things(t, people, acts)), apart)


def several(turns: Sequence[Spoken], people: People, apart: Set[str]) -> str | None:
    """Who or what "they" are."""
    return _first((text for t in turns for text in _groups(t, people)), apart)


def place(turns: Sequence[Spoken], people: People) -> str | None:
    """Where "there" is, with its preposition."""
    for turn in turns:
        if turn.question.asked == "place" and turn.short:
            placed = turn.short.split()[0].casefold() in PLACING
            return turn.short if placed else f"in {turn.short}"
        for phrase in reversed(turn.about):
            if phrase.preposition in PLACING and not re.search(r"\d{4}", phrase.text):
                return f"{phrase.preposition} {phrase.text}"
        for phrase in turn.about:
            if phrase.named and people.is_no_person(bare(phrase.text)):
                return f"in {phrase.text}"
    return None


def time(turns: Sequence[Spoken]) -> str | None:
    """When "then" is, with its preposition: the date that was given last."""
    for turn in turns:
        if turn.question.asked == "time" and turn.short:
            preposition = (
                "in " if _YEAR.match(turn.short) else "on " if _DAY.match(turn.short) else ""
            )
            return preposition + turn.short
        if match := _DATED.search(turn.parts.text):
            return match[0]
    return None


def noun_phrase(short: str | None) -> str | None:
    """A short answer that can stand for a pronoun: no clause, no quotation, no quantity."""
    if not short or count_words(short) > 8 or _CLAUSE.search(short) or is_time(short):
        return None
    return None if _NO_THING.match(fold(short)) else short


def _first(found: Iterable[str], apart: Set[str]) -> str | None:
    return next((definite(text) for text in found if apart.isdisjoint(content(text))), None)


def _persons(turn: Spoken, people: People) -> tuple[_Persons, _Persons]:
    """Persons of a turn's question and answer, and of its quotes, likeliest first, with their
    gender where that is known.
    """
    named = [(n, people.gender(n)) for n in names(turn.parts.text) if people.is_person(n)]
    roles = [(p.text, _role_gender(p.head)) for p in turn.about if is_role(p.text)]
    quoted = [(name, people.gender(name)) for name in _quoted(turn, people)]
    short = turn.short or ""
    found = [people.full(name) for name in names(short) if people.is_person(name)]
    # "Castellano's coach" is not Castellano.
    possessors = set(_POSSESSOR.findall(short))
    found.sort(key=lambda name: name.split()[-1] in possessors)
    answers = [(name, people.gender(name)) for name in found]
    if not turn.answers_who:
        return [*roles, *named, *answers], quoted
    if answers:
        return [*answers, *named, *([] if turn.defines else roles)], quoted
    if turn.defines and roles:  # "the minister", where the answer names nobody
        called = [item for item in named if not any(item[0] in role for role, _ in roles)]
        return called or quoted or roles, [*named, *roles]
    if is_role(short) and is_determined(short):
        return [(short, _role_gender(short))], [*quoted, *named, *roles]
    return quoted, [*named, *roles, *_described(turn)]


def _described(turn: Spoken) -> _Persons:
    """ "The coach who is leaving Syracuse", where no name was given."""
    own = turn.parts
    if own.asked is None or own.inverted or turn.defines:
        return []
    noun = own.noun.text if own.noun and is_role(own.noun.text) else "person"
    return [(f"the {noun} who{own.text[own.asked[1] :]}", _role_gender(noun))]


def _role_gender(role: str) -> Gender | None:
    """What a role says of gender by itself: "spokeswoman", "father"."""
    return "she" if _HERS.search(role) else "he" if _HIS.search(role) else None


def _quoted(turn: Spoken, people: People) -> list[str]:
    """Persons that the quotes name and the question does not, those named most first."""
    given = set(words(fold(turn.parts.text)))
    counted = Counter(
        people.full(name)
        for quote in turn.quotes
        for name in dict.fromkeys(names(quote))
        if people.is_person(name) and given.isdisjoint(words(fold(name)))
    )
    return sorted(counted, key=lambda name: -counted[name])


def _things(turn: Spoken, people: People, acts: bool) -> Iterator[str]:
    own, noun = turn.parts, turn.parts.noun
    short = noun_phrase(turn.short)
    # "What does he do?" is answered by no thing.
    short = None if short and (_is_several(short) or own.text.endswith(" do")) else short
    unnamed = bool(noun and not (noun.plural or is_role(noun.text) or is_time(noun.text)))
    impersonal = all(people.is_no_person(name) for name in names(short or ""))
    about = [
        p.text
        for p in turn.about
        if (p.named or not p.plural)
        and p != turn.plural_subject
        and not is_role(p.text)
        and not (p.named and not people.is_no_person(bare(p.text)))
        and not (p.named and p.preposition in PLACING)
        and not _OWNED.match(p.text)
        and p.text not in _LIGHT
    ]
    groups = [text for text in about if is_organisation(text) or is_named(text)]
    if acts:
        about.sort(key=lambda text: text not in groups)
    else:  # a council is seldom "it" where there is its plan; a lone word is often no noun
        about.sort(
            key=lambda text: (not is_determined(text) and " " not in text, is_organisation(text))
        )
    if short:
        asked_for = turn.answers_who and turn.question.asked in ("person", "other", "place")
        # "What did they approve", not "What is the Halvorsen".
        subject = own.subject
        asks_object = own.asking == "what" and own.inverted
        asks_object = asks_object and not (subject and subject.end == len(own.text))
        made = asks_object and not acts and is_determined(short) and len(groups) == len(about)
        focus = unnamed or (impersonal and (acts or not about))
        if made or (asked_for and focus):
            bare_noun = short[0].islower() and not is_determined(short)
            yield f"the {short}" if bare_noun else short
    yield from about
    if short and impersonal and turn.question.asked in ("person", "other"):
        yield short
    if unnamed and noun:
        yield f"the {noun.text}"
    # Two capitalised words that pass for a person's name, of whom nothing says "he" or "she".
    yield from (
        p.text
        for p in turn.about
        if p.named and p.role != "subject" and not any(map(people.gender, names(p.text)))
    )


def _groups(turn: Spoken, people: People) -> Iterator[str]:
    noun, short = turn.parts.noun, turn.short or ""
    listed = bool(short) and (_is_several(short) or ", " in short) and not _CLAUSE.search(short)
    if listed and turn.answers_who:
        yield short
    if noun is not None and noun.plural and not is_time(noun.text):
        yield noun.text if noun.named else f"the {bare(noun.text)}"
    about = [p for p in turn.about if not _OWNED.match(p.text) and not p.text.startswith("their ")]
    yield from (p.text for p in about if p.plural)
    if listed and turn.question.asked in ("other", "person"):
        yield short
    if turn.plural_subject is not None:
        yield turn.plural_subject.text
    yield from (p.text for p in about if is_organisation(p.text))
    yield from (
        p.text
        for p in about
        if p.named and p.role != "oblique" and people.is_no_person(bare(p.text))
        if turn.question.asked != "place"
    )
    if turn.answers_who and is_named(short):
        yield short


def _is_several(text: str) -> bool:
    return " and " in text or (text.split()[-1][0].islower() and is_plural(head(text)))
