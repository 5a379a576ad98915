"""The bodies of requests and answers; the answer is the JSON contract that render writes."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from assistant.records import Answer, Citation, Status

_EARLIER = 50  # exchanges of a conversation that one request may name
REACH = 12  # of these, the last ones that are looked at: each question alone is answered once more
_LONGEST = 10_000  # characters of one text in an earlier answer


def _day(value: object) -> object:
    if isinstance(value, date) or (
        isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)
    ):
        return value
    raise ValueError("no date; write one like 2024-03-05")


Day = Annotated[date, BeforeValidator(_day)]
Text = Annotated[str, Field(max_length=_LONGEST)]


class Quote(BaseModel):
    """A verbatim stretch of an article: `article.text[start:end] == quote`."""

    number: int = Field(description="The n of [n] in the answer's text", examples=[1])
    article: str = Field(description="The article's id", examples=["budget-vote"])
    title: str | None = Field(examples=["Parliament passes the budget"])
    outlet: str | None = Field(examples=["The Example Times"])
    published: date | None = Field(examples=["2024-03-05"])
    start: int = Field(description="In Unicode code points", examples=[210])
    end: int = Field(examples=[259])
    quote: Text = Field(examples=["Finance minister Ada Example resigned on Tuesday."])


class Passage(Quote):
    """One of the passages nearest to the question; a higher score is nearer."""

    score: float = Field(examples=[0.71])


class EarlierAnswer(BaseModel):
    """An answer as it was received; what is not named here is ignored."""

    question: Text = Field(examples=["Who resigned?"])
    understood: Text = Field(
        description="The question as it was answered, where a follow-up was resolved",
        examples=["Who resigned?"],
    )
    status: Status
    text: Text = Field(
        description="The answer, with [n] for citation n",
        examples=["Finance minister Ada Example resigned on Tuesday. [1]"],
    )
    short: Text | None = Field(
        description="The answer in a few words, verbatim inside one of the quotes",
        examples=["Ada Example"],
    )
    confidence: float = Field(
        description="The probability, 0 to 1, that the best candidate answer is right",
        examples=[0.93],
    )
    citations: list[Quote] = Field(max_length=_EARLIER)

    def answer(self) -> Answer:
        """The answer's record, as far as it was sent."""
        return Answer(
            question=self.question,
            understood=self.understood,
            status=self.status,
            text=self.text,
            short=self.short,
            confidence=self.confidence,
            citations=tuple(Citation(**dict(citation)) for citation in self.citations),
            evidence=(),
            notes=(),
            engine="",
            seconds=0.0,
        )


class FullAnswer(EarlierAnswer):
    """An answer whose every quote is a verbatim slice of an indexed article."""

    evidence: list[Passage] = Field(description="The nearest passages, also when not found")
    notes: list[str] = Field(description="One-line facts about this answer", examples=[[]])
    engine: str = Field(examples=["extractive"])
    seconds: float = Field(examples=[0.05])


class Ask(BaseModel):
    """A question, and which articles may answer it."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(
        description="At most 2,000 characters", examples=["When did she take office?"]
    )
    outlets: list[str] = Field(
        default=[],
        description="Only articles of these outlets (none: all)",
        max_length=100,
        examples=[["The Example Times"]],
    )
    since: Day | None = Field(
        default=None, description="Only articles dated then or later", examples=["2024-03-01"]
    )
    until: Day | None = Field(
        default=None, description="Only articles dated then or earlier", examples=["2024-03-31"]
    )
    as_of: Day | None = Field(
        default=None,
        description='The day the question is asked on, for "last week"; articles of the week '
        "before it are preferred (none: today, and none is)",
        examples=["2024-03-31"],
    )
    history: list[EarlierAnswer | str] = Field(
        default=[],
        description="What was asked before in the same conversation, oldest first, so that a "
        "follow-up is understood: answers as they were received, or questions alone, which are "
        f"then answered again first. The last {REACH} are looked at",
        max_length=_EARLIER,
        examples=[["Who is the new minister?"]],
    )


class ListedArticle(BaseModel):
    """A line about an article; what it does not state is null."""

    id: str = Field(examples=["budget-vote"])
    title: str | None = Field(examples=["Parliament passes the budget"])
    outlet: str | None = Field(examples=["The Example Times"])
    published: date | None = Field(examples=["2024-03-05"])
    words: int = Field(examples=[612])
    passages: int = Field(examples=[9])


class Articles(BaseModel):
    """What is indexed, by id."""

    articles: list[ListedArticle]


class MarkedSpan(BaseModel):
    """A marked stretch of an article's text; "boilerplate" is never cited."""

    kind: Literal["headline", "body", "caption", "boilerplate"]
    start: int = Field(examples=[0])
    end: int = Field(examples=[28])


class FullArticle(BaseModel):
    """An article as indexed; what it does not state is null."""

    id: str = Field(examples=["budget-vote"])
    title: str | None = Field(examples=["Parliament passes the budget"])
    outlet: str | None = Field(examples=["The Example Times"])
    published: date | None = Field(examples=["2024-03-05"])
    url: str | None = Field(examples=["https://news.example/budget"])
    origin: str = Field(description="The file it was read from", examples=["news/budget-vote.txt"])
    text: str = Field(
        description="What the offsets of citations index into",
        examples=["Parliament passes the budget ..."],
    )
    spans: list[MarkedSpan]


class Health(BaseModel):
    """Whether questions can be answered."""

    status: Literal["ok", "no_articles", "no_index"]
    articles: int = Field(description="How many are indexed", examples=[5])
    version: str = Field(examples=["1.0.0"])
    detail: str | None = Field(default=None, description="What is wrong, where something is")


class Problem(BaseModel):
    """What goes wrong."""

    error: str = Field(description="A name that stays the same", examples=["bad_question"])
    detail: str = Field(
        description="What is wrong, and what to do",
        examples=["the question is empty; ask something about the indexed articles"],
    )
