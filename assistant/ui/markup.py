"""Text as HTML. Articles and questions are untrusted: all they say passes through here."""

from __future__ import annotations

import html
import re
from datetime import date

from assistant.records import Citation

# Characters that mean something to Markdown or LaTeX, which the chat component renders.
_MARKED = {ord(c): f"&#{ord(c)};" for c in "\\`*_{}[]()#+-.!|~$:@^="}


def escape(text: str) -> str:
    """`text` as HTML that shows it as it is."""
    return html.escape(text, quote=True)


def escape_line(text: str) -> str:
    """`text` as one line of HTML that shows it as it is, in Markdown too."""
    # Escaped for HTML first, then for Markdown, whose characters are in no HTML entity made here
    # but "#" and ";": those of html.escape are "&amp;", "&lt;", "&gt;", "&quot;" and "&#x27;".
    return html.escape(" ".join(text.split()), quote=False).translate(_MARKED)


def escape_lines(text: str) -> str:
    """Like `escape_line`, with the line breaks kept."""
    return "<br>".join(escape_line(line) for line in text.strip().splitlines())


def with_commands(message: str) -> str:
    """An error's message as HTML, the 'commands' in it set off."""
    return re.sub("&#x27;(assistant .+?)&#x27;", r"<code>\1</code>", escape(message))


def sentence(message: str) -> str:
    """An error's message as a sentence."""
    message = message.strip()
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "!", "?")) else ".")


def day(value: date) -> str:
    """A date as people write it."""
    return f"{value.day} {value:%B %Y}"


def name(citation: Citation) -> str:
    """How a reader recognises the source: its outlet, else its headline, else its id."""
    return citation.outlet or citation.title or citation.article


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, cut between words."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def button(exchange: int, number: int, text: str, title: str, classes: str) -> str:
    """A button that opens source `number` of an exchange; `text` and `title` are HTML already.

    The chat component's sanitizer strips data-* attributes; `value` passes, and page.js reads it.
    """
    return (
        f'<button type="button" class="cite {classes}" value="{exchange}.{number}" '
        f'title="{title}">{text}</button>'
    )


def act(action: str, exchange: int, text: str, title: str, chosen: bool = False) -> str:
    """A button that does something with an exchange; page.js knows the actions."""
    classes = f"act {action}{' chosen' if chosen else ''}"
    return (
        f'<button type="button" class="{classes}" value="{action}.{exchange}" '
        f'title="{title}">{text}</button>'
    )
