"""What is indexed, as the page tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from assistant.errors import AssistantError
from assistant.holder import Holder
from assistant.indexing.library import Listing
from assistant.ui.markup import day, escape, sentence, with_commands


def masthead(holder: Holder | None) -> str:
    """The head of the page: its name and what is indexed, or why nothing is."""
    said = unusable = ""
    if holder is not None:
        try:
            with holder.use(current=True) as assistant:
                said = summary(assistant.articles())
        except AssistantError as error:
            problem = with_commands(sentence(str(error)))
            unusable = f'<p class="unusable" role="alert">{problem}</p>'
    return f"<header><h1>News Assistant</h1><p>{escape(said)}</p>{unusable}</header>"


def placeholder(holder: Holder) -> str:
    """What the empty chat says."""
    try:
        with holder.use(current=True) as assistant:
            if assistant.articles():
                return (
                    '<div class="welcome"><h2>What would you like to know?</h2><p>Answers quote '
                    "the articles word for word, and every number opens its source.</p></div>"
                )
        problem = "No articles are indexed; add some with 'assistant index PATH ...' or in Library."
    except AssistantError as error:
        problem = sentence(str(error))
    return f'<div class="welcome"><h2>Nothing to ask yet</h2><p>{with_commands(problem)}</p></div>'


def outlet_choice(holder: Holder) -> Any:
    """The outlets to choose from, as an update of a choice of them."""
    try:
        with holder.use(current=True) as assistant:
            outlets = assistant.outlets()
    except AssistantError:
        outlets = []
    info = None if outlets else "No article states its outlet."
    return gr.Dropdown(choices=outlets, interactive=bool(outlets), info=info)


def summary(articles: Sequence[Listing]) -> str:
    """How many articles, from how many outlets, of which dates."""
    count = len(articles)
    parts = [f"{count:,} article{'' if count == 1 else 's'}"]
    outlets = {article.outlet for article in articles if article.outlet}
    if outlets:
        parts.append(f"{len(outlets):,} outlet{'' if len(outlets) == 1 else 's'}")
    dates = sorted(article.published for article in articles if article.published)
    if dates and len(dates) == count:
        first, last = day(dates[0]), day(dates[-1])
        parts.append(first if first == last else f"{first} to {last}")
    return " · ".join(parts)
