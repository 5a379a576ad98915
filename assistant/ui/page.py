"""The chat page: what is on it, and what happens where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from assistant.holder import Holder
from assistant.ui import library, sources
from assistant.ui.events import Events

TITLE = "News Assistant"
_HERE = Path(__file__).parent
# The newest question at the top of the chat, its answer below it.
_SHOW_NEWEST = """() => setTimeout(() => {
    const newest = [...document.querySelectorAll("#chat .user-row")].pop();
    if (newest) newest.scrollIntoView({ block: "start" });
}, 100)"""
_AT_ONCE = 4  # questions answered at the same time; others wait, and the page goes on


def build(holder: Holder, *, editable: bool) -> Any:
    """The page as Gradio blocks; `editable`: visitors may add and remove articles."""
    events = Events(holder)
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        # First, so that the name is not taken: the events below are named after their methods.
        gr.api(events.answer, api_name="ask", concurrency_limit=_AT_ONCE, concurrency_id="ask")
        conversation = gr.State(())
        with gr.Row(elem_id="top"):
            head = gr.HTML(library.masthead(None), elem_id="masthead")
            again = gr.Button("New chat", size="sm", elem_id="again")
        with gr.Row(elem_id="desk"):
            with gr.Column(scale=5, elem_id="talk"):
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
                box = gr.Textbox(
                    label="Question",
                    show_label=False,
                    placeholder="Ask what the articles say …",
                    elem_id="question",
                    submit_btn=True,
                    autofocus=True,
                    max_lines=6,
                )
                filters = gr.Accordion("Only some outlets or dates", open=False, elem_id="filters")
                with filters, gr.Row():
                    outlets = gr.Dropdown(
                        [], label="Outlets (none: all)", multiselect=True, scale=2
                    )
                    since = gr.Textbox(label="Since", placeholder="YYYY-MM-DD", max_lines=1)
                    until = gr.Textbox(label="Until", placeholder="YYYY-MM-DD", max_lines=1)
            with gr.Column(scale=4, elem_id="shelf"):
                panel = gr.HTML(
                    sources.EMPTY,
                    elem_id="sources",
                    js_on_load=(_HERE / "page.js").read_text(encoding="utf-8"),
                )

        asking: dict[str, Any] = {
            "fn": events.ask,
            "inputs": [box, conversation, outlets, since, until],
            "outputs": [chat, box, panel, conversation],
            "show_progress": "hidden",
            "concurrency_limit": _AT_ONCE,
            "concurrency_id": "ask",
            "api_visibility": "private",
        }
        quiet: dict[str, Any] = {
            "show_progress": "hidden",
            "concurrency_limit": None,
            "api_visibility": "private",
        }
        mend: dict[str, Any] = {
            "fn": events.failed,
            "inputs": conversation,
            "outputs": [chat, conversation],
            **quiet,
        }
        box.submit(**asking).failure(**mend)
        chat.example_select(events.example, None, box, **quiet).then(**asking).failure(**mend)
        chat.change(None, js=_SHOW_NEWEST, **quiet)
        panel.click(events.open_source, conversation, panel, **quiet)
        again.click(events.restart, None, [chat, panel, conversation], **quiet)
        blocks.load(events.arrive, None, [head, chat, outlets], **quiet)
        blocks.load(events.examples, None, chat, **quiet)
    return blocks


def mount(served: Any, holder: Holder, *, editable: bool) -> None:
    """Put the page at / of a FastAPI application."""
    gr.mount_gradio_app(
        served,
        build(holder, editable=editable),
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        enable_monitoring=False,
        mcp_server=False,
        theme=gr.themes.Default(
            primary_hue="blue",
            neutral_hue="slate",
            radius_size="lg",
            # Fonts that the system has: Gradio's own would be fetched, page.css names better ones.
            font=["Arial", "sans-serif"],
            font_mono=["monospace"],
        ),
        css_paths=[_HERE / "page.css"],
    )
