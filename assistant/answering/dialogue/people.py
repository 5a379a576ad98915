"""Who the names of some texts belong to: persons or not, women or men, in full.

Only what the texts themselves show counts: titles ("Ms", "spokesman"), the pronouns that follow a
name, ages, what a name is called in full. A first name alone says nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Literal

from assistant.answering.dialogue.vocabulary import ASKING, BE, DO, PREPOSITIONS
from assistant.text import STOPWORDS, fold, sentence_spans

Gender = Literal["she", "he"]

_PARTICLES = r"(?:de|De|van|Van|von|al|bin|der|da|di|del|la|le|ter|ibn)"
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w’'-]*"
# "Apple's App Store" is two names.
_NAME = re.compile(rf"\b{_CAPITAL}(?:(?<!['’]s) (?:{_PARTICLES} )*{_CAPITAL})*")
_WOMAN = "ms mrs miss dame lady queen princess baroness duchess madame mme sister".split()
_MAN = "mr sir lord king prince baron duke father".split()
_TITLES = frozenset(
    """dr prof professor president minister premier chancellor governor senator congressman
    congresswoman representative judge justice captain mayor secretary general colonel major
    sergeant lieutenant admiral director chief commissioner ambassador pope bishop archbishop rev
    reverend coach speaker sheriff chairman chairwoman sen rep gov prime vice deputy inspector
    detective superintendent prosecutor analyst""".split()
) | {*_WOMAN, *_MAN}
_GROUP = frozenset(
    """party union bank council committee board service agency university college school inc ltd
    plc llc corp corporation company co group court ministry department house commission police
    army navy force office association league club united fc city county state states airlines
    airways church museum hospital institute foundation fund society festival open cup games
    championship award prize act treaty agreement street road square river island islands sea
    ocean mountain lake bay airport station news times post journal press motors line lines park
    water january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday""".split()
)
# What a sentence may begin with before a name.
_OPENERS = (
    STOPWORDS
    | PREPOSITIONS
    | ASKING
    | DO
    | BE
    | set("former new acting late senior young many two three several".split())
)
_SHE = re.compile(r"\b(?:she|her|herself|hers)\b", re.IGNORECASE)
_HE_OR_SHE = re.compile(r"\b(?:she|her|herself|hers|he|him|his|himself)\b", re.IGNORECASE)
_HERS = re.compile(r"\w*(?:woman|women)|actress|mother|daughter|wife|sister|girl", re.IGNORECASE)
_HIS = re.compile(r"\w+man|actor|father|son|husband|brother|boy", re.IGNORECASE)
_SPEAKS = re.compile(r",? (?:said|says|told|added|warned|argued|wrote|insisted|explained)\b")
_LIVES = re.compile(r", who\b|, \d\d,")
_QUOTATION = re.compile(r"[“\"][^“”\"]*[”\"]")
_AFTER_PLACE_WORD = re.compile(r"\b(?:in|at|near|from|across|outside) $")
_CHARACTERS = 100_000  # of texts that are looked at; about 50 ms


def names(text: str) -> list[str]:
    """The names in `text` in order, without titles and possessive endings."""
    return [name for _, name in _named(text)]


def _named(text: str) -> Iterator[tuple[int, str]]:
    for match in _NAME.finditer(text):
        name, start = _bare(match[0]), match.start()
        if name:
            yield start + match[0].index(name), name


def _bare(name: str) -> str:
    """`name` without titles, stopwords in front and the possessive, "" where nothing is left."""
    words = name.split()
    titles = [i for i, word in enumerate(words) if fold(word).rstrip(".") in _TITLES]
    if titles:
        words = words[titles[-1] + 1 :]
    while words and (fold(words[0]) in _OPENERS or words[0].islower()):
        words = words[1:]
    while len(words) > 2 and words[0].isupper():  # "FBI Ann Lee"
        words = words[1:]
    return re.sub(r"['’]s?$", "", " ".join(words))


class People:
    """What `texts` show of the names in them; of very long ones, the first."""

    def __init__(self, texts: Iterable[str]) -> None:
        kept: dict[str, None] = {}
        room = _CHARACTERS
        for text in texts:
            if text not in kept and room > 0:
                kept[text[:room]] = None
                room -= len(text)
        self._texts = tuple(kept)

    def full(self, name: str) -> str:
        """The longest form of `name` in the texts that ends like it: with the first name."""
        forms = [n for n in self._names if n.endswith(" " + name) and len(n.split()) <= 4]
        persons = [n for n in forms if self._evidence[fold(n.split()[-1])] > 0]
        return Counter(persons).most_common(1)[0][0] if persons else name

    def is_person(self, name: str) -> bool:
        """Whether `name` is a person's, as far as the texts show; two plain words may be one's."""
        shown = self._shown(name)
        speaks = name in self._speaking
        return shown > 0 or (shown == 0 and (len(name.split()) in (2, 3) or speaks))

    def may_be_person(self, name: str) -> bool:
        """Whether `name` is a person's or one that the texts do not know."""
        return self.is_person(name) or self._shown(name) == 0

    def is_known(self, name: str) -> bool:
        """Whether the texts show that `name` is a person's."""
        return self._shown(name) > 0

    def is_no_person(self, name: str) -> bool:
        """Whether `name` may well be another thing's: nothing shows a person of that name."""
        return self._shown(name) <= 0

    def _shown(self, name: str) -> int:
        words = name.split()
        folded = [fold(word) for word in words]
        if not words or any(w.isupper() for w in words if len(w) > 2):
            return -1
        return -1 if any(w in _GROUP for w in folded) else self._evidence[folded[-1]]

    def gender(self, name: str) -> Gender | None:
        """Which pronoun the texts use for `name`, None where they do not show it."""
        words = fold(name).split()
        forms = [(n.split(), v) for n, v in self._votes.items() if n.split()[-1:] == words[-1:]]
        # Two may share a surname: what is said of who has this first name counts before that.
        votes = sum(v for form, v in forms if form[0] == words[0])
        votes = votes or sum(v for form, v in forms if 1 in (len(form), len(words)))
        return "she" if votes > 0 else "he" if votes < 0 else None

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(name for text in self._texts for name in names(text))

    @cached_property
    def _alone(self) -> frozenset[str]:
        """Folded last words of full names that stand alone elsewhere: "Ann Lee", then "Lee"."""
        single = {fold(name) for name in self._names if " " not in name}
        last = {fold(name.split()[-1]) for name in self._names if " " in name}
        return frozenset(single & last)

    @cached_property
    def _speaking(self) -> frozenset[str]:
        """Names that are said to say something."""
        return frozenset(
            name
            for text in self._texts
            for start, name in _named(text)
            if _SPEAKS.match(text, start + len(name))
        )

    @cached_property
    def _evidence(self) -> Counter[str]:
        """By folded last word of a name: signs that it is a person's, less signs that it is not."""
        signs: Counter[str] = Counter()
        for text in self._texts:
            for start, name in _named(text):
                last = fold(name.split()[-1])
                end = start + len(name)
                before = text[max(0, start - 20) : start]
                title = fold(before.split()[-1]).rstrip(".") if before.split() else ""
                if title in _TITLES:
                    signs[last] += 2
                if _LIVES.match(text, end):
                    signs[last] += 1
                if title == "the" or _AFTER_PLACE_WORD.search(before):
                    signs[last] -= 1
        for last in self._alone:
            signs[last] += 1
        for name, votes in self._votes.items():
            signs[name.split()[-1]] += min(abs(votes), 2)
        return signs

    @cached_property
    def _votes(self) -> dict[str, int]:
        """By folded name, as mentioned: signs of a woman, less signs of a man."""
        votes: Counter[str] = Counter()
        full = [name.split() for name in self._names]
        surnames = {fold(words[-1]) for words in full if len(words) > 1}
        for text in self._texts:
            subject: str | None = None  # of the sentence before
            for start, end in sentence_spans(text):
                # Whoever is quoted speaks of others.
                sentence = _QUOTATION.sub(lambda m: " " * len(m[0]), text[start:end])
                found = [
                    (at, fold(name))
                    for at, name in _named(sentence)
                    if fold(name.split()[-1]) in surnames
                    and not name.isupper()
                    and not any(fold(word) in _GROUP for word in name.split())
                    and not re.search(r"\b(?:the|in|at|from) $", sentence[:at].casefold())
                ]
                for at, name in found:
                    votes[name] += _titled(sentence[:at])
                meant: dict[bool, str | None] = {}  # by "she", in this sentence
                for match in _HE_OR_SHE.finditer(sentence):
                    woman = bool(_SHE.fullmatch(match[0]))
                    own = self._prominent([name for at, name in found if at < match.start()])
                    if one := meant.setdefault(woman, own or subject):
                        sure = 2 if fold(match[0]) in ("he", "she") else 1
                        votes[one] += sure if woman else -sure
                subject = self._prominent([name for _, name in found]) or subject
        return dict(votes)

    def _prominent(self, found: Sequence[str]) -> str | None:
        """The first of some folded names, before all one that is called by the last word alone
        elsewhere: who is, is a person.
        """
        known = (name for name in found if name.split()[-1] in self._alone)
        return next(known, next(iter(found), None))


def _titled(before: str) -> int:
    """Whether what stands before a name is a woman's title (9), a man's (-9), or neither."""
    words = before.split()[-1:]
    if not words:
        return 0
    word = fold(words[0]).strip(".,")
    if word in _WOMAN or _HERS.fullmatch(word):
        return 9
    if word in _MAN or (_HIS.fullmatch(word) and word not in ("german", "roman", "human")):
        return -9
    return 0
