"""Whether a claim is supported by the passages it cites, and by which of their sentences.

A claim is held against at most three sentences of the passages it names. Its quotations must stand
there; its names and numbers too, and every character that is not usual; what is negated, only
planned or only alleged there must be so in the claim, and the other way round; and of its remaining
content words most must be found there, as they are or by a word of like meaning, and none may be
unlike everything there. There is no model of entailment here: what the rules miss is measured by
`benchmarks/support.py` on labelled claims, where the thresholds were chosen too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from assistant.answering.citations import MAX_QUOTE_WORDS
from assistant.answering.claims import Claim
from assistant.answering.contradictions import contradiction
from assistant.answering.drafting import clip
from assistant.answering.quantities import MEASURES, Quantity, quantities
from assistant.answering.quotes import find_quote
from assistant.answering.sentences import Sentence, candidates
from assistant.answering.strange import strange
from assistant.indexing.embedder import Embedder
from assistant.records import Evidence
from assistant.text import STOPWORDS, fold, stem, trim, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Verdict = Literal["supported", "half-supported", "unsupported"]

# Chosen on the even items of benchmarks/support_claims.json.
_ALIKE = 0.55  # cosine of two words from which one stands for the other
_UNLIKE = 0.45  # below which a word has come out of nowhere
_KIND, _SAME = 0.35, 0.85  # cosine of words of one kind, and of words with one meaning
_COVERED = 0.8  # share of the content words that must be found
_COSINE = 0.6  # between the claim and the sentences that support it
_HALF_COSINE = 0.6  # from which a claim that fails is about the same thing at least

_SHOWN = 30  # letters
_PREFIX = 5  # letters that words of one root have in common
_SENTENCES = 3  # that support one claim
_FAR = 2  # sentences between two that support one claim together, unless one has a pronoun
_PRONOUN = re.compile(
    r"\b(?:he|she|him|her|his|hers|they|them|their|it|its|who|mr|mrs|ms|dr|both|this|these|"
    r"those)\b",
    re.IGNORECASE,
)
_REPORTS = (
    r"(?:(?:also|both|further) )?(?:reports?|reported|says?|said|writes?|wrote|notes?|noted|adds?|"
    r"added|states?|stated|tells?|told|explains?|explained|mentions?|mentioned)\b"
)
_TITLES = frozenset("mr mrs ms miss dr sir dame lord lady".split())
# Words that say little by themselves. Verbs of saying may differ; what kind of saying it was is a
# matter of `contradictions`.
_LIGHT = frozenset(
    stem(word)
    for word in """say said says tell told add added state stated according report reported claim
    claimed call called describe described note noted explain explained do done make made take took
    taken get got go went come came put held nobody nothing
    none never neither nor without cannot since""".split()
)
# Words that may come in with other wording although nothing like them is in the passage.
_COMMON = frozenset(
    stem(word)
    for word in """may might must shall still already also then later earlier now today yet
    ever even just almost nearly around together away back again instead however meanwhile
    therefore thus due owing despite following regarding concerning including well many several
    various number part amount kind thing way place time turn turned run ran set give gave
    given bring brought keep kept become became begin began begun start started lead led
    include contain involve show showed shown use used need happen happened occur occurred
    remain remained lie lay stand stood hold held carry carried face faced serve served see saw
    seen find found move moved leave have had having favour order result effect reason cause
    caused side addition total further both between among across near""".split()
)


@dataclass(frozen=True, slots=True)
class Support:
    """What a claim rests on: the verdict, the sentences that support it, and what is wrong."""

    verdict: Verdict
    sentences: tuple[Sentence, ...] = ()
    problem: str = ""


def check(claim: Claim, evidence: Sequence[Evidence], embedder: Embedder) -> Support:
    """Hold `claim` against the passages it cites.

    A "half-supported" claim is about what the passages tell, with something in it that they do not
    tell.
    """
    if not claim.closed:
        return Support("unsupported", problem="a quotation in it is not closed")
    claim = replace(claim, text=_without_outlet(claim.text, evidence))
    if problem := strange(claim.text, [item.passage.text for item in evidence]):
        return Support("unsupported", problem=problem)
    sentences = [piece for sentence in candidates(evidence) for piece in _pieces(sentence)]
    if not sentences:
        return Support("unsupported", problem="the passage says nothing")
    quoted = _quoted(claim, evidence, sentences)
    if quoted is None:
        return Support("half-supported", problem="its quotation is not in the passage")
    vectors = embedder.recall([claim.text, *(s.text for s in sentences)])
    cosines = vectors[1:] @ vectors[0]
    chosen = _choose(claim, sentences, quoted, cosines)
    told = " ".join(s.text for s in chosen)
    problem = (
        _missing(claim, chosen, told)
        or contradiction(claim.text, [s.text for s in chosen])
        or _uncovered(claim, told, embedder)
    )
    both = embedder.recall([told])[0] if len(chosen) > 1 else None
    cosine = max(
        *(float(cosines[sentences.index(s)]) for s in chosen),
        float(both @ vectors[0]) if both is not None else -1.0,
        -1.0,
    )
    if not problem and cosine < _COSINE:
        problem = "the passage tells something else"
    if not problem:
        return Support("supported", tuple(chosen))
    return Support(
        "half-supported" if cosine >= _HALF_COSINE else "unsupported", tuple(chosen), problem
    )


def _without_outlet(text: str, evidence: Sequence[Evidence]) -> str:
    """A claim without "The Gazette reports that": whose report it is, the citation says.

    Only as the source is an outlet named; anywhere else its name has to be in the passage, or an
    outlet could call itself whatever it wants to put into an answer.
    """
    outlets = {item.article.outlet for item in evidence if item.article.outlet}
    names = "|".join(re.escape(re.sub(r"(?i)^the ", "", outlet)) for outlet in outlets)
    if not names:
        return text
    source = rf"(?:the )?(?:{names})(?:,? (?:and )?(?:the )?(?:{names}))*"
    lead = rf"(?:(?:according to|in|as) )?{source}(?:[,:]| {_REPORTS}(?: that\b)?,?)\s*"
    tail = rf",? (?:(?:according to|as reported (?:by|in)|in) {source}|{source} {_REPORTS})(?=\W*$)"
    bare = re.sub(tail, "", re.sub(rf"^{lead}", "", text, flags=re.I), flags=re.I)
    return bare[:1].upper() + bare[1:] if words(bare) else text


def _quoted(
    claim: Claim, evidence: Sequence[Evidence], sentences: Sequence[Sentence]
) -> list[Sentence] | None:
    """The sentences that the claim's quotations stand in; None where one stands in no passage."""
    found: list[Sentence] = []
    for quote in claim.quotes:
        for number, item in enumerate(evidence):
            passage = item.passage
            parts = find_quote(quote, item.article.text, passage.start, passage.end)
            if parts is None:
                continue
            found += [
                s
                for s in sentences
                if s.passage == number
                and any(s.start < part.stop and part.start < s.end for part in parts)
            ]
            break
        else:
            return None
    return list(dict.fromkeys(found))


