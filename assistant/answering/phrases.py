"""The parts of a question: what it asks with, its auxiliary, and its noun phrases.

English marks them well enough by its closed-class words: a noun phrase runs from a determiner, a
name or a preposition to the next closed-class word, and the verb that an auxiliary calls for is
the last word of the run after it ("did the council | reject | the toll"). No tagger, no lexicon.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from assistant.text import fold

Role = Literal["asked", "subject", "object", "oblique"]

_TOKEN = re.compile(r"[€$£]?\w(?:[\w'’.,&%-]*[\w%])?")
DETERMINERS = frozenset(
    "the a an this that these those his her its their our my your some any each every all no "
    "another both either".split()
)
ASKING = frozenset("who whom whose what which when where why how".split())
DO = frozenset("do does did will would shall should can could may might must".split())
BE = frozenset("is are was were has have had am".split())
PREPOSITIONS = frozenset(
    "of in on at by for from to with about into over under after before between against during "
    "since until till through across near off around among within without despite amid behind "
    "beyond like as per than towards toward via upon onto inside outside regarding below above "
    "besides following".split()
)
PRONOUNS = frozenset(
    "he she it they him them hers theirs himself herself itself themselves there then you we i us "
    "me someone anyone everyone nobody something anything nothing".split()
)
_OTHERS = frozenset(
    "and or but if because while although so not never also still already yet now just only even "
    "ever again too very else exactly ago today yesterday tomorrow tonight soon later here really "
    "together up out down back away be been being".split()
)
_PARTICIPLE = re.compile(
    r".{2,}(?:ed|ing|en)|held|built|made|found|sent|shot|put|hit|hurt|won|lost|sold|kept|left|paid|"
    r"told|set|known|born|due|meant|bought|brought|caught|led|cut|said|spent|read|run|begun|gone"
)
# Verbs that are seldom nouns, for where an object without a determiner follows ("lose power").
_VERBS = frozenset(
    "lose run take make get give go come become leave say tell hold win begin keep find pay sell "
    "buy bring send seek gain die fall want need expect reach become remain receive accept reject "
    "announce oppose approve resign refuse agree join fail happen lead meet know think believe "
    "ask allow prevent avoid create provide produce publish include remove "
    "fell rose sank took went came got gave ran began became lost won left sent made".split()
)
_PLURALS = frozenset("people police children men women".split())
_LEAD = re.compile(r"^(?:(?:and|but|so|or|then|ok|okay|also|well)\b[\s,]*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase, `question[start:end]`; `preposition` is what stands before an oblique one."""

    start: int
    end: int
    text: str
    role: Role
    preposition: str = ""

    @property
    def head(self) -> str:
        """Its noun, folded: the last word, complements aside."""
        return fold(re.split(r" of ", self.text)[0].split()[-1])

    @property
    def plural(self) -> bool:
        """Whether it speaks of several, by its form."""
        head = re.sub(r"['’]s?$", "", self.head)
        return " and " in self.text or is_plural(head)

    @property
    def named(self) -> bool:
        """Whether it is a name alone, a determiner aside."""
        own = [w for w in self.text.split() if fold(w) not in DETERMINERS and w != "and"]
        return bool(own) and all(not w[0].islower() for w in own)


@dataclass(frozen=True, slots=True)
class Parts:
    """A question without a leading "And" and its question mark.

    `asked` is (start, end) of what it asks with, preposition and noun included ("in which city");
    `auxiliary` of the verb that stands directly after that or first. Either is None where there is
    none. `inverted`: a subject follows the auxiliary. `verbal`: there is a verb.
    """

    text: str
    asked: tuple[int, int] | None
    auxiliary: tuple[int, int] | None
    inverted: bool
    verbal: bool
    phrases: tuple[Phrase, ...]

    @property
    def noun(self) -> Phrase | None:
        """The noun that is asked with: "EU countries" of "Which EU countries"."""
        return next((p for p in self.phrases if p.role == "asked"), None)

    @property
    def subject(self) -> Phrase | None:
        """The subject after an auxiliary."""
        return next((p for p in self.phrases if p.role == "subject"), None)


def is_plural(noun: str) -> bool:
    """Whether a folded noun is a plural by its form."""
    return (
        noun in _PLURALS
        or noun.endswith("men")
        or (len(noun) > 3 and noun[-1] == "s" and noun[-2] not in "sui")
    )


