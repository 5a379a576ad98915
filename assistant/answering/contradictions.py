"""Where a claim says otherwise than its source although the words are much the same: negation,
opposites, what was only planned or alleged, all instead of some, who did it to whom.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.text import STOPWORDS, fold, stem, words

_NOT = re.compile(
    r"\b(?:not|never|all but|no|none|nobody|nothing|neither|nor|without|cannot|no one|hardly|"
    r"barely|unable|(?:fail|refus|declin|den|reject|oppos|prevent|avoid|bann)(?:e|s|es|ed|y|ies|ied|"
    r"ing)?|turn(?:s|ed)? down|rul(?:e|es|ed) out|yet to|\w+n't|instead of|rather than)\b"
)
_SCOPE = 5  # words after a negation that it can deny
_STOP = re.compile(
    r"[,;:.!?—]|\b(?:but|because|since|although|while|after|before|and|when|who|on|at|by|for|until|"
    r"during)\b"
)

_OPPOSITES = tuple(
    (frozenset(stem(w) for w in one.split()), frozenset(stem(w) for w in other.split()))
    for one, other in (
        ("rise rose risen increase climb grow grew gain raise higher more",
         "fall fell fallen decrease drop decline shrink shrank lose cut lower less fewer"),
        ("win won beat victory", "lose lost defeat"),
        ("accept approve agree back support welcome praise",
         "reject refuse oppose criticise criticize condemn deny"),
        ("open reopen begin began start launch", "close shut end ended stop cancel suspend"),
        ("first", "last final"),
        ("highest most record biggest largest", "lowest least smallest"),
        ("before earlier", "after later"),
        ("quick quickly fast early", "slow slowly late"),
        ("alive survive", "dead die killed"),
        ("north northern", "south southern"),
        ("east eastern", "west western"),
        ("man men boy husband father son brother king",
         "woman women girl wife mother daughter sister queen"),
        ("buy bought purchase", "sell sold sale"),
        ("arrive enter join", "leave left depart quit"),
        ("guilty convict", "innocent acquit"),
        ("hire appoint", "dismiss sack fire"),
        ("freed release", "jail arrest imprison"),
        ("uphold upheld", "overturn quash"),
        ("better best improve", "worse worst worsen"),
        ("legal allow permit", "illegal ban forbid"),
    )
)  # fmt: skip

# What a source only says, plans or supposes, and a claim may not tell as done.
_OPEN = re.compile(
    r"\b(?:(?:may|might|could|would|will|should)(?! not)|plan(?:s|ned|ning)?|propos\w+|"
    r"consider\w*|expect\w*|intend\w*|hop(?:e|es|ed|ing)|want(?:s|ed)?|demand\w*|threaten\w*|"
    r"promis\w+|aim(?:s|ed)?|urg(?:e|es|ed)|call(?:s|ed)? (?:for|on)|due to|set to|about to|"
    r"likely|possibl[ey]|perhaps|allege\w*|claim\w*|accus\w+|suspect\w*|reported(?:ly)?|believed|"
    r"rumou?r\w*|den(?:y|ies|ied)|fear(?:s|ed)?|warn\w*|suggest\w*|insist\w*|"
    r"is to|are to|if|unverified|supposed(?:ly)?|seek\w*|sought|ask(?:s|ed)? for|try|tries|tried|"
    r"attempt\w*)\b"
)
_SAID = re.compile(r"\b(?:said|says|say|told|tells|according|stated|added|announced)\b")
_CLAUSE = re.compile(r"[;:—]\s|,? \b(?:but|while|although|whereas)\b|, and\b")
_PASSIVE = re.compile(r"\bby\b")
_ALL = re.compile(r"\b(?:all|every|everyone|everybody|each|entire|always|only)\b")


def contradiction(claim: str, told: Sequence[str]) -> str:
    """What the claim says otherwise than the sentences `told`; "" where nothing is found."""
    mine, theirs = fold(claim), [fold(sentence) for sentence in told]
    return (
        _negation(mine, theirs)
        or _opposites(mine, " ".join(theirs))
        or _certainty(mine, theirs)
        or _generality(mine, " ".join(theirs))
        or _roles(claim, told)
    )


def _negation(claim: str, told: Sequence[str]) -> str:
    """A word that is denied in one, and only affirmed in the other."""
    denied, affirmed = _polarity(claim)
    there = [(_polarity(sentence), bool(_NOT.search(sentence))) for sentence in told]
    denied_there = frozenset[str]().union(*(polarity[0] for polarity, _ in there))
    affirmed_there = frozenset[str]().union(*(polarity[1] for polarity, _ in there))
    for word in sorted(denied - affirmed):
        if denied & denied_there:
            break  # both deny the same, whatever else is within reach
        # Where something else is denied beside it, the two may be one ("asked, but was refused").
        if any(word in polarity[1] and not denies for polarity, denies in there) and not any(
            word in polarity[0] | polarity[1] and denies for polarity, denies in there
        ):
            return f"the passage does not deny “{word}”"
    for word in sorted(affirmed - denied):
        if word in denied_there and word not in affirmed_there:
            return f"the passage denies “{word}”"
    return ""


def _polarity(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Stems of the content words within reach of a negation, and of the others."""
    reach = [span for match in _NOT.finditer(text) for span in [_reach(text, match)]]
    denied: set[str] = set()
    affirmed: set[str] = set()
    for match in re.finditer(r"[^\W_]+(?:'[^\W_]+)?", text):
        word = match[0]
        if word in STOPWORDS or _NOT.fullmatch(word) or word[0].isdigit():
            continue
        inside = any(start <= match.start() < end for start, end in reach)
        (denied if inside else affirmed).add(stem(word))
    return frozenset(denied), frozenset(affirmed)