def _choose(
    claim: Claim,
    sentences: Sequence[Sentence],
    quoted: Sequence[Sentence],
    cosines: NDArray[np.float32],
) -> list[Sentence]:
    """The fewest sentences that say most of the claim, in the order of the passages."""
    wanted = _content(claim.text)
    held = [wanted & _content(s.text) for s in sentences]

    def worth(i: int) -> float:
        return len(held[i]) / max(1, len(wanted)) + float(cosines[i])

    order = sorted(range(len(sentences)), key=worth, reverse=True)
    chosen = [i for i in order if sentences[i] in quoted][:_SENTENCES] or order[:1]
    covered = frozenset().union(*(held[i] for i in chosen))
    while len(chosen) < _SENTENCES:
        near = [i for i in order if i not in chosen and _belongs(i, chosen, sentences)]
        best = max(near, key=lambda i: (len(held[i] - covered), worth(i)), default=None)
        if best is None or not held[best] - covered:
            break
        chosen.append(best)
        covered |= held[best]
    return [sentences[i] for i in sorted(chosen)]


def _belongs(i: int, chosen: Sequence[int], sentences: Sequence[Sentence]) -> bool:
    """Whether sentence `i` may complete the chosen ones: from another passage, near them, or before
    one that speaks of "him", "her" or "it".
    """
    for other in chosen:
        if sentences[i].passage != sentences[other].passage or abs(i - other) <= _FAR:
            return True
        if i < other and _PRONOUN.search(sentences[other].text):
            return True
    return False


def _missing(claim: Claim, chosen: Sequence[Sentence], told: str) -> str:
    """The first name or number of the claim that is not told."""
    known = _stems(words(told))
    for name in _names(claim.text):
        if not {stem(part) for part in name.split("-")} <= known and stem(name) not in known:
            return _absent(name)
    there = quantities(told)
    for quantity in quantities(claim.text):
        number = f"{quantity.value:,.10g}"
        same = [other.of for other in there if other.value == quantity.value]
        if not same:
            return f"the number {number} is not in the passage"
        if quantity.of in MEASURES and all(of in MEASURES - {quantity.of} for of in same):
            return f"the passage gives {number} in another unit"
        if _is_another(quantity, claim, chosen):
            return f"the passage gives another number than {number} of “{quantity.of}”"
    return ""


