"""The page: its tabs, what they share, and where it is served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from assistant.holder import Holder
from assistant.ui import chat_tab, evaluation_tab, library, library_tab
from assistant.ui.chat import Chat
from assistant.ui.chat_tab import AT_ONCE, DOWNLOAD, QUIET
from assistant.ui.examples import Examples

TITLE = "News Assistant"
_CSS = Path(__file__).parent / "page.css"


def build(holder: Holder, *, editable: bool) -> Any:
    """The page as Gradio blocks; `editable`: visitors may add and remove articles."""
    chatting = Chat(holder)
    examples = Examples(holder)
    changes: list[Any] = []
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        gr.api(chatting.api_answer, api_name="ask", concurrency_limit=AT_ONCE, concurrency_id="ask")
        head = gr.HTML(library.masthead(None), elem_id="masthead")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Chat"):
                chat = chat_tab.build(holder, chatting)
            with gr.Tab("Library", render_children=True):
                shelf = library_tab.build(holder, editable, changes.append)
            with gr.Tab("Evaluation"):
                evaluation_tab.build(holder, editable, DOWNLOAD)

        # The filters are on both tabs, and the same. What a function in the browser returns is the
        # list of its outputs.
        for mine, theirs in zip(chat.filters, shelf.filters, strict=True):
            mine.input(None, mine, theirs, js="value => [value]", **QUIET)
            theirs.input(None, theirs, mine, js="value => [value]", **QUIET)

        def surroundings() -> tuple[Any, ...]:
            """What depends on the index: the head, the empty chat and the outlets."""
            return (
                library.masthead(holder),
                gr.Chatbot(placeholder=library.placeholder(holder)),
                *[library.outlet_choice(holder)] * 2,
            )

        def questions() -> Any:
            """Example questions; finding them takes the assistant some seconds."""
            return gr.Chatbot(examples=[{"text": question} for question in examples.get()])

        around = [head, chat.chat, chat.filters[0], shelf.filters[0]]
        blocks.load(chatting.arrive, chat.kept, [chat.chat, chat.panel, chat.kept], **QUIET)
        for event in (blocks.load, *(change.then for change in changes)):
            event(surroundings, None, around, **QUIET)
            event(shelf.rows, list(shelf.filters), shelf.table, **QUIET)
            event(questions, None, chat.chat, **QUIET)
    return blocks


def mount(served: Any, holder: Holder, *, editable: bool) -> None:
    """Put the page at / of a FastAPI application, and its evaluation reports beneath /reports."""
    from fastapi import HTTPException
    from fastapi.responses import FileResponse

    if editable:

        def report(name: str) -> FileResponse:
            page = evaluation_tab.report_page(holder.index, name)
            if page is None:
                raise HTTPException(404, "no such report")
            # A report quotes articles: whatever is in it, it gets no hold of the page.
            sandbox = {"Content-Security-Policy": "sandbox allow-scripts"}
            return FileResponse(page, media_type="text/html", headers=sandbox)

        served.add_api_route("/reports/{name}", report, include_in_schema=False)

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
        max_file_size="25mb",
        theme=gr.themes.Default(
            primary_hue="blue",
            neutral_hue="slate",
            radius_size="lg",
            # Fonts that the system has: Gradio's own would be fetched, page.css names better ones.
            font=["Arial", "sans-serif"],
            font_mono=["monospace"],
        ),
        css_paths=[_CSS],
    )
