"""The chat page: what is on it, and the server it runs on."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI

from assistant.errors import AssistantError, UsageError
from assistant.ui import library, sources
from assistant.ui.events import Events
from assistant.ui.holder import Holder

TITLE = "News Assistant"
_HERE = Path(__file__).parent
# The newest question at the top of the chat, its answer below it.
_SHOW_NEWEST = """() => setTimeout(() => {
    const newest = [...document.querySelectorAll("#chat .user-row")].pop();
    if (newest) newest.scrollIntoView({ block: "start" });
}, 100)"""
_AT_ONCE = 4  # questions answered at the same time; others wait, and the page goes on


def build(holder: Holder) -> Any:
    """The page as Gradio blocks."""
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


def app(holder: Holder) -> FastAPI:
    """The page as a web application."""
    served = FastAPI(title=TITLE, docs_url=None, redoc_url=None, openapi_url=None)
    gr.mount_gradio_app(
        served,
        build(holder),
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
    served.add_middleware(_OnlyFromHere)
    return served


class _OnlyFromHere:
    """Tells browsers to load and send nothing beyond this server, whatever a page may hold."""

    POLICY = (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'"
    )

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_with_policy(message: Any) -> None:
            if message["type"] == "http.response.start":
                policy = (b"content-security-policy", self.POLICY.encode("ascii"))
                message["headers"] = [*message.get("headers", []), policy]
            await send(message)

        await self._inner(scope, receive, send_with_policy)


def serve(
    index: str | Path | None = None,
    embedding_model: str | None = None,
    host: str = "127.0.0.1",
    port: int = 7860,
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Run the chat page until it is stopped; `say` is told, a line at a time, what is going on.

    Without a usable index the page opens all the same, says what is missing, and works once it is
    there. Port 0 is any free one. Raises UsageError where the address cannot be used.
    """
    with closing(_listen(host, port)) as listening:
        holder = Holder(index, embedding_model)
        try:
            say(f"Opening the index {holder.index} ...")
            try:
                with holder.use() as assistant:
                    count = len(assistant.articles())
                say(f"{count:,} article{'' if count == 1 else 's'} indexed.")
            except AssistantError as error:
                say(f"{error}\nThe page opens all the same; reload it when that is done.")
            at = f"[{host}]" if ":" in host else host
            config = uvicorn.Config(app(holder), log_level="error", timeout_graceful_shutdown=1)
            say(f"Chat page: http://{at}:{listening.getsockname()[1]} (Ctrl-C stops it)")
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:
            pass  # the way to stop it
        finally:
            holder.close()
    say("Stopped.")


def _listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises UsageError where that is not possible."""
    if not 0 <= port <= 65535:  # the system would take it modulo 65536
        raise UsageError(f"no port {port}; --port takes one from 1 to 65535, or 0 for any free one")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"no address {host}:{port} ({error}); see --host and --port") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError as error:
        listening.close()
        raise UsageError(
            f"cannot listen on {host}:{port} ({error.strerror or error}); "
            f"choose another port with --port {port + 1 if 0 < port < 65535 else 7860}"
        ) from error
    return listening
