"""Taking a question apart.

English marks the parts well enough by its closed-class words: a noun phrase runs from a determiner,
a name or a preposition to the next closed-class word, and the verb that an auxiliary calls for is
the last word of the run after it ("did the council | reject | the toll"). No tagger, no lexicon but
of a few verbs that come without an object's determiner ("lose power").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.answering.dialogue.phrases import Parts, Phrase, Place, Role
from assistant.answering.dialogue.vocabulary import (
    ASKING,
    BE,
    DETERMINERS,
    DO,
    PARTICLES,
    PREPOSITIONS,
    PRONOUNS,
    is_plural,
)
from assistant.text import fold

_TOKEN = re.compile(r"[€$£]?\w(?:[\w'’.,&%-]*[\w%])?")
_PARTICIPLE = re.compile(
    r".{2,}(?:ed|ing|en)|held|built|made|found|sent|shot|put|hit|hurt|won|lost|sold|kept|left|paid|"
    r"told|set|known|born|due|meant|bought|brought|caught|led|cut|said|spent|read|run|begun|gone"
)
_VERBS = frozenset(
    "lose run take make get give go come become leave say tell hold win begin keep find pay sell "
    "buy bring send seek gain die fall want need expect reach remain receive accept reject "
    "announce oppose approve resign refuse agree join fail happen lead meet know think believe "
    "ask allow prevent avoid create provide produce publish include remove "
    "fell rose sank took went came got gave ran began became lost won left sent made".split()
)
_CLOSED = DO | BE | PREPOSITIONS | ASKING | PRONOUNS | PARTICLES
_LEAD = re.compile(r"^(?:(?:and|but|so|or|then|ok|okay|also|well)\b[\s,]*)+", re.IGNORECASE)


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

    def _asked_with(self) -> Place | None:
        """Past "in which city" and its like."""
        first, second = self._now(), self._now(1)
        if first and second and first.folded in PREPOSITIONS and second.folded in ASKING:
            self._at += 1
        word = self._now()
        if first is None or word is None or word.folded not in ASKING:
            self._at = 0
            return None
        self._at += 1
        last, following = word, self._now()
        if following and following.folded in ("else", "exactly", "not"):
            self._at += 1
            last = following
        elif word.folded == "how" and not (following and following.folded in ("many", "much")):
            # "how badly hurt": an adjective where an auxiliary or nothing follows.
            while (next_ := self._now()) and next_.folded not in DO | BE | DETERMINERS | PRONOUNS:
                last = next_
                self._at += 1
        elif word.folded in ("how", "which", "what", "whose"):
            if word.folded == "how" and following:
                self._at += 1
                last = following
            last = self._asked_noun(word) or last
        return first.start, last.end

    def _asked_noun(self, asking: _Word) -> _Word | None:
        """Past the noun that is asked with; the last word of it."""
        run = self._run()
        if run and run[0].folded in DETERMINERS:  # "What the toll costs"
            return None
        # "Which member of the team", "How many of them": complements belong to it.
        of = self._now(len(run))
        tail, whole = run, run
        if of and of.folded == "of":
            tail = self._run(len(run) + 1)
            whole = [*run, of, *tail]
        if not tail:
            return None
        next_ = self._now(len(whole))
        if not (next_ and next_.folded in DO | BE) and not (next_ is None and _is_noun(tail)):
            if asking.folded == "what":
                return None
            determined = tail[0].folded in DETERMINERS
            own = tail[determined:]
            left = _subject(own[: _split(own)], named=False)
            whole = whole[: len(whole) - len(own) + len(left)]
        self._at += len(whole)
        self._add(whole if run else whole[1:], "asked")
        return whole[-1]

    def _run(self, ahead: int = 0) -> list[_Word]:
        """The words from here to the next closed-class word or punctuation, a determiner first."""
        run: list[_Word] = []
        for word in self._words[self._at + ahead :]:
            if run and self._text[run[-1].end : word.start].strip("“\"' "):
                break
            closed = word.folded in _CLOSED and not word.text.isupper()
            adverb = word.folded.endswith("ly") and not word.capital and len(word.text) > 4
            if closed or adverb or (run and word.folded in DETERMINERS):
                break
            run.append(word)
        return run

    def _after_auxiliary(self, auxiliary: str, asked: Place | None) -> bool:
        """The subject, and its verb if that is next. Whether there is a subject."""
        while (word := self._now()) and word.folded in ("not", "also", "still", "already", "now"):
            self._at += 1
        if word and word.folded in PRONOUNS:
            self._at += 1
            self._verb_first()
            return True
        run = self._run()
        if not run:
            return False
        determined = run[0].folded in DETERMINERS
        own = run[determined:]
        if not own:
            return False
        takes_verb = auxiliary in DO
        if asked and not determined and not own[0].capital and _is_verb(own, takes_verb):
            self._at += 1  # "Which country will host the talks"
            return False
        left: Sequence[_Word] = own[: _split(own)]
        following = self._now(len(run))
        if following and following.folded == "be":
            takes_verb = False
        verbs = [i for i, word in enumerate(left) if i and _verblike([word])]
        subject: Sequence[_Word]
        if takes_verb and len(left) > 1 and not left[-1].capital:
            subject = _subject(left, named=not determined)
            past = len(subject) + 1
        elif verbs and not takes_verb:  # "has the company | lost rockets"
            subject, past = left[: verbs[0]], verbs[0] + 1
        else:
            subject = left if takes_verb else _name_first(left)
            past = len(subject)
            self._verb_due = takes_verb
        self._at += determined + past
        # "Who is the mayor": what is said of somebody, not a subject that does something.
        says_of = asked is not None and fold(self._text[slice(*asked)]) == "who"
        predicate = says_of and determined and not takes_verb and not verbs
        self._add([*run[:determined], *subject], "object" if predicate else "subject")
        return True

    def _verb_first(self) -> None:
        """Past the verb that comes first in the run from here."""
        while (word := self._now()) and word.folded in PARTICLES | DO | BE:
            self._verbal |= word.folded in DO | BE
            self._at += 1
        run = self._run()
        if run and run[0].folded not in DETERMINERS and not run[0].capital:
            self._at += 1
            self._verbal = True

    def _rest(self) -> None:
        """The phrases after the subject."""
        preposition: _Word | None = None
        while word := self._now():
            run = self._run()
            if self._opens_clause(run):  # "said that Arden", "that prices"
                self._at += 1
            elif not run:
                self._at += 1
                preposition = self._past(word, preposition)
            else:
                self._at += len(run)
                plain = self._verb_due and not run[-1].capital
                if plain and len(run) > 1:
                    self._verb_due = False
                    run = run[:-1]
                elif plain and preposition is None:
                    self._verb_due = False  # the verb itself
                    continue
                self._noun_phrase(run, preposition)
                preposition = None

    def _opens_clause(self, run: Sequence[_Word]) -> bool:
        return (
            len(run) > 1
            and run[0].folded == "that"
            and (run[1].capital or is_plural(run[-1].folded))
        )

    def _past(self, word: _Word, preposition: _Word | None) -> _Word | None:
        """What governs the next phrase, after the closed-class `word`."""
        if word.folded == "to":
            run = self._run()
            verb = run and not run[0].capital and run[0].folded not in DETERMINERS
            if verb and (len(run) > 1 or not is_plural(run[0].folded)):  # "to use frozen assets"
                self._at += 1
                return None
        if word.folded in PREPOSITIONS:
            return word
        if word.folded in PRONOUNS:
            self._verb_first()
            return None
        self._verbal |= word.folded in DO | BE
        return None if word.folded in ASKING | {"that", "if", "because"} else preposition

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


def _is_verb(run: Sequence[_Word], takes_verb: bool) -> bool:
    """Whether a run without determiner after an auxiliary begins with its verb."""
    lone = len(run) == 1 and not is_plural(run[0].folded)
    return _verblike(run[:1]) or (takes_verb and (lone or run[0].folded in _VERBS))


def _is_noun(run: Sequence[_Word]) -> bool:
    """Whether the last run of a fragment is a noun phrase: "Which EU countries?"."""
    verbs = any(word.folded in _VERBS for word in run[1:])
    return not verbs and not _verblike(run) and _split(run) == len(run)


def _name_first(run: Sequence[_Word]) -> Sequence[_Word]:
    """ "Omar Nasri | finance minister" to its name; any other run as it is."""
    if len(run) < 3 or not run[0].capital or not run[1].capital:
        return run
    end = next((i for i, word in enumerate(run) if not word.capital), len(run))
    owns = run[end - 1].text.endswith(("'s", "’s", "s'", "s’"))
    return run if owns else run[:end]


def _subject(run: Sequence[_Word], *, named: bool) -> list[_Word]:
    """A run of noun phrase and verb, without the verb and what follows it; with `named` a name
    that it begins with may be all of the noun phrase.
    """
    end = next((place for place, word in enumerate(run) if not word.capital), len(run))
    alone = named and 0 < end < len(run) - 1 and _is_name(run[end - 1])
    if alone and not is_plural(run[end].folded):  # "Moore | assure would-be agents"
        return list(run[:end])
    for place, word in enumerate(run):
        past = _PARTICIPLE.fullmatch(word.folded) and place < len(run) - 1
        if place and (word.folded in _VERBS or past) and not word.capital:
            return list(run[:place])
    if len(run) > 1 and not run[-1].capital:
        return list(run[:-1])
    return list(run)


def _is_name(word: _Word) -> bool:
    """Whether a capitalised word is no modifier: not "EU", "Lee's", "Peruvian"."""
    modifies = re.search(r"['’]s?$|(?:an|ese|ish|ch)$", word.text)
    return not word.text.isupper() and not any(c.isdigit() for c in word.text) and not modifies


def _split(run: Sequence[_Word]) -> int:
    """Where a name begins that is another phrase: after two words, the last not a name's.

    "Keller's envoys meet | Abara's adviser", but "the former Larch Bank manager" is one.
    """
    for place, (before, word) in enumerate(pairwise(run), start=1):
        if word.capital and not before.capital and place > 1:
            return place
    return len(run)
