"""What a conversation has spoken of, and which of it a pronoun may mean.

In each turn, latest first, what was asked for comes before what was asked about, and a subject
before the rest; the pronoun takes the first that agrees with it in number, in being a person, and
in gender where the articles show one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Literal

from assistant.answering.people import Gender, People, names
from assistant.answering.phrases import Parts, Phrase, is_plural, parts
from assistant.answering.questions import Question, understand
from assistant.records import Turn
from assistant.text import STOPWORDS, count_words, fold, words

Sort = Literal["person", "thing", "several", "place"]

_ORGANISATION = re.compile(
    r"\b(?:council|company|court|government|police|party|union|bank|club|team|agency|ministry|"
    r"regulator|committee|board|firm|army|group|service|airline|university|commission|parliament|"
    r"senate|congress|city|country|owner|maker|office|department|school|hospital|church)\b",
    re.IGNORECASE,
)
_TIMES = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|day|week|weekend|month|year|hour|minute|"
    r"morning|evening|night|summer|winter|spring|autumn|time|moment|ways?|happened)s?\b|"
    r"^\W*\d[\d.,%]*\w*$",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:\w+(?:man|woman|person|ist|ician)|minister|president|premier|chancellor|mayor|governor|"
    r"senator|head|chief|leader|director|captain|coach|judge|lawyer|prosecutor|teacher|doctor|"
    r"king|queen|prince|princess|pope|author|singer|actor|actress|player|driver|pilot|owner|"
    r"founder|chair|winner|suspect|victim|officer|secretary|manager|boss|mother|father|husband|"
    r"wife|daughter|son|brother|sister|girl|boy|man|woman|candidate|champion|envoy|ambassador|"
    r"guard|engineer|deputy|commander|soldier|worker|farmer|nurse|priest|bishop|banker|reporter|"
    r"editor|writer|painter|runner|rider|keeper|teenager|student|resident|lawmaker|mp|rapper|"
    r"dancer|designer|architect|expert|researcher|professor|counterpart|predecessor|successor|"
    r"rival|opponent|friend|colleague|client|patient|prisoner|attacker|killer|thief|hacker|"
    r"passenger|nominee|aide|advis[eo]r|analyst)\b",
    re.IGNORECASE,
)
_HERS = re.compile(
    r"\b(?:\w*woman|actress|mother|daughter|wife|sister|girl|queen|princess)$", re.IGNORECASE
)
_HIS = re.compile(r"\b(?:\w*man|actor|father|son|husband|brother|boy|king|prince)$", re.IGNORECASE)
_WITHIN = re.compile(r"^(?:in|at|near|off|on|from|outside|inside|across)\b", re.IGNORECASE)
_PLACED = frozenset("in at near off on from outside inside across".split())
_FURTHER = frozenset("in at near off between against with during".split())
_ABOUT = frozenset("about on of over to".split())
_COMPLEMENT = re.compile(r" (?:of|from|in|at|on|for|by|with|to|about|near|between|against) ")
_CLAUSE = re.compile(r"\b(?:is|are|was|were|has|have|had|will|would|said|not|because|that)\b|[“\"]")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn of a conversation as it was understood, with its question taken apart."""

    question: Question
    parts: Parts
    short: str | None
    quotes: tuple[str, ...]

    @classmethod
    def of(cls, turn: Turn) -> Spoken:
        """What a turn said; the topic of a summary or comparison stands for its question."""
        question = understand(turn.answer.understood)
        about = question.text if question.turn == "question" else _topic(question)
        quotes = tuple(citation.quote for citation in turn.answer.citations)
        return cls(question, parts(about), turn.answer.short, quotes)

    @property
    def about(self) -> tuple[Phrase, ...]:
        """The phrases of the question, what it is mostly about first."""
        found = [p for p in self.parts.phrases if p.role != "asked" and not _TIMES.search(p.text)]
        if self.question.asked == "statement":
            found.sort(key=lambda p: p.preposition not in ("about", "on"))
        return tuple(found)

    @property
    def plural_subject(self) -> Phrase | None:
        """The subject if its auxiliary is a plural's: "Do the fish eat"."""
        auxiliary = self.parts.auxiliary
        plural = auxiliary and fold(self.parts.text[slice(*auxiliary)]) in _PLURAL_AUXILIARY
        return self.parts.subject if plural else None

    @property
    def answers_who(self) -> bool:
        """Whether the answer is a person or thing that the question does not name."""
        asked = self.parts.asked
        word = fold(self.parts.text[slice(*asked)]).split()[0] if asked else ""
        subject = self.parts.subject
        if word in ("who", "whom"):  # "Who is Ann Lee" names her
            defines = re.match(r"who (?:is|are|was|were) ", self.parts.text, re.IGNORECASE)
            return not (defines and subject and subject.named)
        return self.parts.noun is not None and word in ("which", "what")


