"""What the reader is trained on: SQuAD-JSON sets cut to passage length, and near misses.

The reader is asked about passages of 60 to 120 words that retrieval found, most of which do not
hold the answer. Training looks the same: contexts are cut at sentence ends to such lengths, lone
sentences (QAMR, QADiscourse) are put among others, and about a third of the examples hold no
answer. Those that do not are of five kinds (`Example.kind`):

- `asked`      SQuAD 2.0's own unanswerable questions
- `near`       the passage of the same article most like the question, without the answer
- `without`    sentences like the question's source sentence, without that sentence
- `swapped`    the question with a name, number or superlative exchanged, so that it asks for
               something the passage does not say
- `other`      a question about another article (easy, few)

Everything is a function of the files and the seed.
"""

from __future__ import annotations

import gzip
import json
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from assistant.text import STOPWORDS, fold, sentence_spans, words

Span = tuple[int, int]

# Spans of these sets point to the first occurrence of the answer, not to the one that was meant.
_FIRST_OCCURRENCE = frozenset({"squad2_25articles", "fairytaleqa", "timeqa_human"})
_SENTENCES_ONLY = frozenset({"qamr", "qadiscourse"})
_QUESTION_WORDS = frozenset(
    words(
        """what which who whom whose when where why how many much did does do was were is are
        name"""
    )
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How much of one set is used: shares are of its questions, each drawn on its own.

    `passes` may be a fraction; `near`, `swapped` and `other` are added to what is asked (negatives
    made from answerable questions), `joined` of the answerable ones get sentences from elsewhere
    in the article around their own.
    """

    passes: float
    near: float = 0.0
    swapped: float = 0.0
    other: float = 0.0
    joined: float = 0.0


MIX: dict[str, Recipe] = {
    "squad2_25articles": Recipe(2.0, near=0.35, swapped=0.45, other=0.01, joined=0.10),
    "squadshifts_new_wiki": Recipe(1.0, near=0.30, swapped=0.35, other=0.02, joined=0.10),
    "squadshifts_reddit": Recipe(0.18),
    "squadshifts_amazon_reviews": Recipe(0.12),
    "qamr": Recipe(0.14, near=0.04),
    "qadiscourse": Recipe(0.55, near=0.15),
    "policyqa": Recipe(0.08),
    "fairytaleqa": Recipe(0.30, near=0.08, swapped=0.03),
    "timeqa_human": Recipe(0.50, near=0.25),
    "covidqa": Recipe(0.40, near=0.15),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as its set asks it; no `answers` means the context does not answer it."""

    id: str
    source: str
    article: str
    paragraph: int
    context: str
    question: str
    answers: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One question, one passage, and the answer's span in the passage (code points), or None."""

    id: str
    source: str
    kind: str
    question: str
    context: str
    answer: Span | None


def load(path: Path) -> list[Asked]:
    """The questions of one SQuAD-JSON file, gzipped or not; the source is the file's stem."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    source = path.name.split(".")[0]
    asked = []
    for a, article in enumerate(json.loads(raw)["data"]):
        for p, paragraph in enumerate(article["paragraphs"]):
            context = paragraph["context"]
            for qa in paragraph["qas"]:
                texts = Counter(answer["text"] for answer in qa["answers"])
                # The answer most annotators gave comes first.
                answers = sorted(qa["answers"], key=lambda answer: -texts[answer["text"]])
                spans = tuple(
                    (answer["answer_start"], answer["answer_start"] + len(answer["text"]))
                    for answer in answers
                )
                name = f"{a}:{article.get('title', '')}"
                asked.append(
                    Asked(qa["id"], source, name, p, context, qa["question"].strip(), spans)
                )
    return asked


@lru_cache(maxsize=20_000)
def _sentences(context: str) -> tuple[Span, ...]:
    return tuple(sentence_spans(context))


@lru_cache(maxsize=100_000)
def stems(text: str) -> frozenset[str]:
    """Content words, folded and cut to six letters: enough to tell what two texts share."""
    return frozenset(
        word[:6]
        for word in (fold(word) for word in words(text))
        if word not in STOPWORDS and word not in _QUESTION_WORDS
    )


def meant(asked: Asked) -> Span | None:
    """The span to train on: where it recurs, in the sentence most like the question."""
    if not asked.answers:
        return None
    start, end = asked.answers[0]
    if asked.source not in _FIRST_OCCURRENCE:
        return start, end
    text = asked.context[start:end]
    wanted = stems(asked.question)
    best, most = (start, end), -1
    for match in re.finditer(rf"(?<!\w){re.escape(text)}(?!\w)", asked.context):
        shared = max(
            (
                len(wanted & stems(asked.context[left:right]))
                for left, right in _sentences(asked.context)
                if left <= match.start() < right
            ),
            default=0,
        )
        if shared > most:
            best, most = match.span(), shared
    return best


def _touched(spans: Sequence[Span], around: Span) -> list[int]:
    """Indices of the `spans` that share a character with `around`."""
    return [i for i, (left, right) in enumerate(spans) if right > around[0] and left < around[1]]


def window(context: str, around: Span, target: int, rng: random.Random) -> Span:
    """A stretch of whole sentences with `around` inside, of about `target` words.

    Grows to either side at random. A single overlong sentence is cut at white space.
    """
    sentences = _sentences(context)
    inside = _touched(sentences, around) or [0]
    first, last = inside[0], inside[-1]
    size = len(context[sentences[first][0] : sentences[last][1]].split())
    while size < target and (first > 0 or last + 1 < len(sentences)):
        left = first > 0 and (last + 1 == len(sentences) or rng.random() < 0.5)
        add = sentences[first - 1] if left else sentences[last + 1]
        more = len(context[slice(*add)].split())
        if size + more > target * 1.3 and size >= target * 0.5:
            break
        size += more
        first, last = (first - 1, last) if left else (first, last + 1)
    start = min(sentences[first][0], around[0])
    end = max(sentences[last][1], around[1])
    if size > target * 1.6:
        start, end = _cut(context, (start, end), around, target)
    return start, end


def _cut(context: str, whole: Span, around: Span, target: int) -> Span:
    """`whole` cut to about `target` words around `around`, at white space."""
    pieces = [match.span() for match in re.compile(r"\S+").finditer(context, *whole)]
    inside = _touched(pieces, around)
    if not inside:
        return whole
    spare = max(0, target - (inside[-1] - inside[0] + 1))
    first = max(0, inside[0] - spare // 2)
    last = min(len(pieces) - 1, inside[-1] + spare - spare // 2)
    return min(pieces[first][0], around[0]), max(pieces[last][1], around[1])


def _target(rng: random.Random) -> int:
    """Words per training passage: those of the index (60 to 120), shorter ones to save time."""
    return rng.randint(35, 115)


class Lookup:
    """Texts found by shared words, weighted by rarity (BM25 without its length term).

    Args:
        texts: what is searched; results are indices into it.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self._holders: dict[str, list[int]] = defaultdict(list)
        for i, text in enumerate(texts):
            for stem in stems(text):
                self._holders[stem].append(i)

    def nearest(self, question: str, limit: int) -> list[int]:
        """Indices of the `limit` texts most like `question`, best first, by index where equal."""
        scores: dict[int, float] = defaultdict(float)
        # Sorted, since the order of a set of strings differs from run to run, and so would sums.
        for stem in sorted(stems(question)):
            holders = self._holders.get(stem, [])
            rarity = math.log(1 + len(self.texts) / (1 + len(holders)))
            for i in holders:
                scores[i] += rarity
        return sorted(scores, key=lambda i: (-scores[i], i))[:limit]


def holds(text: str, answers: Iterable[str]) -> bool:
    """Whether `text` may hold one of `answers`: as a string, or most of its words."""
    folded, found = fold(text), stems(text)
    for answer in answers:
        bare = re.sub(r"^(?:the|an?) ", "", fold(answer)).strip(" .,'\"")
        wanted = stems(answer)
        if not bare or bare in folded or (wanted and len(wanted & found) * 2 > len(wanted)):
            return True
    return False


_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
_NUMBER = re.compile(r"\b\d+(?:[.,]\d+)*\b")
_NAME = re.compile(r"\b[A-Z][\w'’-]+(?:\s(?:(?:of|the|de|van|von)\s)?[A-Z][\w'’-]+)*")
_NOT_NAMES = frozenset(
    words(
        """The A An In On At For From By With What Which Who Whom Whose When Where Why How If It He
        She They This That These Those I But And As His Her Their Its Although While After Before
        During There Some Many Most Other Another Both Did Does Was Were Is Are"""
    )
)
_OPPOSITES = {
    a: b
    for pair in (
        "first last", "largest smallest", "most least", "highest lowest", "before after",
        "north south", "east west", "northern southern", "eastern western", "oldest youngest",
        "earliest latest", "increase decrease", "increased decreased", "more fewer", "best worst",
        "win lose", "won lost", "longest shortest", "begin end", "began ended", "start stop",
        "started stopped", "founded abolished", "created destroyed", "support oppose",
        "supported opposed", "allowed banned", "accepted rejected", "male female", "above below",
        "biggest smallest", "maximum minimum", "majority minority", "buy sell", "bought sold",
        "joined left", "arrive depart", "arrived departed", "success failure", "agreed refused",
        "rise fall", "rose fell", "upper lower", "public private", "born buried", "include exclude",
        "included excluded", "positive negative", "common rare", "strongest weakest",
    )
    for a, b in (pair.split(), reversed(pair.split()))
}  # fmt: skip


def named(text: str) -> dict[str, list[str]]:
    """Years, other numbers and capitalised names in `text`, each kind in order of appearance.

    A sentence's first word is no name on its own account.
    """
    years = [match.group() for match in _YEAR.finditer(text)]
    numbers = [m.group() for m in _NUMBER.finditer(text) if not _YEAR.fullmatch(m.group())]
    names = []
    for match in _NAME.finditer(text):
        opens = match.start() == 0 or text[: match.start()].rstrip()[-1:] in '.?!"“:'
        name = match.group()
        if opens:
            # The opening word is capitalised whatever it is; what follows it is a name still.
            name = name.partition(" ")[2]
        name = re.sub(r"(?:'s|’s|')$", "", name)
        if name[:1].isupper() and name.split()[0] not in _NOT_NAMES and len(name) > 2:
            names.append(name)
    return {"year": years, "number": numbers, "name": names}


def swap(
    question: str, context: str, elsewhere: str, answers: Sequence[str], rng: random.Random
) -> str | None:
    """`question` changed so that `context` no longer answers it, or None where that is not safe.

    A name or number that the context holds gives way to another of its kind, from the context or
    from `elsewhere` (the rest of the article); or one word to its opposite. Where the passage's
    sentences about the newcomer share much with the question, it may well answer the new
    question too, and nothing is returned.
    """
    own = named(question)
    here, there = named(context), named(elsewhere)
    folded = fold(context)
    choices: list[tuple[str, str]] = []
    for kind, found in own.items():
        for old in found:
            if fold(old) not in folded:
                continue
            # Mostly from the same passage: a newcomer the passage never names is easily seen.
            pool = here[kind] if rng.random() < 0.7 and here[kind] else there[kind]
            fresh = [
                new
                for new in sorted(set(pool))
                if not stems(new) & stems(old)
                and fold(new) not in fold(question)
                and not holds(new, answers)
                and not any(fold(new) in fold(answer) for answer in answers)
                and abs(len(new.split()) - len(old.split())) <= 1
            ]
            rng.shuffle(fresh)
            choices.extend((old, new) for new in fresh[:3])
    rest_of = stems(question)
    rng.shuffle(choices)
    opposites = [
        (word, _OPPOSITES[word.lower()])
        for word in question.split()
        if word.lower() in _OPPOSITES and _OPPOSITES[word.lower()] not in folded
    ]
    if opposites and (not choices or rng.random() < 0.4):
        choices.insert(0, rng.choice(opposites))
    for old, new in choices:
        rest = rest_of - stems(old)
        if len(rest) < 2:
            continue
        near = max(
            (
                len(rest & stems(context[left:right])) / len(rest)
                for left, right in _sentences(context)
                if fold(new) in fold(context[left:right])
            ),
            default=0.0,
        )
        if near <= 0.34:
            place = re.search(rf"(?<!\w){re.escape(old)}(?!\w)", question)
            if place is not None:
                return question[: place.start()] + new + question[place.end() :]
    return None


def passages(context: str, size: int = 90) -> list[str]:
    """`context` cut into runs of whole sentences of about `size` words, as the index does."""
    found, start, count = [], None, 0
    end = 0
    for left, right in _sentences(context):
        more = len(context[left:right].split())
        if start is not None and count + more > size * 1.3:
            found.append(context[start:end])
            start, count = None, 0
        if start is None:
            start = left
        count, end = count + more, right
    if start is not None:
        found.append(context[start:end])
    return [passage for passage in found if 15 <= len(passage.split()) <= 200]


class Mixer:
    """Makes examples from the questions of one set.

    Args:
        asked: the questions; only these and their contexts are drawn on, so that what is held out
            in one mixer never shows in another.
        seed: every draw depends on it.
    """

    def __init__(self, asked: Sequence[Asked], seed: int) -> None:
        self._asked = asked
        self._rng = random.Random(f"{seed}:{asked[0].source if asked else ''}")
        self._contexts: dict[str, dict[int, str]] = defaultdict(dict)
        for item in asked:
            self._contexts[item.article][item.paragraph] = item.context
        self._lookups: dict[str, Lookup] = {}

    def examples(self, recipe: Recipe) -> list[Example]:
        """Everything `recipe` asks for, in no useful order."""
        rng, made = self._rng, []
        for number in range(math.ceil(recipe.passes)):
            share = min(1.0, recipe.passes - number)
            for item in self._asked:
                if rng.random() < share:
                    joined = rng.random() < recipe.joined
                    made.append(self._plain(item, joined=joined, number=number))
        for item in self._asked:
            if not item.answers:
                continue
            if rng.random() < recipe.near:
                made.append(self._near(item))
            if rng.random() < recipe.swapped:
                made.append(self._swapped(item))
            if rng.random() < recipe.other:
                made.append(self._other(item))
        return [example for example in made if example is not None]

    def _plain(self, item: Asked, *, joined: bool, number: int) -> Example | None:
        if item.source in _SENTENCES_ONLY:
            return self._among(item)
        rng, span = self._rng, meant(item)
        base = Example(item.id, item.source, "asked", item.question, item.context, span)
        long = len(item.context.split())
        # Some SQuAD contexts stay whole: questions are read against whole paragraphs there.
        if long <= 150 and rng.random() < (0.5 if item.source.startswith("squad2") else 0.15):
            return base
        around = span if span is not None else self._likeliest(item)
        if around is None:
            return None
        target = _target(rng)
        if joined and span is not None:
            return self._joined(base, span, target)
        left, right = window(item.context, around, target, rng)
        return replace(
            base,
            context=item.context[left:right],
            answer=None if span is None else (span[0] - left, span[1] - left),
        )

    def _likeliest(self, item: Asked) -> Span | None:
        """The sentence most like an unanswerable question: the one that tempts."""
        wanted = stems(item.question)
        return max(
            _sentences(item.context),
            key=lambda span: len(wanted & stems(item.context[slice(*span)])),
            default=None,
        )

    def _joined(self, base: Example, span: Span, target: int) -> Example:
        """The answer's sentences among others of the same article that tempt as much."""
        left, right = window(base.context, span, 25, self._rng)
        own = base.context[left:right]
        article = next(item.article for item in self._asked if item.context == base.context)
        lookup = self._lookup(article)
        answer = base.context[slice(*span)]
        others: list[str] = []
        size = len(own.split())
        for i in lookup.nearest(base.question, 12):
            for a, b in _sentences(lookup.texts[i]):
                text = lookup.texts[i][a:b]
                if text in base.context or holds(text, [answer]) or size > target:
                    continue
                if len(stems(text) & stems(base.question)) > 0 or self._rng.random() < 0.3:
                    others.append(text)
                    size += len(text.split())
        return self._assemble(base, own, (span[0] - left, span[1] - left), others, "joined")

    def _assemble(
        self, base: Example, own: str, span: Span, others: list[str], kind: str
    ) -> Example:
        """`own` at a random place among `others`, one space between, the span moved with it."""
        at = self._rng.randint(0, len(others))
        before = " ".join(others[:at])
        shift = len(before) + 1 if before else 0
        context = " ".join([*others[:at], own, *others[at:]])
        moved = (span[0] + shift, span[1] + shift)
        return replace(base, kind=kind, context=context, answer=moved)

    def _pool(self) -> Lookup:
        """All sentences of a set that has only sentences."""
        if "" not in self._lookups:
            texts = {item.context: None for item in self._asked}
            self._lookups[""] = Lookup(list(texts))
        return self._lookups[""]

    def _distractors(self, item: Asked, size: int) -> list[str]:
        """Sentences of the set that share words with the question or its sentence, no answers."""
        pool, rng = self._pool(), self._rng
        answers = [item.context[a:b] for a, b in item.answers]
        sought = f"{item.question} {item.context}" if rng.random() < 0.5 else item.question
        near = pool.nearest(sought, 8)
        rng.shuffle(near)
        chosen: list[str] = []
        while size > 0:
            i = near.pop() if near and rng.random() < 0.7 else rng.randrange(len(pool.texts))
            text = pool.texts[i]
            size -= len(text.split()) + 1
            if text != item.context and not holds(text, answers) and text not in chosen:
                chosen.append(text)
        return chosen

    def _among(self, item: Asked) -> Example:
        """A lone sentence as its set has it (a third), or among others."""
        base = Example(item.id, item.source, "asked", item.question, item.context, item.answers[0])
        if self._rng.random() < 0.3:
            return base
        size = _target(self._rng) * 3 // 4 - len(item.context.split())
        others = self._distractors(item, size)
        return self._assemble(base, item.context, item.answers[0], others, "joined")

    def _lookup(self, article: str) -> Lookup:
        if article not in self._lookups:
            texts = [
                passage
                for _, context in sorted(self._contexts[article].items())
                for passage in passages(context)
            ]
            self._lookups[article] = Lookup(texts)
        return self._lookups[article]

    def _near(self, item: Asked) -> Example | None:
        answers = [item.context[a:b] for a, b in item.answers]
        base = Example(item.id + ":near", item.source, "near", item.question, "", None)
        if item.source in _SENTENCES_ONLY:
            others = self._distractors(item, _target(self._rng) * 3 // 4)
            return replace(base, kind="without", context=" ".join(others)) if others else None
        lookup = self._lookup(item.article)
        fitting = [
            lookup.texts[i]
            for i in lookup.nearest(item.question, 10)
            if not holds(lookup.texts[i], answers)
        ]
        # Mostly the very nearest; sometimes a later one, as the end of a result list is.
        if not fitting:
            return None
        nearest = self._rng.random() < 0.6
        return replace(base, context=fitting[0] if nearest else self._rng.choice(fitting))

    def _swapped(self, item: Asked) -> Example | None:
        plain = self._plain(item, joined=False, number=0)
        if plain is None or plain.answer is None:
            return None
        elsewhere = "\n".join(
            text for text in self._contexts[item.article].values() if text != item.context
        )[:20_000]
        answers = [item.context[a:b] for a, b in item.answers]
        question = swap(plain.question, plain.context, elsewhere, answers, self._rng)
        if question is None:
            return None
        name = item.id + ":swapped"
        return replace(plain, id=name, kind="swapped", question=question, answer=None)

    def _other(self, item: Asked) -> Example | None:
        stranger = self._rng.choice(self._asked)
        answers = [item.context[a:b] for a, b in item.answers]
        if stranger.article == item.article or holds(stranger.context, answers):
            return None
        texts = passages(stranger.context)
        if not texts:
            return None
        return Example(
            item.id + ":other", item.source, "other", item.question, self._rng.choice(texts), None
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """Training examples, held-out ones made the same way, and the held-out SQuAD 2.0 questions."""

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    held_out_squad: tuple[Asked, ...]


def prepare(data: Path, seed: int = 1, mix: dict[str, Recipe] | None = None) -> Prepared:
    """Read every set of the mix under `data` and make its examples.

    Held out are three articles of SQuAD 2.0 and about 3% of each other set: by article where it
    has ten or more, else by paragraph, so that no held-out context is ever trained on.

    Raises:
        FileNotFoundError: a set of the mix is not there.
    """
    train: list[Example] = []
    held: list[Example] = []
    squad: list[Asked] = []
    for source, recipe in (MIX if mix is None else mix).items():
        asked = load(data / f"{source}.json.gz")
        articles = sorted({item.article for item in asked})
        by_article = len(articles) >= 10
        groups = articles if by_article else sorted({item.context for item in asked})
        out = 3 if source.startswith("squad2") else max(2, round(len(groups) * 0.03))
        kept_out = frozenset(random.Random(f"{seed}:out:{source}").sample(groups, out))
        parts: tuple[list[Asked], list[Asked]] = ([], [])
        for item in asked:
            parts[(item.article if by_article else item.context) in kept_out].append(item)
        train += Mixer(parts[0], seed).examples(recipe)
        held += Mixer(parts[1], seed).examples(
            replace(recipe, passes=1.0 if source.startswith("squad2") else recipe.passes)
        )
        if source.startswith("squad2"):
            squad = parts[1]
    random.Random(seed).shuffle(train)
    return Prepared(tuple(train), tuple(held), tuple(squad))
