"""The library tab: the indexed articles in a table, one to read, and adding and removing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from assistant import uploads
from assistant.errors import AssistantError, UsageError
from assistant.holder import Holder
from assistant.indexing.library import Listing
from assistant.records import Filters
from assistant.ui import sources
from assistant.ui.chat import to_filters
from assistant.ui.markup import escape, sentence
from assistant.uploads import Outcome

_COLUMNS = {
    "Headline": ("str", "26%"),
    "Outlet": ("str", "16%"),
    "Date": ("str", "14%"),
    "Words": ("number", "13%"),
    "Passages": ("number", "16%"),
    "Id": ("str", "15%"),
}
_CHOOSE = (
    '<div class="panel empty"><h2>Read an article</h2>'
    "<p>Click a row of the table to read its article here.</p></div>"
)
_REMOVE = "Remove this article"
_READ_ONLY = (
    '<p class="off">Adding, removing and re-indexing are off on this page, because it can be '
    "reached from other machines without a password. On the machine it runs on, "
    "<code>assistant index PATH …</code> adds articles.</p>"
)


@dataclass(frozen=True, slots=True)
class LibraryTab:
    """What the rest of the page needs of the tab; `rows` fills the table, by the filters."""

    rows: Callable[..., Any]
    table: Any
    filters: tuple[Any, Any, Any]


class Shelf:
    """Every method is called in a worker thread, for any visitor."""

    def __init__(self, holder: Holder, editable: bool) -> None:
        self._holder = holder
        self._editable = editable

    def rows(self, outlets: Sequence[str], since: str, until: str) -> Any:
        """The table of the articles that pass the filters; all, where these make no sense."""
        try:
            filters = to_filters(outlets, since, until)
        except UsageError:
            filters = Filters()
        try:
            with self._holder.use(current=True) as assistant:
                listings = [item for item in assistant.articles() if passes(item, filters)]
        except AssistantError:
            listings = []
        return [row(item) for item in listings]

    def read(self, event: gr.SelectData) -> tuple[Any, ...]:
        """The article of a row to read, its id, the button to remove it, and that none did yet."""
        id_ = str(event.row_value[-1])
        try:
            with self._holder.use(current=True) as assistant:
                article = sources.whole(assistant.article(id_))
        except AssistantError as error:
            return _told(sentence(str(error))), None, gr.Button(visible=False), False
        return article, id_, gr.Button(_REMOVE, visible=self._editable), False

    def add(self, files: list[str] | None, progress: gr.Progress = gr.Progress()) -> Any:
        """What became of each uploaded file; and an empty place to upload more to."""
        if not files:
            return gr.skip(), None
        progress(0, desc="Reading the files")
        try:
            outcomes = uploads.add(
                [Path(file) for file in files], self._holder.settings, _advance(progress)
            )
        except AssistantError as error:
            return _told(sentence(str(error))), None
        return outcome_list(outcomes), None

    def remove(self, id_: str | None, sure: bool) -> tuple[Any, ...]:
        """What was removed, and nothing to read; or the button that asks for a second click."""
        if not id_ or not sure:
            asking = gr.Button(f"Click again to remove {id_}") if id_ else gr.skip()
            return gr.skip(), gr.skip(), gr.skip(), asking, bool(id_)
        try:
            uploads.remove([id_], self._holder.settings)
            said = (
                f"Removed {id_}. A file outside the index stays where it is, and re-indexing its "
                "folder adds it again."
            )
        except AssistantError as error:
            said = sentence(str(error))
        return _told(said), _CHOOSE, None, gr.Button(visible=False), False

    def reindex(self, progress: gr.Progress = gr.Progress()) -> str:
        """What reading everything again has changed."""
        progress(0, desc="Reading the files")
        try:
            done, missing = uploads.reindex(self._holder.settings, _advance(progress))
        except AssistantError as error:
            return _told(sentence(str(error)))
        lines = [str(notice) for notice in done.notices]
        lines += [f"{root}: is not there now; what was indexed from it is kept" for root in missing]
        counts = (done.added, done.updated, done.removed, done.unchanged)
        told = "{} added, {} updated, {} removed, {} unchanged.".format(*counts)
        return _told(told, lines)


def build(holder: Holder, editable: bool, changed: Callable[[Any], Any]) -> LibraryTab:
    """The tab, within the blocks under way; `changed` is told of each event that changes articles.

    Without `editable` nothing that changes articles is on the page, nor in its API.
    """
    shelf = Shelf(holder, editable)
    quiet: dict[str, Any] = {
        "show_progress": "hidden",
        "concurrency_limit": None,
        "api_visibility": "private",
    }
    building: dict[str, Any] = {
        "concurrency_limit": 1,
        "concurrency_id": "build",
        "api_visibility": "private",
    }
    with gr.Row(elem_id="library"):
        with gr.Column(scale=6, elem_id="catalogue"):
            with gr.Row(elem_classes="filters"):
                outlets = gr.Dropdown([], label="Outlets (none: all)", multiselect=True, scale=2)
                since = gr.Textbox(label="Since", placeholder="YYYY-MM-DD", max_lines=1)
                until = gr.Textbox(label="Until", placeholder="YYYY-MM-DD", max_lines=1)
            gr.HTML('<p class="hint">The chat asks only the articles that these let through.</p>')
            table = gr.Dataframe(
                headers=list(_COLUMNS),
                datatype=[kind for kind, _ in _COLUMNS.values()],
                column_widths=[width for _, width in _COLUMNS.values()],
                column_count=len(_COLUMNS),
                label="Indexed articles",
                show_label=False,
                interactive=False,
                wrap=True,
                show_search="search",
                buttons=[],
                max_height=460,
                elem_id="articles",
            )
            if editable:
                files = gr.File(
                    label="Add articles: .txt or .md files, one article a file",
                    file_count="multiple",
                    height=130,
                    elem_id="upload",
                )
                with gr.Row(elem_classes="tools"):
                    again = gr.Button("Re-index", size="sm", elem_id="reindex", elem_classes="pill")
                    gr.HTML(
                        '<p class="hint">Reads again what was indexed and what was added here.</p>'
                    )
                outcome = gr.HTML("", elem_id="outcome")
            else:
                gr.HTML(_READ_ONLY, elem_id="read-only")
        with gr.Column(scale=4, elem_id="reading"):
            article = gr.HTML(_CHOOSE, elem_id="whole")
            shown = gr.State(None)
            sure = gr.State(False)
            remove = gr.Button(
                _REMOVE,
                size="sm",
                visible=False,
                elem_id="remove",
                elem_classes="pill",
            )
    filters = (outlets, since, until)
    # Where the article is below the table, it is brought into view.
    table.select(shelf.read, None, [article, shown, remove, sure], **quiet).then(
        None, js='() => document.querySelector("#whole").scrollIntoView({ block: "nearest" })'
    )
    if editable:
        changed(files.upload(shelf.add, files, [outcome, files], **building))
        changed(again.click(shelf.reindex, None, outcome, **building))
        taken = [outcome, article, shown, remove, sure]
        removing = remove.click(
            shelf.remove, [shown, sure], taken, show_progress_on=outcome, **building
        )
        changed(removing)
    for control in filters:
        control.change(shelf.rows, list(filters), table, **quiet)
    return LibraryTab(shelf.rows, table, filters)


def passes(listing: Listing, filters: Filters) -> bool:
    """Whether the chat would ask this article."""
    if filters.outlets and listing.outlet not in filters.outlets:
        return False
    if not (filters.since or filters.until):
        return True
    published = listing.published
    return bool(
        published
        and (filters.since is None or filters.since <= published)
        and (filters.until is None or published <= filters.until)
    )


def row(listing: Listing) -> list[Any]:
    """A row of the table; dates sort as they are written."""
    published = listing.published.isoformat() if listing.published else "–"
    return [
        " ".join((listing.title or "no headline stated").split()),
        listing.outlet or "–",
        published,
        listing.words,
        listing.passages,
        listing.id,
    ]


def outcome_list(outcomes: Sequence[Outcome]) -> str:
    """What became of each file, the good and the bad told apart by words, not by colour alone."""
    items = []
    for outcome in outcomes:
        kind, verdict = ("good", "indexed") if outcome.indexed else ("bad", "not indexed")
        more = outcome.message.removesuffix("; not indexed")
        told = f"{verdict}: {more}" if more else verdict
        items.append(
            f'<li class="{kind}"><b>{escape(outcome.name)}</b> <span>{escape(told)}</span></li>'
        )
    return f'<ul class="outcomes" role="status">{"".join(items)}</ul>'


def _told(message: str, lines: Sequence[str] = ()) -> str:
    more = "".join(f"<li>{escape(line)}</li>" for line in lines)
    more = f'<ul class="outcomes">{more}</ul>' if more else ""
    return f'<p class="told" role="status">{escape(message)}</p>{more}'


def _advance(progress: gr.Progress) -> Callable[[int, int], None]:
    def advance(done: int, total: int) -> None:
        progress((done, total), desc="Indexing", unit="passages")

    return advance