def _reach(text: str, match: re.Match[str]) -> tuple[int, int]:
    stop = _STOP.search(text, match.end())
    limit = stop.start() if stop else len(text)
    following = list(re.finditer(r"\S+", text[match.end() : limit]))[:_SCOPE]
    return match.end(), match.end() + (following[-1].end() if following else 0)


def _opposites(claim: str, told: str) -> str:
    mine, theirs = _stems(claim), _stems(told)
    for pair in _OPPOSITES:
        for one, other in (pair, pair[::-1]):
            if mine & one and not theirs & one and theirs & other and not mine & other:
                return f"the passage says the opposite of “{min(mine & one)}”"
    return ""


def _certainty(claim: str, told: Sequence[str]) -> str:
    """A claim that tells as a fact what the source only says, plans or supposes."""
    if _OPEN.search(claim) or _SAID.search(claim):
        return ""
    mine = _stems(claim)
    clauses = [clause for sentence in told for clause in _CLAUSE.split(sentence)]
    shared = [len(mine & _stems(clause) - STOPWORDS) for clause in clauses]
    telling = [c for c, count in zip(clauses, shared, strict=True) if count == max(shared)]
    uncertain = [match[0] for clause in telling if (match := _OPEN.search(clause))]
    if uncertain and len(uncertain) == len(telling):
        return f"the passage is less certain (“{uncertain[0]}”)"
    return ""


def _generality(claim: str, told: str) -> str:
    match = _ALL.search(claim)
    return f"the passage does not say “{match[0]}”" if match and not _ALL.search(told) else ""


def _roles(claim: str, told: Sequence[str]) -> str:
    """Two names that have changed places, with nothing that turns the sentence around."""
    names = list(dict.fromkeys(name for name, _ in _names(claim)))
    for sentence in told:
        if bool(_PASSIVE.search(claim)) != bool(_PASSIVE.search(sentence)):
            continue
        places = dict(reversed(list(_names(sentence))))
        both = [name for name in names if name in places]
        if both != sorted(both, key=places.__getitem__):
            return f"“{both[0]}” and “{both[-1]}” have changed places"
        if swapped := _acts(claim, names, sentence, places):
            return swapped
    return ""


def _acts(claim: str, names: Sequence[str], sentence: str, places: dict[str, int]) -> str:
    """A name after the verb in the claim and before it in a sentence that lacks the claim's first
    name: "Weil demanded her resignation" is no "Voss demanded that Weil resign".
    """
    if len(names) < 2 or names[0] in places:
        return ""
    mine = dict(_names(claim))
    verbs = {
        stem(fold(match[0])): match.start()
        for match in re.finditer(r"\b[a-z]+(?:ed|s|d)\b", sentence)
        if match[0] not in STOPWORDS
    }
    for match in re.finditer(r"\b[a-z]+(?:ed|s|d)\b", claim):
        place = verbs.get(stem(match[0]))
        if place is None or mine[names[0]] > match.start():
            continue
        for name in names[1:]:
            if name in places and match.start() < mine[name] and places[name] < place:
                return f"“{names[0]}” and “{name}” have changed places"
    return ""


def _names(text: str) -> Iterator[tuple[str, int]]:
    """The names of `text`, folded, with their places."""
    for match in re.finditer(r"\b[A-Z][\w'’-]+", text):
        name = re.sub(r"['’]s?$", "", fold(match[0]))
        if name not in STOPWORDS:
            yield name, match.start()


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(part) for word in words(text) for part in word.split("-"))
