"""What happens in the chat: each method takes what the browser sent, and gives what it shows.

The conversation itself is kept by the browser and comes with every event, so that neither a reload
nor a restart of the server loses it.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import gradio as gr

from assistant import render
from assistant.errors import AssistantError, UsageError
from assistant.evaluation.feedback import Feedback
from assistant.holder import Holder
from assistant.records import Filters
from assistant.ui import sources, storage
from assistant.ui.answers import describe, messages
from assistant.ui.conversation import Conversation, Exchange, answers, compared, stopped
from assistant.ui.export import to_markdown
from assistant.ui.markup import sentence

Shown = tuple[Any, ...]

_STOPPED = "Stopped before the answer was complete."
_FAILED = "Something went wrong while answering. The terminal of the assistant says more."
_log = logging.getLogger(__name__)


class Chat:
    """Every method is called in a worker thread, for any visitor."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._feedback = Feedback(holder.index)

    def arrive(self, kept: Any) -> Shown:
        """The chat, the sources and the conversation, as the browser kept it."""
        conversation = storage.settled(storage.read(kept))
        try:
            with self._holder.use() as assistant:
                conversation = compared(conversation, assistant)
        except AssistantError:
            pass  # the head of the page says what is missing
        return messages(conversation), sources.cards(conversation), storage.values(conversation)

    def ask(
        self,
        question: str,
        kept: Any,
        edited: int | None,
        outlets: Sequence[str],
        since: str,
        until: str,
    ) -> Shown:
        """The chat with the question in it, unanswered as yet; after an edit, from there on anew.

        Gives chat, question box, note above it, what is edited, and conversation.
        """
        conversation = storage.read(kept)
        nothing = (gr.skip(), gr.skip(), gr.skip(), gr.skip(), gr.skip())
        if not question.strip():
            gr.Info("Type a question first.")
            return nothing
        if conversation and conversation[-1].pending:
            gr.Info("The last question is still being answered; wait for it, or stop it.")
            return nothing
        try:
            exchange = Exchange(question, to_filters(outlets, since, until))
        except UsageError as error:
            exchange = Exchange(question, problem=sentence(str(error)))
        before = conversation if edited is None else conversation[:edited]
        asked = storage.trimmed((*before, exchange))
        if len(asked) <= len(before):
            gr.Info("The oldest questions were dropped: the browser keeps no more of them.")
        box = question_box("", running=exchange.pending)
        return messages(asked), box, editing(False), None, storage.values(asked)

    def example(
        self, kept: Any, outlets: Sequence[str], since: str, until: str, event: gr.SelectData
    ) -> Shown:
        """As `ask`, with the example that was clicked."""
        return self.ask(str(event.value["text"]), kept, None, outlets, since, until)

    def retry(self, kept: Any) -> Shown:
        """The chat with its last question unanswered again, the question box and conversation."""
        conversation = storage.read(kept)
        if not conversation or conversation[-1].pending:
            return gr.skip(), gr.skip(), gr.skip()
        last = conversation[-1]
        asked = (*conversation[:-1], Exchange(last.question, last.filters))
        return messages(asked), question_box("", running=True), storage.values(asked)

    def answer(self, kept: Any) -> Iterator[Shown]:
        """Answer the last question, if it has no answer yet.

        Gives chat, question box, sources and conversation, as the answer grows.
        """
        conversation = storage.read(kept)
        if not conversation or not conversation[-1].pending:
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()
            return
        *before, exchange = conversation
        try:
            with self._holder.use() as assistant:
                for grown in answers(assistant, exchange, tuple(before)):
                    exchange = grown
                    yield self._answered((*before, exchange))
        except AssistantError as error:
            yield self._answered((*before, stopped(exchange, sentence(str(error)))))
        except Exception:  # noqa: BLE001  (a visitor gets a sentence, the terminal the traceback)
            _log.exception("answering failed")
            yield self._answered((*before, stopped(exchange, _FAILED)))

    def _answered(self, conversation: Conversation) -> Shown:
        box = gr.skip() if conversation[-1].pending else question_box(running=False)
        shown = messages(conversation)
        return shown, box, sources.cards(conversation), storage.values(conversation)

    def stop(self, kept: Any) -> Shown:
        """As `answer`, with what there was when the visitor had enough."""
        conversation = storage.read(kept)
        return self._answered(tuple(stopped(e, _STOPPED) for e in conversation))

    def edit(self, kept: Any, event: gr.EventData) -> Shown:
        """The question box with the question to edit, the note above it, and which one it is."""
        conversation = storage.read(kept)
        at = _chosen(event, conversation)
        if at is None:
            return gr.skip(), gr.skip(), gr.skip()
        return conversation[at].question, editing(True), at

    def restart(self) -> Shown:
        """The chat, the question box, the note, what is edited, sources and conversation: empty."""
        return [], question_box("", running=False), editing(False), None, sources.EMPTY, []

    def open_source(self, kept: Any, event: gr.EventData) -> str:
        """The sources panel with the article of the source that was clicked, or with all cards."""
        conversation = storage.read(kept)
        at = _chosen(event, conversation)
        if at is None or not conversation[at].sources:
            return sources.EMPTY
        shown = conversation[at]
        number = str(event._data["value"]).rpartition(".")[2]
        chosen = next((s for s in shown.sources if str(s.citation.number) == number), None)
        if chosen is None:
            return sources.panel(at, shown)
        try:
            with self._holder.use() as assistant:
                article = assistant.article(chosen.citation.article)
        except AssistantError as error:
            return sources.gone(at, chosen, sentence(str(error)))
        return sources.article_view(at, shown, chosen, article)

    def judge(self, kept: Any, event: gr.EventData) -> Shown:
        """Keep or take back a verdict; the chat, the conversation, the comment's row, whose it is.

        A click on the verdict that stands takes it back.
        """
        conversation = storage.read(kept)
        at = _chosen(event, conversation)
        if at is None or conversation[at].answer is None:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        wanted = str(event._data["value"]).startswith("helpful")
        helpful = None if conversation[at].helpful is wanted else wanted
        judged = replace(conversation[at], helpful=helpful)
        if not self._keep(judged):
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        conversation = (*conversation[:at], judged, *conversation[at + 1 :])
        asked = gr.Row(visible=helpful is not None)
        return messages(conversation), storage.values(conversation), asked, at

    def comment(self, kept: Any, at: int | None, comment: str) -> Shown:
        """Keep a comment on a verdict; the comment's row, gone, and its box, empty."""
        conversation = storage.read(kept)
        if (
            at is not None
            and at < len(conversation)
            and comment.strip()
            and self._keep(conversation[at], comment)
        ):
            gr.Info("Thank you. The comment is kept beside the index, on this server only.")
        return gr.Row(visible=False), ""

    def _keep(self, exchange: Exchange, comment: str = "") -> bool:
        if exchange.answer is None or not exchange.id:
            return False
        values = json.loads(render.to_json(exchange.answer))
        try:
            self._feedback.give(exchange.id, values, exchange.helpful, comment)
        except UsageError as error:
            gr.Warning(sentence(str(error)))
            return False
        return True

    def export(self, kept: Any) -> str:
        """The conversation as Markdown; the browser makes a file of it."""
        conversation = storage.read(kept)
        if not conversation:
            gr.Info("There is nothing to export yet.")
            return ""
        return to_markdown(conversation)

    def api_answer(
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


def question_box(value: Any = None, *, running: bool) -> Any:
    """An update of the question box; while an answer is under way its button stops that."""
    change: dict[str, Any] = {} if value is None else {"value": value}
    stop = "Stop" if running else False
    return gr.Textbox(submit_btn=False if running else "Ask", stop_btn=stop, **change)


def editing(on: bool) -> Any:
    """An update of the note above the question box that says what will be replaced."""
    return gr.Row(visible=on)


def filter_label(outlets: Sequence[str], since: str, until: str) -> Any:
    """An update of the filters' heading: what they are."""
    try:
        filters = to_filters(outlets, since, until)
    except UsageError as error:
        return gr.Accordion(label=sentence(str(error)))
    return gr.Accordion(label=f"Asking: {describe(filters)}")


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


def _chosen(event: gr.EventData, conversation: Conversation) -> int | None:
    """Which exchange a button belongs to: the first number in its value. None if there is none."""
    named = re.match(r"(?:[a-z]+\.)?(\d{1,6})(?:\.|$)", str(event._data.get("value", "")))
    at = int(named[1]) if named else len(conversation)
    return at if at < len(conversation) else None
