"""The chat tab: what is on it, and which event does what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.holder import Holder
from assistant.ui import sources, storage
from assistant.ui.chat import Chat, filter_label

_HERE = Path(__file__).parent
AT_ONCE = 4  # questions answered at the same time; others wait, and the page goes on
# Makes a file of a text, in the browser.
DOWNLOAD = """(name, text) => {
    if (!text) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}"""
# The newest question at the top of the chat, its answer below it.
_SHOW_NEWEST = """() => setTimeout(() => {
    const newest = [...document.querySelectorAll("#chat .user-row")].pop();
    if (newest) newest.scrollIntoView({ block: "start" });
}, 100)"""
_FOCUS = """() => setTimeout(() => document.querySelector("{} textarea")?.focus(), 100)"""
QUIET: dict[str, Any] = {
    "show_progress": "hidden",
    "concurrency_limit": None,
    "api_visibility": "private",
}


@dataclass(frozen=True, slots=True)
class ChatTab:
    """What the rest of the page needs of the tab."""

    chat: Any
    panel: Any
    kept: Any
    filters: tuple[Any, Any, Any]


def build(holder: Holder, events: Chat) -> ChatTab:
    """The tab, within the blocks under way."""
    key = storage.storage_key(holder.index)
    # Both are set, and the same at every start: with random ones no conversation would be found
    # again. The secret protects nothing, as every visitor is sent it; nor is anything to protect
    # in a browser's own store.
    kept = gr.BrowserState([], storage_key=key, secret=key)
    edited = gr.State(None)
    judged = gr.State(None)
    with gr.Row(elem_id="desk"):
        with gr.Column(scale=5, elem_id="talk"):
            with gr.Row(elem_id="chat-tools"):
                again = gr.Button("New chat", size="sm", elem_id="again", elem_classes="pill")
                export = gr.Button("Export", size="sm", elem_id="export", elem_classes="pill")
                markdown = gr.Textbox(visible="hidden", label="Exported conversation")
            chat = gr.Chatbot(
                label="Conversation",
                show_label=False,
                elem_id="chat",
                height=520,
                buttons=[],
                latex_delimiters=[],
                feedback_options=None,
                layout="bubble",
                autoscroll=False,
            )
            with gr.Row(visible=False, elem_id="comment") as commenting:
                comment = gr.Textbox(
                    label="What was good or wrong? (as you like)", max_lines=3, scale=4
                )
                send = gr.Button("Send", size="sm", elem_classes="pill")
                skip = gr.Button("No comment", size="sm", elem_classes="pill")
            with gr.Row(visible=False, elem_id="editing") as editing:
                gr.HTML(
                    '<p role="status">You are changing an earlier question. '
                    "Asking it replaces it and all that follows.</p>"
                )
                leave = gr.Button("Leave it", size="sm", elem_classes="pill")
            box = gr.Textbox(
                label="Question",
                show_label=False,
                placeholder="Ask what the articles say …",
                elem_id="question",
                submit_btn="Ask",
                autofocus=True,
                max_lines=6,
            )
            filters = gr.Accordion("Asking: All articles", open=False, elem_id="filters")
            with filters, gr.Row():
                outlets = gr.Dropdown([], label="Outlets (none: all)", multiselect=True, scale=2)
                since = gr.Textbox(label="Since", placeholder="YYYY-MM-DD", max_lines=1)
                until = gr.Textbox(label="Until", placeholder="YYYY-MM-DD", max_lines=1)
        with gr.Column(scale=4, elem_id="shelf"):
            panel = gr.HTML(
                sources.EMPTY,
                elem_id="sources",
                js_on_load=(_HERE / "page.js").read_text(encoding="utf-8"),
            )
    chosen = (outlets, since, until)
    asked = [chat, box, editing, edited, kept]
    posed = (
        box.submit(events.ask, [box, kept, edited, *chosen], asked, **QUIET),
        chat.example_select(events.example, [kept, *chosen], asked, **QUIET),
        panel.retry(events.retry, kept, [chat, box, kept], **QUIET),
    )
    shown = [chat, box, panel, kept]
    answering: list[Any] = []
    for event in posed:
        event.then(None, js=_SHOW_NEWEST, **QUIET)
        answering.append(
            event.then(
                events.answer,
                kept,
                shown,
                show_progress="hidden",
                concurrency_limit=AT_ONCE,
                concurrency_id="ask",
                api_visibility="private",
                # "once" would hold the next question back after one that was stopped.
                trigger_mode="multiple",
            )
        )
    for event in answering:
        event.then(None, js=_SHOW_NEWEST, **QUIET)
    box.stop(events.stop, kept, shown, cancels=answering, **QUIET)
    panel.click(events.open_source, kept, panel, **QUIET)
    panel.edit(events.edit, kept, [box, editing, edited], **QUIET).then(
        None, js=_FOCUS.replace("{}", "#question"), **QUIET
    )
    leave.click(lambda: ("", gr.Row(visible=False), None), None, [box, editing, edited], **QUIET)
    panel.like(events.judge, kept, [chat, kept, commenting, judged], **QUIET).then(
        None, js=_FOCUS.replace("{}", "#comment"), **QUIET
    )
    gr.on(
        [send.click, comment.submit],
        events.comment,
        [kept, judged, comment],
        [commenting, comment],
        **QUIET,
    )
    gr.on(
        [skip.click, box.submit, panel.edit, again.click],
        lambda: (gr.Row(visible=False), ""),
        None,
        [commenting, comment],
        **QUIET,
    )
    emptied = [chat, box, editing, edited, panel, kept]
    again.click(events.restart, None, emptied, cancels=answering, **QUIET)
    export.click(events.export, kept, markdown, **QUIET).then(
        None, markdown, None, js=f"text => ({DOWNLOAD})('conversation.md', text)", **QUIET
    )
    for control in chosen:
        control.change(filter_label, list(chosen), filters, **QUIET)
    return ChatTab(chat, panel, kept, chosen)