def texts_of(turns: Sequence[Turn]) -> Iterator[str]:
    """The texts in which names can be looked up: quotes first, then the articles found."""
    for turn in turns:
        yield from (citation.quote for citation in turn.answer.citations)
    for turn in turns:
        yield from (evidence.article.text for evidence in turn.answer.evidence)


def person(gender: Gender, turns: Sequence[Spoken], people: People, apart: Set[str]) -> str | None:
    """Who "he" or "she" is; `apart` are folded words of those it cannot be."""
    for turn in turns:
        spoken, quoted = _persons(turn, people)
        if turn.answers_who and spoken and spoken[0][1] in (gender, None):
            if apart.isdisjoint(words(fold(spoken[0][0]))):
                return _definite(spoken[0][0])
        # The pronoun's own, then who is of unknown gender but surely a person, then the rest.
        known = [(text, given) for text, given in spoken if people.is_known(text) or is_role(text)]
        for candidates, wanted in (
            (spoken, gender),
            (known, None),
            (quoted, gender),
            (spoken, None),
            (quoted, None),
        ):
            for text, given in candidates:
                if given == wanted and apart.isdisjoint(words(fold(text))):
                    return _definite(text)
    return None


_PLURAL_AUXILIARY = frozenset("do are were have".split())
_Persons = list[tuple[str, Gender | None]]


def _persons(turn: Spoken, people: People) -> tuple[_Persons, _Persons]:
    """Persons of a turn's question and answer, and of its quotes, likeliest first, with their
    gender where that is known.
    """
    own = [n for n in names(turn.parts.text) if people.is_person(n)]
    roles = [(p.text, _role_gender(p.head)) for p in turn.about if is_role(p.head)]
    found = [n for n in names(turn.short or "") if people.is_person(n)]
    found = [people.full(n) for n in found]
    # "Castellano's coach" is not Castellano.
    possessors = set(re.findall(r"([^\s]+)['’]s? \w", turn.short or ""))
    found.sort(key=lambda n: n.split()[-1] in possessors)
    quoted = _quoted(turn, people)
    gendered = [(name, people.gender(name)) for name in own]
    answers = [(name, people.gender(name)) for name in found]
    rest = [(name, people.gender(name)) for name in quoted]
    defines = re.match(r"who (?:is|are|was|were) ", turn.parts.text, re.IGNORECASE)
    if not turn.answers_who:
        return [*roles, *gendered, *answers], rest
    if not found and roles and defines:  # "the minister", where the answer names nobody
        return rest or roles, [*gendered, *roles]
    if not found and turn.short and _ROLE.search(turn.short):
        answers.append((turn.short, _role_gender(turn.short)))
    if not found:
        return answers or rest, [*gendered, *roles]
    return [*answers, *gendered, *([] if defines else roles)], rest


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


