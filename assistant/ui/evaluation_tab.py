"""The evaluation tab: gold questions asked with progress, a report to open, feedback to export."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import gradio as gr

from assistant import self_evaluation
from assistant.errors import AssistantError
from assistant.evaluation import drafting
from assistant.evaluation.feedback import Feedback
from assistant.evaluation.metrics import METRICS
from assistant.evaluation.report import Report
from assistant.holder import Holder
from assistant.ui.markup import escape, sentence

GOLD = Path("tests/gold")  # under the working folder
_NAME = re.compile(r"\d{8}-\d{6}-\d{6}")
_OFF = (
    '<p class="off">Evaluating is off on this page, because it can be reached from other machines '
    "without a password. On the machine it runs on, <code>assistant evaluate GOLD.jsonl</code> "
    "does it.</p>"
)
_SHOWN = ("accuracy", "text_accuracy", "evidence_hit", "false_refusals", "abstention_recall")


class Evaluations:
    """Every method is called in a worker thread, for any visitor."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._feedback = Feedback(holder.index)

    def run(
        self, chosen: str | None, uploaded: str | None, progress: gr.Progress = gr.Progress()
    ) -> str:
        """Ask the questions of a gold file; what came of it, with a link to the report."""
        path = Path(uploaded) if uploaded else GOLD / Path(chosen).name if chosen else None
        if path is None:
            return _told("Choose or upload a file of gold questions first.")
        progress(0, desc="Opening the index")
        name = f"{datetime.now():%Y%m%d-%H%M%S-%f}"
        try:
            with self._holder.use() as assistant:
                report = self_evaluation.evaluate(
                    assistant,
                    [path],
                    reports_folder(self._holder.index) / name,
                    lambda done, total: progress((done, total), desc="Asking", unit="questions"),
                )
        except AssistantError as error:
            return _told(sentence(str(error)))
        return summary(report, name, path.name)

    def drafts(self, progress: gr.Progress = gr.Progress()) -> tuple[str, str]:
        """What was made of the feedback, and the draft gold questions as JSON lines."""
        if not self._feedback.count():
            return _told("No feedback yet: answers have thumbs for it."), ""
        try:
            wanted = drafting.read_feedback(self._feedback.path)
            with self._holder.use() as assistant:
                lines = []
                for number, item in enumerate(wanted, start=1):
                    entry = drafting.draft(item, number, lambda q: assistant.ask(q, threshold=0.0))
                    lines.append(json.dumps(entry, ensure_ascii=False) + "\n")
                    progress((number, len(wanted)), desc="Drafting", unit="questions")
        except AssistantError as error:
            return _told(sentence(str(error))), ""
        told = f"{len(lines):,} draft{'' if len(lines) == 1 else 's'} downloaded."
        return _told(f'{told} Review each, then remove its key "draft".'), "".join(lines)


def build(holder: Holder, editable: bool, download: str) -> None:
    """The tab, within the blocks under way; `download` is JavaScript that makes a file of text."""
    with gr.Column(elem_id="evaluation"):
        gr.HTML(
            '<div class="panel"><h2>How good are the answers?</h2><p>Asks every question of a gold '
            "file and holds the answers against what is known to be right.</p></div>"
        )
        if not editable:
            gr.HTML(_OFF)
            return
        evaluations = Evaluations(holder)
        with gr.Row():
            chosen = gr.Dropdown(
                gold_files(), label=f"A gold file in {GOLD}", value=None, elem_id="gold"
            )
            uploaded = gr.File(
                label="… or one of your own (JSON lines)", height=110, elem_id="gold-upload"
            )
        with gr.Row(elem_classes="tools"):
            run = gr.Button(
                "Evaluate", variant="primary", size="sm", elem_id="evaluate", elem_classes="pill"
            )
            draft = gr.Button(
                "Export feedback as draft questions",
                size="sm",
                elem_id="drafts",
                elem_classes="pill",
            )
        result = gr.HTML("", elem_id="result", min_height=90)
        text = gr.Textbox(visible="hidden", label="Draft questions")
    working: dict[str, Any] = {
        "concurrency_limit": 1,
        "concurrency_id": "evaluation",
        "api_visibility": "private",
    }
    run.click(evaluations.run, [chosen, uploaded], result, **working)
    drafted = draft.click(
        evaluations.drafts, None, [result, text], show_progress_on=result, **working
    )
    drafted.success(None, text, None, js=f"text => ({download})('draft-gold.jsonl', text)")


def gold_files() -> list[str]:
    """The names of the gold files under the working folder."""
    return sorted(path.name for path in GOLD.glob("*.jsonl"))


def reports_folder(index: Path) -> Path:
    """Where reports are written: in the index's folder, beside the generations."""
    return index / "reports"


def report_page(index: Path, name: str) -> Path | None:
    """The report of that name, if there is one; `name` comes from a browser."""
    page = reports_folder(index) / name / "report.html"
    return page if _NAME.fullmatch(name) and page.is_file() else None


def summary(report: Report, name: str, gold: str) -> str:
    """A few figures, and the link to all of them."""
    (run,) = report.runs
    figures = "".join(
        f'<li title="{escape(metric.definition)}"><b>{value:.0%}</b> {escape(metric.title)}</li>'
        for metric in METRICS
        if metric.name in _SHOWN and (value := run.figures[metric.name]) is not None
    )
    questions = f"{len(run.questions):,} question{'' if len(run.questions) == 1 else 's'}"
    return (
        f'<div class="panel result" role="status"><h2>{questions} of {escape(gold)}</h2>'
        f'<ul class="figures">{figures}</ul>'
        f'<p><a href="reports/{name}" target="_blank">Open the report</a></p></div>'
    )


def _told(message: str) -> str:
    return f'<p class="told" role="status">{escape(message)}</p>'
