"""Closed classes of English words, and what sort of thing a noun names."""

from __future__ import annotations

import re

from assistant.text import STOPWORDS, fold, words

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
PLACING = frozenset("in at near off on from outside inside across around".split())
PRONOUNS = frozenset(
    "he she it they him them hers theirs himself herself itself themselves there then you we i us "
    "me someone anyone everyone nobody something anything nothing".split()
)
PARTICLES = frozenset(
    "and or but if because while although so not never also still already yet now just only even "
    "ever again too very else exactly ago today yesterday tomorrow tonight soon later here really "
    "together up out down back away be been being".split()
)
# The singular of auxiliaries, by their plural.
SINGULAR = {"do": "does", "are": "is", "were": "was", "have": "has"}
PLURAL = {singular: plural for plural, singular in SINGULAR.items()}
_PLURALS = frozenset("people police children".split())
_DETERMINED = re.compile(r"(?:the|its|their|an?) |[A-Z]")
_COMPLEMENT = re.compile(rf"(?<=\w) (?:{'|'.join(sorted(PREPOSITIONS))}) ")
_ARTICLE = re.compile(r"^(?:the|an?|this|that|these|those|all|some|any)\s+", re.IGNORECASE)

_ROLE = re.compile(
    r"(?:\w+(?:man|woman|person|ist|ician)|minister|president|premier|chancellor|mayor|governor|"
    r"senator|head|chief|leader|director|captain|coach|judge|lawyer|prosecutor|teacher|doctor|"
    r"king|queen|prince|princess|pope|author|singer|actor|actress|player|driver|pilot|owner|"
    r"founder|chair|winner|suspect|victim|officer|secretary|manager|boss|mother|father|husband|"
    r"wife|daughter|son|brother|sister|girl|boy|man|woman|candidate|champion|envoy|ambassador|"
    r"guard|engineer|deputy|commander|soldier|worker|farmer|nurse|priest|bishop|banker|reporter|"
    r"editor|writer|painter|runner|rider|keeper|teenager|student|resident|lawmaker|mp|rapper|"
    r"dancer|designer|architect|expert|researcher|professor|counterpart|predecessor|successor|"
    r"rival|opponent|friend|colleague|client|patient|prisoner|attacker|killer|thief|hacker|"
    r"passenger|nominee|aide|advis[eo]r|analyst)",
    re.IGNORECASE,
)
_ORGANISATION = re.compile(
    r"\b(?:council|company|court|government|police|party|union|bank|club|team|agency|ministry|"
    r"regulator|committee|board|firm|army|group|service|airline|university|commission|parliament|"
    r"senate|congress|city|country|owner|maker|office|department|school|hospital|church)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|day|week|weekend|month|year|hour|minute|"
    r"morning|evening|night|summer|winter|spring|autumn|time|moment|century|season|ways?)s?\b|"
    r"^\W*\d[\d.,%]*\w*$",
    re.IGNORECASE,
)
# Nouns for a named thing of any sort: "the company" after "Who made the pumps?".
_SORTS = frozenset(
    """company firm business group organisation organization agency outlet newspaper broadcaster
    channel party team club band film movie book novel show series song album product drug law
    country nation state city town village region island museum university school hospital bank
    airline airport ship vessel system missile aircraft plane app game event festival""".split()
)


def head(phrase: str) -> str:
    """The noun of a phrase, folded: the last word before its complements."""
    return fold(_COMPLEMENT.split(phrase)[0].split()[-1])


def is_plural(noun: str) -> bool:
    """Whether a folded noun is a plural by its form."""
    return (
        noun in _PLURALS
        or noun.endswith("men")
        or (len(noun) > 3 and noun[-1] == "s" and noun[-2] not in "sui")
    )


def is_role(phrase: str) -> bool:
    """Whether a phrase is what a person is: "the mayor", "the bank's spokeswoman"."""
    return bool(phrase) and bool(_ROLE.fullmatch(head(phrase)))


def is_organisation(phrase: str) -> bool:
    """Whether a phrase is about a body of people: "the council"."""
    return bool(_ORGANISATION.search(phrase))


def is_time(phrase: str) -> bool:
    """Whether a phrase is about a time, or a bare number."""
    return bool(_TIME.search(phrase))


def is_sort(noun: str) -> bool:
    """Whether a folded noun says of what sort a named thing is: "company", "film"."""
    return noun in _SORTS


def is_named(phrase: str) -> bool:
    """Whether a phrase is a name alone, a determiner aside."""
    own = [w for w in phrase.split() if fold(w) not in DETERMINERS and w != "and"]
    return bool(own) and all(not w[0].islower() for w in own)


def is_determined(phrase: str) -> bool:
    """Whether a phrase begins with an article or is a name."""
    return bool(_DETERMINED.match(phrase))


def bare(phrase: str) -> str:
    """A phrase without its article."""
    return _ARTICLE.sub("", phrase)


def definite(phrase: str) -> str:
    """A phrase as it is spoken of again: "a new toll" is "the new toll" by then."""
    article = re.sub(
        r"^(?:an?|some|any|this|that|these|those|The) (?=[a-z])(?!who )", "the ", phrase
    )
    return article.strip(" ,;:.")


def possessive(phrase: str) -> str:
    """The possessive of a phrase."""
    several = " and " in phrase or fold(phrase).startswith("the ")
    return f"{phrase}'" if phrase.endswith("s") and several else f"{phrase}'s"


def content(text: str) -> set[str]:
    """The folded words of `text` that carry meaning, possessive endings aside."""
    return {re.sub(r"'s?$", "", word) for word in words(fold(text))} - STOPWORDS