def parts(question: str) -> Parts:
    """Take a question, or a fragment of one, apart."""
    return _Parser(_LEAD.sub("", question.strip()).rstrip(" ?.!")).parse()


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    folded: str
    start: int
    end: int

    @property
    def capital(self) -> bool:
        return not self.text[0].islower()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._words = [
            _Word(m[0], fold(m[0]).removesuffix("n't"), *m.span()) for m in _TOKEN.finditer(text)
        ]
        self._at = 0
        self._phrases: list[Phrase] = []
        self._verb_due = False  # an auxiliary calls for a verb that has not come yet
        self._verbal = False

    def parse(self) -> Parts:
        asked = self._asked_with()
        auxiliary = None
        inverted = False
        word = self._now()
        if word and word.folded in DO | BE and (asked is not None or self._at == 0):
            auxiliary = (word.start, word.end)
            self._at += 1
            self._verbal = True
            inverted = self._after_auxiliary(word.folded, asked)
        elif asked is not None:
            self._verb_first()
        self._rest()
        return Parts(self._text, asked, auxiliary, inverted, self._verbal, tuple(self._phrases))

    def _now(self, ahead: int = 0) -> _Word | None:
        place = self._at + ahead
        return self._words[place] if place < len(self._words) else None

    def _asked_with(self) -> tuple[int, int] | None:
        """Past "in which city" and its like."""
        first, second = self._now(), self._now(1)
        if first and second and first.folded in PREPOSITIONS and second.folded in ASKING | {"how"}:
            self._at += 1
        word = self._now()
        if first is None or word is None or word.folded not in ASKING:
            self._at = 0
            return None
        self._at += 1
        last = word
        following = self._now()
        if word.folded == "how" and following and following.folded in ("many", "much"):
            self._at += 1
            last = following
        elif word.folded == "how":
            # "how badly hurt": an adjective where an auxiliary or nothing follows.
            while (next_ := self._now()) and next_.folded not in DO | BE | DETERMINERS | PRONOUNS:
                last = next_
                self._at += 1
            return first.start, last.end
        elif word.folded not in ("which", "what", "whose"):
            if following and following.folded in ("else", "exactly", "not"):
                self._at += 1
                last = following
            return first.start, last.end
        if following and following.folded in ("else", "exactly"):
            self._at += 1
            return first.start, following.end
        last = self._asked_noun(word) or last
        return first.start, last.end

    def _asked_noun(self, asking: _Word) -> _Word | None:
        """Past the noun that is asked with; the last word of it."""
        run = self._run()
        if run and run[0].folded in DETERMINERS:  # "What the toll costs"
            return None
        # "Which member of the team", "How many of them": complements belong to it.
        of = self._now(len(run))
        inner: list[_Word] = []
        if of and of.folded == "of":
            inner = self._run(len(run) + 1)
            if not inner:
                return None
        whole = [*run, *([of] if inner and of else []), *inner]
        if not whole:
            return None
        tail = inner or run
        next_ = self._now(len(whole))
        ends = next_ is None and not _verblike(tail) and _split(tail) == len(tail)
        ends = ends and not any(word.folded in _VERBS for word in tail[1:])
        if not (next_ and next_.folded in DO | BE) and not ends:
            if asking.folded == "what":
                return None
            kept = len(whole) - len(tail) + len(self._without_verb(tail))
            whole = whole[:kept]
        self._at += len(whole)
        noun = whole if run else whole[1:]
        self._add(noun, "asked")
        return whole[-1]

    def _run(self, ahead: int = 0) -> list[_Word]:
        """The words from here to the next closed-class word or punctuation, a determiner first."""
        run: list[_Word] = []
        for word in self._words[self._at + ahead :]:
            if run and self._text[run[-1].end : word.start].strip("“\"' "):
                break
            closed = DO | BE | PREPOSITIONS | ASKING | PRONOUNS | _OTHERS
            if (word.folded in closed and not (word.capital and word.text.isupper())) or (
                word.folded in DETERMINERS and run
            ):
                break
            if word.folded.endswith("ly") and not word.capital and len(word.text) > 4:
                break
            run.append(word)
        return run

    def _without_verb(self, run: list[_Word]) -> list[_Word]:
        """A run such as "companies bought Arden" to its first noun phrase."""
        determined = run[0].folded in DETERMINERS
        own = run[determined:]
        return [*run[:determined], *_subject(own[: _split(own)])]

    def _after_auxiliary(self, auxiliary: str, asked: tuple[int, int] | None) -> bool:
        """The subject, and its verb if that is next. Whether there is a subject."""
        while (word := self._now()) and word.folded in ("not", "also", "still", "already", "now"):
            self._at += 1
        word = self._now()
        if word and word.folded in PRONOUNS:
            self._at += 1
            self._verb_first()
            return True
        run = self._run()
        if not run:
            return False
        determined = run[0].folded in DETERMINERS
        own = run[determined:]
        wants_verb = auxiliary in DO
        if not determined and not own[0].capital and asked is not None:
            lone = (
                (len(own) == 1 and not is_plural(own[0].folded))
                or _verblike(own[:1])
                or own[0].folded in _VERBS
            )
            if lone and (wants_verb or _verblike(own[:1])):  # "Which country will host the talks"
                self._at += 1
                return False
        left = own[: _split(own)]
        following = self._now(len(run))
        verb = len(left) > 1 and not left[-1].capital
        if following and following.folded == "be" and left == own:
            verb = wants_verb = False
        if verb and wants_verb:
            kept = _subject(left)
            verb_at = len(kept) + 1
        elif not wants_verb and any(_verblike([word]) for word in left[1:]):
            # "has the company | lost rockets"
            at = next(i for i, word in enumerate(left) if i and _verblike([word]))
            kept, verb_at = left[:at], at + 1
        else:
            # "Omar Nasri | finance minister"
            full = len(left) > 2 and left[0].capital and left[1].capital and not wants_verb
            ends = [i for i, w in enumerate(left) if not w.capital] if full else []
            possessive = ends and left[ends[0] - 1].text.endswith(("'s", "’s", "s'", "s’"))
            kept = left[: ends[0]] if ends and not possessive else left
            verb_at = len(kept)
            self._verb_due = wants_verb
        self._at += determined + verb_at
        left = kept
        role: Role = "subject"
        if not wants_verb and self._is_who(asked) and not self._verb_due:
            role = "object" if determined and not verb else "subject"
        if left:
            self._add([*run[:determined], *left], role)
        return True

    def _is_who(self, asked: tuple[int, int] | None) -> bool:
        return asked is not None and fold(self._text[slice(*asked)]) == "who"

    def _verb_first(self) -> None:
        """Past the verb that comes first in the run from here."""
        while (word := self._now()) and word.folded in _OTHERS | DO | BE:
            self._verbal |= word.folded in DO | BE
            self._at += 1
        run = self._run()
        if run and run[0].folded not in DETERMINERS and not run[0].capital:
            self._at += 1
            self._verbal = True

    def _rest(self) -> None:
        preposition: _Word | None = None
        while word := self._now():
            run = self._run()
            if len(run) > 1 and run[0].folded == "that":
                if run[1].capital or is_plural(run[-1].folded):  # "said that Arden", "that prices"
                    self._at += 1
                    continue
            if not run:
                self._at += 1
                if word.folded in PREPOSITIONS:
                    preposition = word
                    if word.folded == "to":
                        following = self._run()
                        plain = following and not following[0].capital
                        if plain and following[0].folded not in DETERMINERS:
                            if len(following) > 1 or not is_plural(following[0].folded):
                                self._at += 1  # "to use frozen assets"
                                preposition = None
                elif word.folded in ("that", "who", "which", "when", "if", "because"):
                    preposition = None
                elif word.folded in PRONOUNS:
                    preposition = None
                    self._verb_first()
                elif word.folded in DO | BE:
                    self._verbal = True
                continue
            self._at += len(run)
            if self._verb_due and not run[-1].capital and len(run) > 1:
                self._verb_due = False
                run = run[:-1]
            elif self._verb_due and not run[-1].capital and preposition is None:
                self._verb_due = False  # the verb itself
                continue
            self._noun_phrase(run, preposition)
            preposition = None

    def _noun_phrase(self, run: Sequence[_Word], preposition: _Word | None) -> None:
        before = self._phrases[-1] if self._phrases else None
        if (
            preposition
            and preposition.folded == "of"
            and before
            and before.end + 1 == preposition.start
        ):
            if len(run) > 1 and before.role == "subject" and _verblike(run):
                run = run[:-1]  # "were the results of the vote | published"
            self._extend(run[-1].end)
        elif len(run) == 1 and run[0].folded in DETERMINERS:
            return
        elif preposition:
            self._add(run, "oblique", preposition.text)
        else:
            self._add(run, "object")

    def _add(self, run: Sequence[_Word], role: Role, preposition: str = "") -> None:
        start, end = run[0].start, run[-1].end
        self._phrases.append(Phrase(start, end, self._text[start:end], role, preposition.lower()))

    def _extend(self, end: int) -> None:
        last = self._phrases.pop()
        text = self._text[last.start : end]
        self._phrases.append(Phrase(last.start, end, text, last.role, last.preposition))


def _verblike(run: Sequence[_Word]) -> bool:
    return bool(run) and not run[-1].capital and bool(_PARTICIPLE.fullmatch(run[-1].folded))


def _subject(run: Sequence[_Word]) -> list[_Word]:
    """A run of noun phrase and verb, without the verb and what follows it."""
    for place, word in enumerate(run):
        past = _PARTICIPLE.fullmatch(word.folded) and place < len(run) - 1
        if place and (word.folded in _VERBS or past) and not word.capital:
            return list(run[:place])
    if len(run) > 1 and not run[-1].capital:
        return list(run[:-1])
    return list(run)


def _split(run: Sequence[_Word]) -> int:
    """Where a name begins that is another phrase: after two words, the last not a name's.

    "Trump's envoys meet | Putin's adviser", but "the former Larch Bank manager" is one.
    """
    for place, (before, word) in enumerate(pairwise(run), start=1):
        if word.capital and not before.capital and place > 1:
            return place
    return len(run)