def thing(turns: Sequence[Spoken], people: People, apart: Set[str], *, acts: bool) -> str | None:
    """What "it" is; with `acts` something that says, wants and decides."""
    for turn in turns:
        found: list[str] = []
        short = _noun_phrase(turn.short)
        about = [
            p.text
            for p in turn.about
            if not (p.plural and not p.named)
            and p != turn.plural_subject
            and not _ROLE.search(p.head)
            and not (p.named and not people.is_no_person(_plain(p.text)))
            and not (p.named and p.role == "oblique" and p.preposition in _PLACED)
            and not re.match(r"(?:her|his|my|your|our) ", p.text, re.IGNORECASE)
        ]
        agents = [t for t in about if _ORGANISATION.search(t) or _is_name(t)]
        if acts:
            about.sort(key=lambda text: text not in agents)
        else:  # a council is seldom "it" where there is its plan; a lone word is often no noun
            about.sort(key=lambda text: bool(_ORGANISATION.search(text)))
            about.sort(key=lambda text: not _determined(text) and " " not in text)
        about_groups = all(_ORGANISATION.search(text) or _is_name(text) for text in about)
        subject = turn.parts.subject
        # "What did they approve", not "What is the Oreshnik".
        asks_object = (
            turn.parts.text.casefold().startswith("what")
            and turn.parts.inverted
            and not (subject and subject.end == len(turn.parts.text))
        )
        if short and not _is_several(short):
            first = turn.answers_who and turn.question.asked in ("person", "other", "place")
            noun = turn.parts.noun
            named = (noun is not None and not _ROLE.search(noun.head)) or all(
                people.is_no_person(n) for n in names(short)
            )
            if (first and named) or (
                asks_object and about_groups and not acts and _determined(short)
            ):
                found.append(short)
        found += about
        if short and turn.question.asked in ("person", "other") and not _is_several(short):
            if not any(not people.is_no_person(n) for n in names(short)):
                found.append(short)
        noun = turn.parts.noun
        if noun is not None and not noun.plural and not _ROLE.search(noun.head):
            if not _TIMES.search(noun.text):
                own = turn.parts
                whole = f"the {noun.text} that{own.text[noun.end :]}"
                unknown = short is None and own.asked is not None and not own.inverted
                found.insert(0 if unknown else len(found), whole if unknown else f"the {noun.text}")
        for text in found:
            if apart.isdisjoint(content(text)):
                return _definite(text)
    return None


def several(turns: Sequence[Spoken], people: People, apart: Set[str]) -> str | None:
    """Who or what "they" are."""
    for turn in turns:
        noun = turn.parts.noun
        short = turn.short or ""
        found: list[str] = []
        if turn.answers_who and re.search(r"\band\b|, ", short) and not _CLAUSE.search(short):
            found.append(short)
        elif turn.answers_who and short and is_plural(fold(short).split()[-1]):
            found.append(short)
        if noun is not None and noun.plural and not _TIMES.search(noun.text):
            found.append(f"the {noun.text}" if noun.text[0].islower() else noun.text)
        about = [p.text for p in turn.about if p.plural]
        found += about
        if short and not turn.answers_who and not _CLAUSE.search(short):
            if is_plural(fold(short).split()[-1]) and turn.question.asked in ("other", "person"):
                found.append(short)
        if turn.plural_subject is not None:
            found.append(turn.plural_subject.text)
        found += [p.text for p in turn.about if _ORGANISATION.search(p.text)]
        found += [
            p.text
            for p in turn.about
            if p.named and p.role != "oblique" and people.is_no_person(_plain(p.text))
        ]
        if turn.answers_who and short and names(short):
            found.append(short)
        if not short and turn.parts.asked and not turn.parts.inverted:
            if re.match(r"who\b", turn.parts.text, re.IGNORECASE):
                found.append(f"those {turn.parts.text[0].lower()}{turn.parts.text[1:]}")
        for text in found:
            if apart.isdisjoint(content(text)) and not re.match(r"(?:their|his|her) ", text):
                return _definite(text)
    return None


def place(turns: Sequence[Spoken], people: People) -> str | None:
    """Where "there" is, with its preposition."""
    for turn in turns:
        asked = turn.parts.asked
        asks_place = turn.question.asked == "place" or (
            asked is not None and fold(turn.parts.text[slice(*asked)]).startswith("where")
        )
        if asks_place and turn.short:
            return turn.short if _WITHIN.match(turn.short) else f"in {turn.short}"
        for phrase in reversed(turn.parts.phrases):
            if phrase.preposition in _PLACED and phrase.role == "oblique":
                if not _TIMES.search(phrase.text) and not re.search(r"\d{4}", phrase.text):
                    return f"{phrase.preposition} {phrase.text}"
        for phrase in turn.about:
            if phrase.named and people.is_no_person(_plain(phrase.text)):
                return f"in {phrase.text}"
    return None


