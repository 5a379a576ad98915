"""Fragments completed by an earlier question.

A fragment takes the place of the part of the earlier question that is like it: what was asked
with, a phrase after the same preposition, a name of the same sort, the subject.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.dialogue.fragments import TIME, Fragment, plurals
from assistant.answering.dialogue.people import People, names
from assistant.answering.dialogue.phrases import Parts, Phrase, Place
from assistant.answering.dialogue.spoken import Spoken
from assistant.answering.dialogue.vocabulary import (
    DETERMINERS,
    PLACING,
    PLURAL,
    SINGULAR,
    bare,
    definite,
    is_plural,
)
from assistant.text import fold

_NEWNESS = re.compile(r"\b(?:new|newly|newly appointed|current|present|latest)\s+", re.IGNORECASE)
_NOW = re.compile(r"\s+(?:now|today|currently|at present|at the moment)\b", re.IGNORECASE)
_SAYING = re.compile(r"\b(say|think|do|claim|announce|write|tell \w+)\b(?! that)", re.IGNORECASE)
_IN_TURN = re.compile(r"(?:before|after) ", re.IGNORECASE)


def complete(part: Fragment, turns: Sequence[Spoken], people: People) -> str | None:
    """The whole question that `part` asks after `turns`, latest first; None if none is seen."""
    whole = [t for t in turns if t.parts.verbal and t.question.turn == "question"]
    if not whole:
        return None
    made: str | None
    if part.parts.asked is not None and not part.about:
        made = _asked_otherwise(part.parts, whole[0])
    elif _IN_TURN.match(part.text) and _names_person(part.text, people):
        made = _in_turn(part.text, whole, people)
    elif part.stub and part.parts.auxiliary is not None:
        made = _other_subject(part.text[part.parts.auxiliary[1] :].strip(), whole[0].parts)
    else:
        made = _substituted(part, whole[0], people)
    return made and f"{made[0].upper()}{' '.join(made[1:].split())}?"


def _asked_otherwise(own: Parts, base: Spoken) -> str:
    """`base` asked with another word: "When did she resign?" and "Why?"."""
    end = own.asked[1] if own.asked else 0
    asking, placed = own.text[:end], own.text[end:]
    negative = fold(asking).endswith(" not")
    if negative:
        asking = asking[:-4]
    return _asked_with(asking, own.noun, negative, base) + placed


def _asked_with(asking: str, noun: Phrase | None, negative: bool, base: Spoken) -> str:
    old = base.parts
    if fold(asking).endswith(" else") and old.asked is not None:
        return asking + old.text[old.asked[1] :]
    if counted := _asked_of(asking, noun, old):
        return counted
    # "Who is the mayor?" asks for a subject, however it is put.
    predicate = base.defines and base.answers_who and base.short
    if old.auxiliary is None or not old.inverted or predicate:
        return _with_subject(asking, base)
    rest = old.helping + old.text[old.auxiliary[1] :]
    if negative and old.subject is not None:
        at = old.subject.end - old.auxiliary[1] + len(old.helping)
        rest = f"{rest[:at]} not{rest[at:]}"
    if old.asking == "what":
        rest = _with_object(rest, base.short)
    return f"{asking} {rest}"


def _asked_of(asking: str, noun: Phrase | None, old: Parts) -> str | None:
    """ "How many?" of "Will EU countries borrow?": EU countries. None where it counts nothing."""
    if noun is None and fold(asking) not in ("how many", "how much", "which"):
        return None
    for phrase in plurals(old):
        if noun is not None and phrase.head != noun.head:
            continue
        asked = asking if noun is not None else f"{asking} {bare(phrase.text)}"
        if phrase.role == "asked" and old.asked is not None:
            return asked + old.text[old.asked[1] :]
        if phrase.role in ("subject", "object") and old.auxiliary is not None:
            before = old.text[old.auxiliary[1] : phrase.start]
            return f"{asked} {old.helping} {before} {old.text[phrase.end :]}"
    return None


def _with_object(rest: str, short: str | None) -> str:
    """The rest of a question with "what", where that is no longer asked."""
    words = (short or "").split()
    acts = 0 < len(words) <= 12 and words[0][0].islower() and words[0] not in DETERMINERS
    if rest.endswith(" do") and acts:  # "What will they do?" "block the harbour"
        return f"{rest[:-3]} {short}"
    if match := _SAYING.search(rest):
        return f"{rest[: match.end()]} this{rest[match.end() :]}"
    return f"{rest} {short}" if 0 < len(words) <= 8 else rest


def _with_subject(asking: str, base: Spoken) -> str:
    """A question whose subject was asked for, with the answer in its place."""
    old, noun = base.parts, base.parts.noun
    word = old.asking.split()[0] if old.asking else ""
    named = base.answers_who or word == "what"
    subject = definite(base.short) if named and base.short else None
    if noun is not None and (subject is None or base.question.asked in ("count", "amount")):
        subject = f"the {bare(noun.text)}"
    if subject is None:
        subject = "something" if word == "what" else "somebody"
    if old.auxiliary is not None:
        last = subject.split()[-1]
        several = last[0].islower() and is_plural(fold(last))
        helping = PLURAL.get(old.helping, old.helping) if several else old.helping
        return f"{asking} {helping} {subject}{old.text[old.auxiliary[1] :]}"
    return f"{asking} is it that {subject}{old.text[old.asked[1] if old.asked else 0 :]}"


def _in_turn(rest: str, whole: Sequence[Spoken], people: People) -> str:
    """Who came before or after somebody: the question for that office, without "new"."""
    for turn in whole:
        text = turn.parts.text
        if turn.parts.asking == "who" and not any(people.is_person(n) for n in names(text)):
            text = _NOW.sub("", _NEWNESS.sub("", text))
            return re.sub(r"^who (?:is|are)\b", "who was", text, flags=re.IGNORECASE) + f" {rest}"
    return f"who came {rest}"


def _other_subject(subject: str, old: Parts) -> str | None:
    """ "Did Chile?" after "Did Peru agree?"."""
    if old.subject is None:
        return None
    return old.text[: old.subject.start] + subject + old.text[old.subject.end :]


def _substituted(part: Fragment, base: Spoken, people: People) -> str | None:
    """`base` with a phrase of it exchanged for the fragment."""
    rest, old = part.text, base.parts
    if TIME.fullmatch(rest):
        last = next((m for m in TIME.finditer(old.text) if m.end() == len(old.text)), None)
        return old.text[: last.start()] + rest if last else f"{_NOW.sub('', old.text)} {rest}"
    if not part.parts.phrases:
        return None
    new = part.parts.phrases[0]
    if new.preposition and new.start == len(new.preposition) + 1:
        for phrase in old.phrases:
            placed = {phrase.preposition, new.preposition} <= PLACING
            if phrase.preposition and (placed or phrase.preposition == new.preposition):
                start = old.text.rfind(phrase.preposition, 0, phrase.start)
                return old.text[:start] + rest + old.text[phrase.end :]
        return f"{old.text} {rest}"
    place = _parallel(rest, new, old, people)
    if place is None:
        return None
    start, end = place
    if old.subject is not None and old.auxiliary is not None and start == old.subject.start:
        forms = PLURAL if new.plural else SINGULAR
        agreeing = forms.get(old.helping) if old.subject.plural != new.plural else None
        if agreeing:
            before = old.text[: old.auxiliary[0]] + agreeing + old.text[old.auxiliary[1] : start]
            return before + rest + old.text[end:]
    return old.text[:start] + rest + old.text[end:]


def _parallel(rest: str, new: Phrase, old: Parts, people: People) -> Place | None:
    """Where the part of the earlier question stands that is most like the fragment."""
    for phrase in old.phrases:
        if phrase.head == new.head and phrase.text != rest:
            return phrase.start, phrase.end
    phrases = [p for p in old.phrases if p.role != "asked"]
    subject = next((p for p in phrases if p.role == "subject"), None)
    if not new.named:
        chosen = subject or next(iter(phrases), None)
        return (chosen.start, chosen.end) if chosen else None
    person = _names_person(rest, people)
    places = [place for name in dict.fromkeys(names(old.text)) for place in _places(old.text, name)]
    alike = [p for p in places if people.is_person(old.text[slice(*p)]) == person]
    if alike:
        # "the Green party" for "the Liberals", not "Green" alone.
        start, end = alike[0]
        around = [p for p in phrases if p.start <= start < end <= p.end and _the(p.text)]
        return (around[0].start, around[0].end) if around and _the(rest) else alike[0]
    chosen = subject or (None if person else next(iter(phrases), None))
    if chosen and (not person or chosen.named):
        return chosen.start, chosen.end
    return None


def _the(text: str) -> bool:
    return fold(text).startswith("the ")


def _places(text: str, name: str) -> list[Place]:
    return [m.span() for m in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)]


def _names_person(text: str, people: People) -> bool:
    found = names(text[0].upper() + text[1:]) or names(text)
    return any(people.is_person(name) for name in found)
