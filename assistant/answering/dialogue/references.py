""" "That plan", "the company" and "how many" in a follow-up, for what was spoken of in full."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.answering.dialogue.parsing import parts
from assistant.answering.dialogue.people import People, names
from assistant.answering.dialogue.phrases import Phrase
from assistant.answering.dialogue.referents import noun_phrase, several
from assistant.answering.dialogue.spoken import Spoken
from assistant.answering.dialogue.vocabulary import (
    PREPOSITIONS,
    bare,
    content,
    definite,
    is_determined,
    is_organisation,
    is_plural,
    is_role,
    is_sort,
    is_time,
)
from assistant.text import fold, words

Change = tuple[int, int, str]  # start and end in the question, and what goes there

_POINTING = ("that", "this", "these", "those")
_FURTHER = frozenset("in at near off between against with during".split())
_COMPLEMENT = re.compile(r" (?:of|from|in|at|on|for|by|with|to|about|near|between|against) ")
_EXPLAINED = re.compile(r"\s+(?:[A-Z]|(?:who|that|which|whose)\b)")
_OF_THAT = re.compile(r"(?<= of )(?:that|this|these|those) .+")
_PRONOUN = re.compile(r"\b(?:it|its|they|their)\b", re.IGNORECASE)
_NUMBER_OF = re.compile(r"\W*(?:about |some )?[\d.,]+ (?P<noun>(?:[a-z]+ )?[a-z]+)\b")


def references(question: str, turns: Sequence[Spoken], people: People) -> list[Change]:
    """What is to be put for "that plan" and its like, where it was spoken of more fully."""
    own = parts(question)
    offset = question.find(own.text)
    changes = []
    for phrase in own.phrases:
        if inner := _OF_THAT.search(phrase.text):
            phrase = replace(phrase, start=phrase.start + inner.start(), text=inner[0])
        start, end = offset + phrase.start, offset + phrase.end
        meant = _meant(phrase, question, question[end:], turns, people)
        if meant and fold(meant) != fold(phrase.text):
            changes.append((start, end, meant))
    return changes


def counted(turns: Sequence[Spoken], people: People) -> str | None:
    """What "how many" counts where it does not say so: "children" after "86 children fell ill"."""
    if match := _NUMBER_OF.match(turns[0].short or ""):
        upto = next((n for n in match["noun"].split() if is_plural(n)), None)
        if upto:
            return match["noun"][: match["noun"].index(upto) + len(upto)]
    asked = (t.parts.noun for t in turns if t.parts.asking.startswith("how many"))
    if noun := next(filter(None, asked), None):
        return bare(noun.text)
    found = several(turns, people, frozenset())
    return bare(found) if found else None


def _meant(
    phrase: Phrase, question: str, after: str, turns: Sequence[Spoken], people: People
) -> str | None:
    first, *rest = phrase.text.split()
    pointing = fold(first) in _POINTING
    plain = all(word[0].islower() and not re.search(r"['’]", word) for word in rest)
    if not rest or not plain or not (pointing or fold(first) == "the") or is_time(phrase.head):
        return None
    if _EXPLAINED.match(after) or " of " in phrase.text:
        return None
    specified = set(words(fold(after))[:1]) & PREPOSITIONS - {"by"}
    if specified and not pointing:
        return None
    meant = _spoken_of(phrase.head, turns)
    if meant and content(" ".join(rest)) <= content(meant):
        return meant
    if len(rest) == 1 and is_sort(phrase.head) and not _PRONOUN.search(question):
        noun = turns[0].parts.noun
        fits = noun.head == phrase.head if noun else is_organisation(phrase.head)
        if fits and _answers_thing(turns[0], people):
            return turns[0].short
    if pointing and not specified and turns[0].parts.verbal:
        # "that meeting" after "What will be discussed in Miami?"
        further = " ".join(_circumstances(turns[0]))
        return f"the {' '.join(rest)} {further}" if further else None
    return None


def _spoken_of(noun: str, turns: Sequence[Spoken]) -> str | None:
    """The fuller phrase that "the `noun`" takes up, None where there is none."""
    for turn in turns:
        short = noun_phrase(turn.short) or ""
        found = [short] if turn.answers_who else []
        found += [*(p.text for p in turn.parts.phrases), short]
        for text in found:
            own = _COMPLEMENT.split(bare(text))[0]
            if " " in bare(text) and own and fold(own.split()[-1]) == noun:
                return definite(text) if is_determined(text) else f"the {bare(text)}"
    return None


def _answers_thing(turn: Spoken, people: People) -> bool:
    """Whether a turn's answer is the name of something that is no person."""
    if not turn.answers_who or not names(turn.short or ""):
        return False
    if turn.parts.noun is not None:
        return not is_role(turn.parts.noun.text)
    return all(people.is_no_person(name) for name in names(turn.short or ""))


def _circumstances(turn: Spoken) -> Iterator[str]:
    """Where and with whom a turn's question was: "at the embassy in Prague"."""
    for phrase in turn.parts.phrases:
        if phrase.preposition in _FURTHER:
            yield f"{phrase.preposition} {phrase.text}"