def time(turns: Sequence[Spoken]) -> str | None:
    """When "then" is: the date that was given last."""
    for turn in turns:
        short = turn.short
        if turn.question.asked == "time" and short:
            if re.match(r"(?:19|20)\d\d|\w+ (?:19|20)\d\d", short):
                return f"in {short}"
            return f"on {short}" if re.match(r"\d{1,2} |\w+day\b", short) else short
        if match := re.search(r"\b(?:in|on) [^,?]*(?:\d{4}|\d)\b", turn.parts.text):
            return match[0]
    return None


def counted(turns: Sequence[Spoken], people: People) -> str | None:
    """What "how many" counts where it does not say so: "children" after "86 children fell ill"."""
    for turn in turns[:1]:
        match = re.match(r"\W*(?:about |some )?[\d.,]+ ((?:[a-z]+ )?[a-z]+)\b", turn.short or "")
        if match:
            for noun in match[1].split():
                if is_plural(noun):
                    return match[1][: match[1].index(noun) + len(noun)]
    found = several(turns, people, frozenset())
    return re.sub(r"^the ", "", found) if found else None


def named_by(noun: str, turns: Sequence[Spoken]) -> str | None:
    """The fuller phrase that "the `noun`" or "that `noun`" takes up, None where there is none."""
    for turn in turns:
        short = _noun_phrase(turn.short) or ""
        found = [short] if turn.answers_who else []
        found += [*(p.text for p in turn.parts.phrases), short]
        for text in found:
            plain = _COMPLEMENT.split(_plain(text))[0]
            if " " in _plain(text) and plain and fold(plain.split()[-1]) == fold(noun):
                bare = text[0].islower() and not _determined(text)
                return f"the {text}" if bare else _definite(text)
    return None


def circumstances(turn: Spoken) -> str:
    """Where, when and about what a turn's question was: "at the embassy in Prague"."""
    found = [p for p in turn.parts.phrases if p.role == "oblique" and p.preposition in _FURTHER]
    return " ".join(f"{p.preposition} {p.text}" for p in found)


def is_role(text: str) -> bool:
    """Whether a noun or phrase is what a person is: "mayor", "the bank's spokeswoman"."""
    return bool(_ROLE.fullmatch(fold(re.split(r" of ", text)[0].split()[-1])))


def is_group(text: str) -> bool:
    """Whether a phrase is about a body of people: "the council"."""
    return bool(_ORGANISATION.search(text))


def names_person(turn: Spoken, people: People) -> bool:
    """Whether the answer of a turn is a person, by what was asked or by the name."""
    noun = turn.parts.noun
    if noun is not None:
        return is_role(noun.head)
    return not all(people.is_no_person(name) for name in names(turn.short or ""))


def content(text: str) -> set[str]:
    """The folded words of `text` that carry meaning."""
    return {re.sub(r"'s?$", "", w) for w in words(fold(text))} - STOPWORDS


def _topic(question: Question) -> str:
    place = fold(question.text).find(question.topic) if question.topic else -1
    return question.text[place:] if place >= 0 else ""


def _noun_phrase(short: str | None) -> str | None:
    """A short answer that can stand for a pronoun: no clause, no quotation, no quantity."""
    if not short or count_words(short) > 8 or _CLAUSE.search(short) or _TIMES.search(short):
        return None
    if _WITHIN.match(short) or re.match(r"[€$£]?\d", short) or fold(short).split()[0] in _ABOUT:
        return None
    return short


def _is_several(text: str) -> bool:
    last = text.split()[-1]
    return " and " in text or (last[0].islower() and is_plural(fold(last)))


def _determined(text: str) -> bool:
    return bool(re.match(r"(?:the|an?|its|their) |[A-Z]", text))


def _is_name(text: str) -> bool:
    plain = _plain(text)
    return plain != "" and all(not word[0].islower() for word in plain.split())


def _plain(text: str) -> str:
    return re.sub(r"^(?:the|an?|this|that|these|those)\s+", "", text, flags=re.IGNORECASE)


def _definite(text: str) -> str:
    """A phrase as it is spoken of again: "a new toll" is "the new toll" by then."""
    text = re.sub(r"^(?:an?|some|any|this|that|these|those) ", "the ", text, flags=re.IGNORECASE)
    return re.sub(r"^The (?=[a-z])", "the ", text).strip(" ,;:.")
