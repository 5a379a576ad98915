"""Pronouns in a follow-up, for what they mean in the conversation.

Left alone is what the question itself explains: "Who is Ann Lee and when did she ...", "its name"
after its owner, the "it" of "is it true that", "they" for people in general.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from assistant.answering.dialogue import referents
from assistant.answering.dialogue.parsing import parts
from assistant.answering.dialogue.people import Gender, People, names
from assistant.answering.dialogue.references import Change, references
from assistant.answering.dialogue.spoken import Spoken
from assistant.answering.dialogue.vocabulary import (
    BE,
    DO,
    PREPOSITIONS,
    content,
    is_organisation,
    is_role,
    is_time,
    possessive,
)
from assistant.text import fold, words

_PRONOUN = re.compile(
    r"\b(?:(?P<he>he|him|his|himself)|(?P<she>she|her|hers|herself)|(?P<it>it|its|itself)|"
    r"(?P<they>they|them|their|theirs|themselves)|(?P<there>there)|(?P<then>then))\b",
    re.IGNORECASE,
)
_THAT = re.compile(r"\b(?:that|this|these|those|so)\b", re.IGNORECASE)
_SUBJECTS = ("he", "she", "they")
_OWNERS = ("his", "its", "their", "hers", "theirs")
_OTHERS_OWN = ("his", "her", "their", "my", "your", "our")
# "her" before these is no possessive: "tell her when", "saw her in".
_NO_POSSESSION = re.compile(
    r"\W*$|[,.?!]| (?:\w+ly|when|where|why|how|what|who|that|if|to|in|on|at|for|about|from|with|by|"
    r"as|after|before|and|or|during|again|last|this|yesterday|today)\b"
)
_CLAUSE = re.compile(
    r",|\b(?:and|but|that|when|where|if|because|after|before|while|since|until|why|how|what|who|"
    r"which|whether|let|lets|make|makes|made)\b"
)
_SAYING = re.compile(r"\b(?:say|says|said|think|thinks|claim\w*|believe|believes|hope\w*) $")
_EXPLETIVE = re.compile(
    r"\b(?:is|was|will|would|does|did|has|can|could|should|might)n?'?t? it (?:be |been |going to )?"
    r"(?:rain|raining|snow|snowing|rained|snowed|matter|take (?:\w+ )*to)\b|"
    r"\b(?:(?:is|was)n?'?t? it|(?:will|would|could|might) it be) "
    r"(?:\w+ly |so |too |still |really |very |more |not |such |yet )*"
    r"(?!\w+ing)\w+ (?:that|to|for|if|whether|when|why|who|how|where|what)\b|"
    r"\bit (?:is|was|takes|took|seems|appears|rains|snows|turns out)\b(?: \w+){0,2} (?:that|to)\b|"
    r"\bwhat (?:time|day|date|year) (?:is|was) it\b|\bit like to\b|\bfeel to\b|\bcost to\b|"
    r"\bhow (?:did|does|do|has|have|would) .+ put it\b|"
    r"\b(?:make|makes|made|find|finds|found) it (?:\w+ ){1,2}(?:that|to|for)\b",
    re.IGNORECASE,
)
# What people and bodies of people do, after "it".
_ACTS = re.compile(
    r" (?:also |still |now |then |already |ever )?(?:say|said|promis|plan|want|decid|announc|"
    r"inspect|buy|sell|expect|approv|reject|vot|agree|offer|pay|employ|hir|own|meet|do\b|make|warn|"
    r"claim|respond|react|argu|intend|hop|support|oppos|ask|demand|build|propos|accus|apolog|spend|"
    r"report|los[et]|w[io]n\b|based|headquartered)\w*",
    re.IGNORECASE,
)
_IS_LED = re.compile(
    r"\b(?:leads?|led|runs?|owns?|chairs?|heads?|founded|works? for|worked for|employed by) $",
    re.IGNORECASE,
)
_GENERIC_THEY = re.compile(
    r"they (?:speak|say|call|make|eat|celebrate|use|grow|drive|drink|have)\b", re.IGNORECASE
)
_INVERTED = re.compile(r"\b(?:did|does|is|was|will)\b")
_AFTER_PLACE_WORD = re.compile(r"\b(?:in|at|near|from|across|outside) $")
_VIA = frozenset("about on of for against to with over behind from by into".split())


@dataclass(frozen=True, slots=True)
class _Pronoun:
    """A pronoun in its question; `family` is that of its forms, such as "she"."""

    question: str
    family: str
    start: int
    end: int

    @property
    def form(self) -> str:
        return fold(self.question[self.start : self.end])

    @property
    def before(self) -> str:
        return self.question[: self.start]

    @property
    def after(self) -> str:
        return self.question[self.end :]

    @property
    def owns(self) -> bool:
        return self.form in _OWNERS or (self.form == "her" and not _NO_POSSESSION.match(self.after))


def replaced(question: str, turns: Sequence[Spoken], people: People) -> tuple[str, bool]:
    """`question` with its pronouns replaced, and whether one was left that nothing explains.

    `turns` are what was said, the latest first.
    """
    changes = references(question, turns, people)
    own = parts(question)
    # What the question names itself, no pronoun of it means.
    persons = {word for name in names(own.text) for word in words(fold(name))}
    things = {word for phrase in own.phrases for word in content(phrase.text)}
    resolved: set[str] = set()
    unexplained = False
    for pronoun in _pronouns(question):
        if _inside(pronoun, changes) or _explained(pronoun, people, resolved):
            continue
        apart = persons if pronoun.family in ("he", "she") else things
        meant = _meant(pronoun, turns, people, apart)
        if meant is None:
            unexplained |= pronoun.family not in ("there", "then")
            continue
        resolved.add(pronoun.family)
        persons |= {word for name in names(meant) for word in words(fold(name))}
        things |= content(meant)
        changes.append((pronoun.start, pronoun.end, possessive(meant) if pronoun.owns else meant))
    for start, end, text in sorted(changes, reverse=True):
        question = question[:start] + text + question[end:]
    return question, unexplained


def _pronouns(question: str) -> Iterator[_Pronoun]:
    """The pronouns of a question, "that" and its like last, where no noun follows them."""
    for match in _PRONOUN.finditer(question):
        yield _Pronoun(question, str(match.lastgroup), *match.span())
    for match in _THAT.finditer(question):
        that = _Pronoun(question, "that", *match.span())
        if _stands_alone(that):
            yield that


def _inside(pronoun: _Pronoun, changes: Sequence[Change]) -> bool:
    return any(start <= pronoun.start < end for start, end, _ in changes)


def _meant(
    pronoun: _Pronoun, turns: Sequence[Spoken], people: People, apart: Set[str]
) -> str | None:
    match pronoun.family:
        case "he" | "she":
            gender: Gender = "she" if pronoun.family == "she" else "he"
            return referents.person(gender, turns, people, apart)
        case "it":
            acts = _ACTS.match(pronoun.after) or _IS_LED.search(pronoun.before)
            return referents.thing(turns, people, apart, acts=bool(acts))
        case "they":
            return referents.several(turns, people, apart)
        case "there":
            return referents.place(turns, people)
        case "then":
            return referents.time(turns)
    # "What did he say about that?", but not "Why did he do that?"
    if not set(words(fold(pronoun.before))[-1:]) & _VIA:
        return None
    found = referents.thing(turns, people, apart, acts=False)
    return found or referents.several(turns, people, apart)


def _explained(pronoun: _Pronoun, people: People, resolved: Set[str]) -> bool:
    """Whether the question itself says what a pronoun of it means, or it means nothing.

    `resolved` are the families of pronouns that were met before and got their meaning.
    """
    question, family = pronoun.question, pronoun.family
    if family == "that":
        return False
    if family == "there":
        return _is_existential(pronoun)
    if family == "then":
        return bool(pronoun.after.strip(" ?.!")) or len(words(pronoun.before)) < 2
    if pronoun.form.endswith(("self", "selves")):
        return True
    if family == "it" and any(
        found.start() <= pronoun.start < found.end() for found in _EXPLETIVE.finditer(question)
    ):
        return True
    if family in resolved:  # "When did she give her first speech": both mean the same
        subject = pronoun.owns or pronoun.form in _SUBJECTS
        return subject or bool(_CLAUSE.search(pronoun.before))
    if family == "they" and _GENERIC_THEY.match(question, pronoun.start) and names(pronoun.after):
        return True
    ends = _antecedents(pronoun.before, family, people)
    if not ends and "," in pronoun.after and not _INVERTED.search(pronoun.before):
        # "In her speech, what did Ms Lee say"
        return bool(_antecedents(pronoun.after.partition(",")[2], family, people))
    if pronoun.form in _SUBJECTS or pronoun.owns:
        return bool(ends)
    # Not by a noun of its own clause; "before him" opens no clause.
    clause, _, last = pronoun.before.rstrip().rpartition(" ")
    if fold(last) not in PREPOSITIONS:
        clause = pronoun.before
    apart = any(_CLAUSE.search(clause, end) for end in ends)
    return apart or bool(ends and (_SAYING.search(pronoun.before) or _opens_clause(pronoun)))


def _opens_clause(it: _Pronoun) -> bool:
    """Whether a clause begins with a pronoun without more ado: "the weapons it had sent"."""
    before, after = words(fold(it.before))[-1:], words(fold(it.after))[:1]
    inverted = set(before) & (DO | BE | PREPOSITIONS)
    return not inverted and bool(set(after) & (DO | BE))


def _is_existential(there: _Pronoun) -> bool:
    """Whether "there" is that of "Are there any", "How many are there"."""
    last = set(words(fold(there.before))[-1:])
    more = there.after.strip(" ?.!")
    if last & (BE | DO | {"be", "been"}) and more:
        return True
    opens = re.match(r" (?:is|are|was|were|will|has|have)\b", there.after)
    return bool(opens) or ("how many" in fold(there.before) and not more)


def _antecedents(text: str, family: str, people: People) -> list[int]:
    """Ends of what a pronoun of `family` could mean in a part of its question."""
    own = parts(text)
    offset = max(text.find(own.text), 0)
    phrases = [p for p in own.phrases if not is_time(p.head)]
    if family in ("he", "she"):
        roles = [p.end for p in phrases if is_role(p.text) and not p.plural]
        persons = [
            own.text.index(name) + len(name)
            for name in names(own.text)
            if people.may_be_person(name) and people.gender(name) in (family, None)
            if not _AFTER_PLACE_WORD.search(own.text[: own.text.index(name)])
        ]
        return [offset + end for end in (*roles, *persons)]
    if family == "they":
        return [offset + p.end for p in phrases if p.plural or p.named or is_organisation(p.text)]
    things = [
        p.end
        for p in phrases
        if not (p.plural or is_role(p.text) or fold(p.text).split()[0] in _OTHERS_OWN)
        and not (p.named and any(not people.is_no_person(name) for name in names(p.text)))
    ]
    named = [
        own.text.index(name) + len(name) for name in names(own.text) if people.is_no_person(name)
    ]
    return [offset + end for end in (*things, *named)]


def _stands_alone(that: _Pronoun) -> bool:
    """Whether "that" is a pronoun here: not "that plan", not "said that he"."""
    before, after = words(fold(that.before)), words(fold(that.after))
    if that.form == "so":
        return not after and before[-1:] in (["do"], ["did"], ["does"], ["done"], ["why"])
    if not before or not after:
        return not after or after[0] in BE | DO
    if before[-1] in DO | BE:
        return len(after) == 1 or after[0] in PREPOSITIONS | {"mean", "happen", "affect", "work"}
    return False