def _is_another(quantity: Quantity, claim: Claim, chosen: Sequence[Sentence]) -> bool:
    """Whether the sentence that says most of the claim has another number of the same thing."""
    if not quantity.of or quantity.of in STOPWORDS:
        return False
    wanted = _content(claim.text)
    right = wrong = -1
    for sentence in chosen:
        told = [other for other in quantities(sentence.text) if other.of == quantity.of]
        shared = len(wanted & _content(sentence.text))
        if any(other.value == quantity.value for other in told):
            right = max(right, shared)
        elif told:
            wrong = max(wrong, shared)
    return wrong > right


def _uncovered(claim: Claim, told: str, embedder: Embedder) -> str:
    """The content word of the claim that is farthest from what is told, if too many are."""
    import numpy as np

    wanted = sorted(_content(claim.text))
    if not wanted:
        return "it says nothing"
    there = {stem(w): w for w in _parts(told) if w not in STOPWORDS}
    mine = {stem(w): w for w in _parts(claim.text)}
    # Numbers were held against those in the passage already.
    open_ = [s for s in wanted if s not in there and not quantities(mine[s])]
    if not open_ or not there:
        return "" if there else "the passage says nothing"
    own = embedder.recall([mine[s] for s in open_])
    others = embedder.recall(list(there.values()))
    likeness = (own @ others.T).max(axis=1)
    covered = len(wanted) - len(open_) + float(np.where(likeness >= _ALIKE, likeness, 0.0).sum())
    if covered / len(wanted) < _COVERED:
        return _absent(mine[open_[int(likeness.argmin())]])
    for word, like in zip(open_, likeness, strict=True):
        if like < _UNLIKE and word not in _COMMON:  # one word is enough to slander
            return _absent(mine[word])
    return _replaced(claim.text, told, set(open_), embedder)


def _replaced(claim: str, told: str, open_: set[str], embedder: Embedder) -> str:
    """A word before a noun, where the passage has another of its kind: "petrol cars" for "diesel
    cars". (Words of a kind are less alike than those that mean the same.)
    """
    before: dict[str, set[str]] = {}
    for first, second in pairwise(_parts(told)):
        before.setdefault(stem(second), set()).add(first)
    mine = _parts(claim)
    for first, second in pairwise(mine):
        others = before.get(stem(second), set()) - STOPWORDS - set(mine)
        others = {other for other in others if other[:_PREFIX] != first[:_PREFIX]}
        if stem(first) not in open_ or second in STOPWORDS or second[0].isdigit() or not others:
            continue
        own, *vectors = embedder.recall([first, *sorted(others)])
        if any(_KIND <= float(own @ vector) < _SAME for vector in vectors):
            return _absent(first)
    return ""


def _absent(word: str) -> str:
    # A note is no place for an address or anything else that an unchecked sentence smuggles in.
    shown = f"“{word}”" if word.isalnum() and len(word) <= _SHOWN else "a word of it"
    return f"{shown} is not in the passage"


def _names(text: str) -> Iterable[str]:
    """The words of `text` written as names, folded, but for one that begins it."""
    for match in re.finditer(r"[^\W_]+(?:['’.\-–&][^\W_]+)*", text):
        word = match[0]
        begins = not text[: match.start()].rstrip("\"“”‘'« ") or re.search(
            r"[.!?:]\W*$|[\"“«‘]$", text[: match.start()]
        )
        name = re.sub(r"['’]s?$", "", fold(word))
        if word[:1].isupper() and not begins and name not in STOPWORDS | _TITLES:
            yield name


def _parts(text: str) -> list[str]:
    """The folded words of `text`, those joined by hyphens apart."""
    return [part for word in words(fold(text)) for part in word.split("-") if part]


def _stems(written: Iterable[str]) -> frozenset[str]:
    folded = [fold(word) for word in written]
    return frozenset(stem(part) for word in folded for part in (word, *word.split("-")))


def _content(text: str) -> frozenset[str]:
    """Stems of the content words."""
    return frozenset(stem(word) for word in _parts(text) if word not in STOPWORDS) - _LIGHT - {""}


def _pieces(sentence: Sentence) -> Iterator[Sentence]:
    """The sentence, in pieces where it is too long to be quoted whole."""
    while (span := clip(sentence, MAX_QUOTE_WORDS)) and span[1] < sentence.end:
        yield replace(sentence, end=span[1])
        start, _ = trim(sentence.article.text, span[1], sentence.end)
        sentence = replace(sentence, start=start)
    if span:
        yield sentence
