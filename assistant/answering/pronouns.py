"""Pronouns and "that plan" in a follow-up, replaced by what they mean in the conversation.

Left alone is what the question itself explains: "Who is Ann Lee and when did she ...", "its name"
after its owner, the "it" of "is it true that", "they" for people in general.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.answering import referents
from assistant.answering.people import Gender, People, names
from assistant.answering.phrases import (
    BE,
    DO,
    PREPOSITIONS,
    Phrase,
    parts,
)
from assistant.answering.referents import Spoken, content
from assistant.text import fold, words

_PRONOUN = re.compile(
    r"\b(?:(?P<he>he|him|his|himself)|(?P<she>she|her|hers|herself)|(?P<it>it|its|itself)|"
    r"(?P<they>they|them|their|theirs|themselves)|(?P<there>there)|(?P<then>then))\b",
    re.IGNORECASE,
)
_THAT = re.compile(r"\b(?:that|this|these|those|so)\b", re.IGNORECASE)
_SUBJECTS = ("he", "she", "they")
_OWNERS = ("his", "its", "their", "hers", "theirs")
_REFLEXIVE = re.compile(r"\w+sel(?:f|ves)")
# "her" before these is no possessive: "tell her when", "saw her in".
_NO_POSSESSION = re.compile(
    r"\W*$|[,.?!]| (?:\w+ly|when|where|why|how|what|who|that|if|to|in|on|at|for|about|from|with|by|"
    r"as|after|before|and|or|during|again|last|this|yesterday|today)\b"
)
_CLAUSE = re.compile(
    r",|\b(?:and|but|that|when|where|if|because|after|before|while|since|until|why|how|what|who|"
    r"which|whether)\b"
)
_SAYING = re.compile(r"\b(?:say|says|said|think|thinks|claim\w*|believe|believes|hope\w*) $")
_EXPLETIVE = re.compile(
    r"\b(?:is|was|will|would|does|did|has|can|could|should|might)n?'?t? it (?:be |been |going to )?"
    r"(?:rain|raining|snow|snowing|rained|snowed|matter|take (?:\w+ )*to)\b|"
    r"\b(?:(?:is|was)n?'?t? it|(?:will|would|could|might) it be) "
    r"(?:\w+ly |so |too |still |really |very |more |not |such |yet )*"
    r"(?!\w+ing)\w+ (?:that|to|for|if|whether|when|why|who|how|where|what)\b|"
    r"\bit (?:is|was|takes|took|seems|appears|rains|snows|turns out)\b(?: \w+){0,2} (?:that|to)\b|"
    r"\bwhat (?:time|day|date|year) (?:is|was) it\b|\bit like to\b|\bfeel to\b|\bcost to\b",
    re.IGNORECASE,
)
_ACTS = re.compile(
    r" (?:also |still |now |then |already |ever )?(?:say|said|promis|plan|want|decid|announc|inspect|"
    r"buy|sell|expect|approv|reject|vot|agree|offer|pay|employ|hir|own|meet|do\b|make|warn|claim|respond|"
    r"react|argu|intend|hop|support|oppos|ask|demand|build|propos|accus|apolog|spend|report)\w*",
    re.IGNORECASE,
)
_GENERIC_THEY = re.compile(
    r"\bthey (?:speak|say|call|make|eat|celebrate|use|grow|drive|drink|have)\b", re.IGNORECASE
)
_TIME_NOUN = re.compile(
    r"(?:year|month|week|weekend|day|morning|evening|night|summer|winter|spring|autumn|time|century|"
    r"season|moment|term)s?",
)
# Nouns for a named thing of any sort: "the company" after "Who made the pumps?".
_CLASS = frozenset(
    """company firm business group organisation organization agency outlet newspaper broadcaster
    channel party team club band film movie book novel show series song album product drug law
    country nation state city town village region island museum university school hospital bank
    airline airport ship vessel system missile aircraft plane app game event festival""".split()
)
_SPEAKING = re.compile(
    r"\bwho(?: else)? (?:said|says|claim\w*|think\w*|thought|believ\w*|announc\w*|confirm\w*|warn\w*|"
    r"report\w*|fear\w*|argu\w*|suggest\w*|wrote|den\w+|estimat\w*|told \w+)\s+(?:that|this|so|it)$",
    re.IGNORECASE,
)
_QUOTATION = re.compile(r"[“\"]([^“”\"]+)[”\"]")
_VIA = frozenset("about on of for against to with over behind from by into after before".split())


def replaced(question: str, turns: Sequence[Spoken], people: People) -> tuple[str, bool]:
    """`question` with its pronouns replaced, and whether one was left that nothing explains.

    `turns` are what was said, the latest first.
    """
    if claim := _claimed(question, turns):
        return claim, False
    own = parts(question)
    offset = len(question.rstrip(" ?.!")) - len(own.text)
    offset -= len(question) - len(question.lstrip())
    changes = _references(question, own.phrases, question.find(own.text), turns, people)
    apart = {w for name in names(own.text) for w in words(fold(name))}
    apart_things = {w for phrase in own.phrases for w in content(phrase.text)}
    unexplained = False
    resolved: set[str] = set()
    for match in _PRONOUN.finditer(question):
        family = str(match.lastgroup)
        pronoun = fold(match[0])
        if any(start <= match.start() < end for start, end, _ in changes):
            continue
        if _explained(question, match, people, family in resolved):
            continue
        meant = _meant(family, pronoun, question, match, turns, people, (apart, apart_things))
        if meant is None:
            unexplained |= family not in ("there", "then")
            continue
        resolved.add(family)
        apart |= {w for name in names(meant) for w in words(fold(name))}
        apart_things |= content(meant)
        owns = pronoun in _OWNERS or (
            pronoun == "her" and not _NO_POSSESSION.match(question, match.end())
        )
        changes.append((match.start(), match.end(), _possessive(meant) if owns else meant))
    for match in _THAT.finditer(question):
        if _stands_alone(question, match) and not any(
            s <= match.start() < e for s, e, _ in changes
        ):
            before = words(fold(question[: match.start()]))
            meant = None
            if before and before[-1] in _VIA:
                meant = referents.thing(turns, people, apart_things, acts=False)
                meant = meant or referents.several(turns, people, apart_things)
            if meant:
                changes.append((match.start(), match.end(), meant))
            else:
                unexplained = True
    for start, end, text in sorted(changes, reverse=True):
        question = question[:start] + text + question[end:]
    return question, unexplained


def _meant(
    family: str,
    pronoun: str,
    question: str,
    match: re.Match[str],
    turns: Sequence[Spoken],
    people: People,
    apart: tuple[set[str], set[str]],
) -> str | None:
    if family in ("he", "she"):
        gender: Gender = "she" if family == "she" else "he"
        return referents.person(gender, turns, people, apart[0])
    if family == "it":
        acts = pronoun == "it" and bool(_ACTS.match(question, match.end()))
        return referents.thing(turns, people, apart[1], acts=acts)
    if family == "they":
        return referents.several(turns, people, apart[1])
    if family == "there":
        return referents.place(turns, people)
    return referents.time(turns)


def _explained(question: str, match: re.Match[str], people: People, again: bool) -> bool:
    """Whether the question itself says what a pronoun of it means, or it means nothing."""
    family, pronoun = str(match.lastgroup), fold(match[0])
    before, after = question[: match.start()], question[match.end() :]
    if family == "there":
        last = words(fold(before))[-1:]
        more = after.strip(" ?.!")
        return (
            bool(last and last[0] in BE | DO | {"be", "been"} and more)
            or ("how many" in fold(before) and not more)
            or bool(re.match(r" (?:is|are|was|were|will|has|have)\b", after) and not last)
        )
    if family == "then":
        return bool(after.strip(" ?.!")) or len(words(before)) < 2
    if _REFLEXIVE.fullmatch(pronoun):
        return True
    if family == "it" and any(
        m.start() <= match.start() < m.end() for m in _EXPLETIVE.finditer(question)
    ):
        return True
    owns = pronoun in _OWNERS or (pronoun == "her" and not _NO_POSSESSION.match(after))
    if again:  # "When did she give her first speech": the second means the same as the first
        return owns or pronoun in _SUBJECTS or bool(_CLAUSE.search(before))
    if family == "they" and _GENERIC_THEY.match(question, match.start()) and names(after):
        return True
    ends = [p for p in _antecedents(before, family, people)]
    if not ends and "," in after and not re.search(r"\b(?:did|does|is|was|will)\b", before):
        # "In her speech, what did Ms Lee say"
        later = after[after.index(",") :]
        return bool(_antecedents(later, family, people))
    if pronoun in _SUBJECTS or owns:
        return bool(ends)
    # Not the preposition before it: "before him".
    clause = before.rstrip().rpartition(" ")[0]
    return any(_CLAUSE.search(clause, end) for end in ends) or bool(ends and _SAYING.search(before))


def _antecedents(text: str, family: str, people: People) -> list[int]:
    """Ends of what a pronoun of `family` could mean in the part of the question before it."""
    own = parts(text)
    offset = max(text.find(own.text), 0)
    phrases = [p for p in own.phrases if not _time(p)]
    if family in ("he", "she"):
        found = [
            offset + p.end
            for p in phrases
            if p.role != "asked" and referents.is_role(p.head) and not p.plural
        ]
        for name in names(own.text):
            if people.is_person(name) and people.gender(name) in (family, None):
                found.append(offset + own.text.index(name) + len(name))
        return found
    if family == "they":
        return [
            offset + p.end for p in phrases if p.plural or p.named or referents.is_group(p.text)
        ]
    return [
        offset + p.end
        for p in phrases
        if not p.plural and not referents.is_role(p.head) and not (p.named and _person(p, people))
        if fold(p.text).split()[0] not in ("his", "her", "their", "my", "your", "our")
    ]


def _person(phrase: Phrase, people: People) -> bool:
    return any(not people.is_no_person(name) for name in names(phrase.text))


def _time(phrase: Phrase) -> bool:
    return bool(_TIME_NOUN.fullmatch(phrase.head))


def _references(
    question: str,
    phrases: Sequence[Phrase],
    offset: int,
    turns: Sequence[Spoken],
    people: People,
) -> list[tuple[int, int, str]]:
    """Changes that put "the loan plan" for "that plan", where that was spoken of."""
    changes = []
    for phrase in phrases:
        if inner := re.search(r"(?<= of )(?:that|this|these|those) .+", phrase.text):
            start = phrase.start + inner.start()
            phrase = replace(phrase, start=start, text=inner[0])
        first, *rest = phrase.text.split()
        pointing = fold(first) in ("that", "this", "these", "those")
        after = question[offset + phrase.end :]
        if not rest or (not pointing and fold(first) != "the") or _time(phrase):
            continue
        if re.match(r"\s+[A-Z]|\s+(?:who|that|which|whose)\b", after) or " of " in phrase.text:
            continue
        specified = set(words(fold(after))[:1]) & PREPOSITIONS - {"by"}
        if not pointing and specified:
            continue
        if any(not w[0].islower() for w in rest) or "'" in phrase.text or "’" in phrase.text:
            continue
        meant = referents.named_by(phrase.head, turns)
        if meant and not content(" ".join(rest)) <= content(meant):
            meant = None
        if meant is None and phrase.head in _CLASS and len(rest) == 1:
            latest = turns[0]
            if latest.answers_who and latest.short and names(latest.short):
                asked = latest.parts.noun
                if re.search(r"\b(?:it|its|they|their)\b", question, re.IGNORECASE):
                    continue
                fits = asked is None or asked.head == phrase.head or pointing
                if fits and not referents.names_person(latest, people):
                    meant = latest.short
        if meant is None and pointing and not specified and turns[0].parts.verbal:
            # "that meeting" after "What will be discussed in Miami?"
            further = referents.circumstances(turns[0])
            meant = f"the {' '.join(rest)} {further}" if further else None
        if meant and fold(meant) != fold(phrase.text):
            changes.append((offset + phrase.start, offset + phrase.end, meant))
    return changes


def _stands_alone(question: str, match: re.Match[str]) -> bool:
    """Whether "that" is a pronoun here: not "that plan", not "said that he"."""
    word = fold(match[0])
    before = words(fold(question[: match.start()]))
    after = words(fold(question[match.end() :]))
    if word == "so":
        return not after and bool(before) and before[-1] in ("do", "did", "does", "done", "why")
    if not before or not after:
        return not after or after[0] in BE | DO
    if before[-1] in DO | BE:
        return len(after) == 1 or after[0] in PREPOSITIONS | {"mean", "happen", "affect", "work"}
    return False


def _claimed(question: str, turns: Sequence[Spoken]) -> str | None:
    """ "Who said that?" with what was said; None where the question is another."""
    asked = re.sub(r"^says who$", "Who says so", question.strip(" ?.!"), flags=re.IGNORECASE)
    match = _SPEAKING.search(asked)
    if match is None or not turns or match.start() > 8:
        return None
    said = statement(turns[0])
    start = re.sub(r"^(?:and|but|so)\s+", "", asked.rsplit(None, 1)[0], flags=re.IGNORECASE)
    return f"{start[0].upper()}{start[1:]} {said}?" if said else None


def statement(turn: Spoken) -> str | None:
    """What a turn told, as a clause: its answer where that is one, else question and answer."""
    own, short = turn.parts, turn.short
    if short and turn.question.asked in ("statement", "reason") and len(short.split()) > 4:
        inner = max(_QUOTATION.findall(short), key=len, default="")
        quoted = inner if len(inner.split()) > 3 else re.sub(r"^(?:but|and) ", "", short)
        quoted = quoted.strip('“”" .')
        return f"“{quoted}”"
    if own.auxiliary is None and own.asked is None:
        return None
    start = own.auxiliary[0] if own.auxiliary else (own.asked or (0, 0))[1]
    if not own.inverted and own.asked is not None:
        if not short:
            return None
        subject = short
        if own.noun is not None and turn.question.asked in ("count", "amount"):
            subject = f"{short} {own.noun.text}" if len(short.split()) < 3 else short
        return f"that {subject} {own.text[start:].strip()}"
    subject_phrase = own.subject
    if subject_phrase is None or own.auxiliary is None:
        return None
    auxiliary = own.text[slice(*own.auxiliary)].lower()
    rest = own.text[subject_phrase.end :].strip()
    ending = f" {short}" if short and turn.question.asked in ("time", "place") else ""
    if turn.question.asked == "place" and ending and re.match(r" (?:[A-Z]|the |an? )", ending):
        ending = f" in{ending}"
    return f"that {subject_phrase.text} {auxiliary} {rest}{ending}".replace("  ", " ").rstrip()


def _possessive(text: str) -> str:
    several = " and " in text or text.startswith("the ")
    return f"{text}'" if text.endswith("s") and several else f"{text}'s"
