"""What happens on the page: each method takes what the browser sent, and gives what it shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import gradio as gr

from assistant import render
from assistant.errors import AssistantError, UsageError
from assistant.holder import Holder
from assistant.records import Filters
from assistant.ui import library, sources
from assistant.ui.answers import messages
from assistant.ui.conversation import Conversation, Exchange, ask
from assistant.ui.examples import Examples


class Events:
    """Every method is called in a worker thread, for any visitor."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._examples = Examples(holder)

    def arrive(self) -> tuple[Any, ...]:
        """What depends on the index, when the page is opened: masthead, chat, outlets."""
        outlets = library.outlets(self._holder)
        return (
            library.masthead(self._holder),
            gr.Chatbot(placeholder=library.placeholder(self._holder)),
            gr.Dropdown(
                choices=outlets,
                interactive=bool(outlets),
                info=None if outlets else "No article states its outlet.",
            ),
        )

    def examples(self) -> Any:
        """Example questions for the empty chat; finding them takes the assistant some seconds."""
        return gr.Chatbot(examples=[{"text": question} for question in self._examples.get()])

    def example(self, event: gr.SelectData) -> str:
        """The example that was clicked, for the question box."""
        return str(event.value["text"])

    def ask(
        self,
        question: str,
        conversation: Conversation,
        outlets: list[str],
        since: str,
        until: str,
    ) -> Iterator[tuple[Any, ...]]:
        """The chat, the question box, the sources and the conversation: at once, and answered."""
        if not question.strip():
            gr.Info("Type a question first.")
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()
            return
        pending = (*conversation, Exchange(question))
        yield messages(pending), "", gr.skip(), pending
        try:
            filters = to_filters(outlets, since, until)
            with self._holder.use() as assistant:
                exchange = ask(assistant, question, filters, conversation)
        except AssistantError as error:
            exchange = Exchange(question, problem=sentence(str(error)))
        answered = (*conversation, exchange)
        yield messages(answered), gr.skip(), sources.cards(answered), answered

    def failed(self, conversation: Conversation) -> tuple[Any, ...]:
        """The chat and the conversation after a failure that nobody foresaw."""
        problem = "Something went wrong while answering. The terminal of the assistant says more."
        mended = tuple(
            e if e.answer or e.problem else Exchange(e.question, problem=problem)
            for e in conversation
        )
        return messages(mended), mended

    def restart(self) -> tuple[Any, ...]:
        """The chat, the sources and the conversation, empty again."""
        return [], sources.EMPTY, ()

    def open_source(self, conversation: Conversation, event: gr.EventData) -> str:
        """The sources panel with the article of the source that was clicked, or with all cards."""
        exchange, _, number = str(event._data.get("source", "")).partition(".")
        try:
            at, wanted = int(exchange), int(number)
            shown = conversation[at] if at >= 0 else None
        except (ValueError, IndexError):
            shown = None
        if shown is None or not shown.sources:
            return sources.EMPTY
        chosen = next((s for s in shown.sources if s.citation.number == wanted), None)
        if chosen is None:
            return sources.panel(at, shown)
        try:
            with self._holder.use() as assistant:
                article = assistant.article(chosen.citation.article)
        except AssistantError as error:
            return sources.gone(at, sentence(str(error)))
        return sources.article_view(at, shown, chosen, article)

    def answer(
        self,
        question: str,
        outlets: list[str] | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> dict[str, Any]:
        """Answer one question, as 'assistant ask --json' does. Dates are written YYYY-MM-DD."""
        try:
            filters = to_filters(outlets or [], since, until)
            with self._holder.use() as assistant:
                answer: dict[str, Any] = json.loads(
                    render.to_json(assistant.ask(question, filters))
                )
        except AssistantError as error:
            raise gr.Error(sentence(str(error)), print_exception=False) from error
        return answer


def to_filters(outlets: Sequence[str], since: str | None, until: str | None) -> Filters:
    """The filters that a visitor set. Raises UsageError for a date that is none."""
    return Filters(tuple(outlets or ()), _date(since), _date(until))


def _date(text: str | None) -> date | None:
    if not text or not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise UsageError(f"{text.strip()!r} is no date; write one like 2024-03-05") from None


def sentence(message: str) -> str:
    """An error's message as a sentence."""
    message = message.strip()
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "!", "?")) else ".")
