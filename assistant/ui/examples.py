"""Example questions drawn from what is indexed; only those the assistant answers are shown."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.api import Assistant
from assistant.errors import AssistantError
from assistant.holder import Holder
from assistant.records import Answer, Article

_SHOWN = 4
_TRIED = 10  # asking takes time, and these are only examples
_SAMPLED = 30
_LIKELY = 0.6  # what an example should be answered with at least

_SAYING = r"(?:said|says|told|added|warned|claimed|stated|announced|insisted|argued|explained)"
_NAME = r"[A-Z][\w’'-]+(?: (?:de|van|von|al|bin|el|la|der|den|[A-Z][\w’'.-]*)){0,3} [A-Z][\w’'-]+"
_SPEAKER = re.compile(
    rf"\b(?P<before>{_NAME})(?:, [^,.\n]{{3,80}},)?(?: has| have)?(?: also)? {_SAYING}\b"
    rf"|\b{_SAYING} (?P<after>{_NAME})\b"
)
_TITLES = frozenset(
    """President Minister Secretary Chancellor Premier Senator Governor Mayor Ambassador General
    Colonel Admiral Justice Judge Director Chief Professor Doctor Mr Mrs Ms Miss Dr Sir Lord Lady
    Dame King Queen Prince Princess Pope Captain Congressman Congresswoman Representative Rep Sen
    Gov Gen Prof Spokesman Spokeswoman Spokesperson Leader Officer Inspector Sheriff Coach
    """.split()
)
# Words that make a name one of an organisation, a place or a time rather than of a person.
_NOT_PERSONS = frozenset(
    """News Times Post Ministry Agency Union Service Office Court Committee Party University Bank
    Group Police House Council Institute Center Centre Department Association Organisation
    Organization Nations States Kingdom Commission Party Press Media Network Company Corporation
    Inc Ltd Foundation Intelligence Security Board Team Federation League Club Government Embassy
    Street Journal Guardian Herald Tribune Telegraph Daily Today Officials Police Authority Trust
    However Meanwhile Also Although January February March April May June July August September
    October November December Monday Tuesday Wednesday Thursday Friday Saturday Sunday The In On At
    """.split()
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, whom or what it is about, what some quote of a good answer holds, and from how
    many articles such an answer quotes at least.
    """

    question: str
    about: str
    expected: re.Pattern[str]
    articles: int = 1


class Examples:
    """The examples of the current generation, found once."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._lock = threading.Lock()
        self._found: tuple[str, list[str]] = ("", [])

    def get(self) -> list[str]:
        """Example questions; none where there is no usable index."""
        with self._lock:
            try:
                generation = self._holder.generation()
                if self._found[0] != generation:
                    with self._holder.use(current=True) as assistant:
                        self._found = (generation, examples(assistant))
            except AssistantError:
                return []
            return self._found[1]


def examples(assistant: Assistant) -> list[str]:
    """A few questions that the indexed articles answer, the same each time for the same index."""
    articles = _sample(assistant)
    found: list[Candidate] = []
    tried = 0
    for candidate in candidates(articles):
        if len(found) == _SHOWN or tried == _TRIED:
            break
        if candidate.about in {earlier.about for earlier in found}:
            continue
        tried += 1
        try:
            answer = assistant.ask(candidate.question)
        except AssistantError:
            continue
        if _is_good(answer, candidate):
            found.append(candidate)
    questions = [candidate.question for candidate in found]
    if articles and len(questions) < _SHOWN:
        questions.append("Which articles do you have?")
    return questions


def _is_good(answer: Answer, candidate: Candidate) -> bool:
    return (
        answer.status == "answered"
        and answer.confidence >= _LIKELY
        and len({citation.article for citation in answer.citations}) >= candidate.articles
        and any(candidate.expected.search(citation.quote) for citation in answer.citations)
    )


def candidates(articles: Sequence[Article]) -> Iterator[Candidate]:
    """Questions to try, the most promising first and the kinds in turn."""
    speakers = people(articles)
    kinds = (_said, _compared, _who) if len(articles) > 1 else (_said, _who)
    for turn in range(len(kinds)):
        for place, name in enumerate(speakers):
            yield kinds[(place + turn) % len(kinds)](name)
    for title in (article.title for article in articles):
        if title:
            yield Candidate(f"Summarise what is said about “{title}”", title, re.compile(""))


def _said(name: str) -> Candidate:
    last = rf"\b{re.escape(name.split()[-1])}\b"
    expected = rf"{last}.{{0,60}}\b{_SAYING}\b|\b{_SAYING}\b.{{0,40}}{last}"
    return Candidate(f"What did {name} say?", name, re.compile(expected))


def _who(name: str) -> Candidate:
    return Candidate(f"Who is {name}?", name, re.compile(rf"\b{re.escape(name.split()[-1])}\b"))


def _compared(name: str) -> Candidate:
    question = f"Compare what the outlets say about {name}"
    return Candidate(question, name, re.compile(rf"\b{re.escape(name.split()[-1])}\b"), 2)


def people(articles: Sequence[Article]) -> list[str]:
    """Full names of those whom the articles quote: in most articles first, then by mentions."""
    found: Counter[str] = Counter()
    for article in articles:
        for match in _SPEAKER.finditer(_body(article)):
            name = person(match["before"] or match["after"])
            if name:
                found[name] += 1
    texts = [_body(article) for article in articles]

    def rank(name: str) -> tuple[int, int, str]:
        last = re.compile(rf"\b{re.escape(name.split()[-1])}\b")
        mentions = [len(last.findall(text)) for text in texts]
        return -sum(map(bool, mentions)), -sum(mentions), name

    # Of several spellings or forms of a name, the one that ranks first.
    best: dict[str, str] = {}
    for name in sorted(found, key=rank):
        if not any(re.search(rf"\b[Tt]he {re.escape(name)}\b", text) for text in texts):
            best.setdefault(name.split()[-1], name)
    return list(best.values())


def person(name: str) -> str | None:
    """A name without the titles before it; None where it seems to be no person's."""
    words = name.split()
    for place, word in enumerate(words):
        if word.rstrip(".") in _TITLES:
            return person(" ".join(words[place + 1 :])) if place + 1 < len(words) else None
    if not 2 <= len(words) <= 4 or words[-1].endswith(("'s", "’s")) or name.isupper():
        return None
    return None if _NOT_PERSONS.intersection(words) else " ".join(words)


def _body(article: Article) -> str:
    return "\n".join(article.text[s.start : s.end] for s in article.spans if s.kind == "body")


def _sample(assistant: Assistant) -> list[Article]:
    """At most `_SAMPLED` articles, spread evenly over the index."""
    ids = [listing.id for listing in assistant.articles()]
    step = max(1, -(-len(ids) // _SAMPLED))
    return [assistant.article(id_) for id_ in ids[::step]]
