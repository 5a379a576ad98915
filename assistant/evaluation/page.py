"""The report as one HTML page that needs nothing else: no network, no other file.

Questions, answers and articles are strangers' text: all of it goes through `escape`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from importlib.resources import files

from assistant.evaluation import plots
from assistant.evaluation.compare import ALPHA, Comparison, direction
from assistant.evaluation.grading import OUTCOMES, Row, is_right
from assistant.evaluation.matching import overlaps
from assistant.evaluation.metrics import BY_NAME, METRICS, SECTIONS
from assistant.evaluation.replies import Quote, Reply
from assistant.evaluation.report import Report, Run
from assistant.evaluation.summary import number
from assistant.records import GoldQuestion

_TILES = (
    "text_accuracy",
    "evidence_hit",
    "citation_article_precision",
    "abstention_recall",
    "false_refusals",
    "verbatim",
    "hit@8",
    "seconds_p50",
)
_BY_GROUP = {
    "text_accuracy": "in text",
    "short_accuracy": "in short",
    "evidence_hit": "evidence",
    "citation_article_precision": "cited article",
    "hit@1": "hit@1",
    "hit@8": "hit@8",
    "mrr": "MRR",
    "coverage": "answered",
    "seconds_p50": "p50 s",
}
_CHARACTERS = 220  # shown of a passage that was found
# No script, picture or request from anywhere but this page itself.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def to_html(report: Report, texts: Mapping[str, str]) -> str:
    """The page; `texts` are the articles' texts by id."""
    names = ", ".join(run.engine for run in report.runs)
    body = "".join(
        [
            _head(report, names),
            *(_overview(place, run) for place, run in enumerate(report.runs)),
            *(_comparison(found, report) for found in report.comparisons),
            _figures(report),
            *(_details(place, run, texts) for place, run in enumerate(report.runs)),
        ]
    )
    here = files(__package__)
    css, script = ((here / f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation: {escape(names)}</title>\n<style>\n{css}</style></head>\n"
        f"<body>\n{body}\n<script>\n{script}</script>\n</body></html>\n"
    )


def _head(report: Report, names: str) -> str:
    index = report.index
    gold = "; ".join(f"{file.path} ({file.questions:,} questions)" for file in report.gold.files)
    hashes = ", ".join(file.sha256[:12] for file in report.gold.files)
    low, high = index["passage_words"]
    facts = {
        "Gold questions": f"{gold}, SHA-256 {hashes}",
        "Index": f"{index['path']}, generation {index['generation']}, SHA-256 of its manifest "
        f"{index['sha256'][:12]}",
        "It holds": f"{index['articles']:,} articles in {index['passages']:,} passages of {low} to "
        f"{high} words; {index['model']}, {index['dimension']} dimensions; "
        f"schema {index['schema']}",
        **{
            f"Engine {run.engine}": ", ".join(
                [f"threshold {run.threshold:.4g}", *(f"{k} {v}" for k, v in run.settings.items())]
            )
            for run in report.runs
        },
        "Version": f"{report.version}, {report.made}",
    }
    items = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    failed = ""
    if report.failures:
        lines = "".join(f"<li>{escape(line)}</li>" for line in report.failures)
        failed = f'<div class="failed"><b>The gate does not hold.</b><ul>{lines}</ul></div>'
    return f'<h1>Evaluation: {escape(names)}</h1>{failed}<dl class="facts">{items}</dl>'


def _figures(report: Report) -> str:
    heads = "".join(f'<th scope="col">{escape(run.engine)}</th>' for run in report.runs)
    rows = []
    for section, title in SECTIONS.items():
        span = len(report.runs) + 1
        rows.append(f'<tr class="section"><th colspan="{span}" scope="colgroup">{title}</th></tr>')
        for metric in METRICS:
            if metric.section != section:
                continue
            cells = "".join(
                f"<td>{number(run.figures[metric.name])}{metric.unit}"
                f"<small>{_bounds(run, metric.name)}</small></td>"
                for run in report.runs
            )
            better = " Lower is better." if metric.higher_is_better is False else ""
            rows.append(
                f'<tr><th scope="row"><details><summary>{escape(metric.title)}</summary>'
                f"<small><code>{metric.name}</code>: {escape(metric.definition)}{better} "
                f"Source: {escape(metric.source)}.</small></details></th>{cells}</tr>"
            )
    return (
        '<h2>Figures</h2><p class="soft">With 95% intervals (bootstrap over questions). Open a '
        'figure for its definition and source.</p><div class="wide">'
        '<table class="figures"><thead><tr>'
        f'<th scope="col">figure</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        "</div>"
    )


def _bounds(run: Run, name: str) -> str:
    bounds = run.intervals[name]
    return f"{number(bounds[0])} to {number(bounds[1])}" if bounds else ""


def _comparison(found: Comparison, report: Report) -> str:
    place = next((i for i, run in enumerate(report.runs) if run.engine == found.new), 0)
    rows = "".join(
        f'<tr><th scope="row">{escape(BY_NAME[d.metric].title)}</th>'
        f"<td>{number(d.old)}</td><td>{number(d.new)}</td>"
        f'<td class="{_word(direction(d))}">{_word(direction(d))}</td>'
        f"<td>{d.p:.3f}<small>{d.test}</small></td>"
        f"<td>{'no' if d.p < ALPHA else 'perhaps'}</td></tr>"
        for d in found.differences
        if d.old != d.new
    )
    changes = []
    for label, better in (("Worse", False), ("Better", True), ("Otherwise", None)):
        items = "".join(
            f'<li><a href="#r{place}-{escape(change.id)}">{escape(change.id)}</a>: '
            f"{OUTCOMES[change.old]} &rarr; {OUTCOMES[change.new]}</li>"
            for change in found.changes
            if change.better is better
        )
        if items:
            changes.append(f"<h3>{label}</h3><ul>{items}</ul>")
    left_out = f" {found.left_out:,} questions are in one run only, or changed." * bool(
        found.left_out
    )
    table = (
        '<div class="wide"><table><thead><tr><th scope="col">figure</th><th scope="col">before'
        '</th><th scope="col">now</th><th></th><th scope="col">p</th><th scope="col">chance?</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    return (
        f"<h2>{escape(found.new)} held against {escape(found.old)}</h2>"
        f"<p>{found.questions:,} questions are in both.{left_out}</p>"
        + (table if rows else "<p>No figure differs.</p>")
        + "".join(changes)
    )


def _word(way: int) -> str:
    return {1: "better", -1: "worse", 0: ""}[way]


def _overview(place: int, run: Run) -> str:
    tiles = "".join(
        f'<div class="tile"><b>{_short(run, name)}</b><span>{escape(BY_NAME[name].title)}</span>'
        f"<small>{_tile_bounds(run, name)}</small></div>"
        for name in _TILES
        if run.figures[name] is not None
    )
    total = max(len(run.rows), 1)
    strip = "".join(
        f'<i class="{name}" style="flex:{count / total:.4f}"></i>'
        for name, count in run.outcomes.items()
        if count
    )
    legend = "".join(
        f'<li><i class="{name}"></i>{count:,} {OUTCOMES[name]}</li>'
        for name, count in run.outcomes.items()
    )
    kinds = {
        name.removeprefix("kind "): (figures["accuracy"], count)
        for name, (count, figures) in run.groups.items()
        if name.startswith("kind ")
    }
    drawn = "".join(
        [
            plots.bars("Right outcome by kind", kinds),
            plots.risk_against_coverage(run.rows),
            plots.calibration(run.rows),
            plots.latency(run.rows),
        ]
    )
    return (
        f'<section id="r{place}"><h2>{escape(run.engine)}</h2><div class="tiles">{tiles}</div>'
        f'<div class="outcomes" aria-hidden="true">{strip}</div><ul class="legend">{legend}</ul>'
        f'<div class="plots">{drawn}</div></section>'
    )


def _details(place: int, run: Run, texts: Mapping[str, str]) -> str:
    return (
        f"<section><h2>{escape(run.engine)}: groups and questions</h2>{_groups(run)}"
        f"{_questions(place, run, texts)}</section>"
    )


def _short(run: Run, name: str) -> str:
    value, metric = run.figures[name], BY_NAME[name]
    if value is None:
        return "-"
    return f"{value:.2f}{metric.unit}" if metric.unit else f"{value:.1%}"


def _tile_bounds(run: Run, name: str) -> str:
    bounds, unit = run.intervals[name], BY_NAME[name].unit
    if bounds is None:
        return ""
    return _bounds(run, name) if unit else f"{bounds[0]:.0%} to {bounds[1]:.0%}"


def _groups(run: Run) -> str:
    heads = "".join(f'<th scope="col">{label}</th>' for label in _BY_GROUP.values())
    rows = "".join(
        f'<tr><th scope="row">{escape(name.removeprefix("kind "))}</th><td>{count:,}</td>'
        + "".join(f"<td>{number(figures[metric], 2)}</td>" for metric in _BY_GROUP)
        + "</tr>"
        for name, (count, figures) in run.groups.items()
    )
    return (
        '<h3>By group and kind</h3><div class="wide" tabindex="0"><table class="groups"><thead><tr>'
        f'<th scope="col">questions</th><th scope="col">n</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _questions(place: int, run: Run, texts: Mapping[str, str]) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" value="{name}" checked>{OUTCOMES[name]} ({count:,})</label>'
        for name, count in run.outcomes.items()
        if count
    )
    kinds = sorted({row.kind for row in run.rows})
    options = "".join(f'<option value="{escape(k)}">{escape(k)}</option>' for k in kinds)
    order = list(OUTCOMES)
    ranked = sorted(
        zip(run.questions, run.replies, run.rows, strict=True),
        key=lambda item: (order.index(item[2].outcome), -item[2].confidence),
    )
    listed = "".join(_question(place, *item, texts) for item in ranked)
    return (
        f'<h3>Every question</h3><fieldset class="filter" data-of="q{place}" hidden>{boxes}'
        f'<label>kind <select><option value="">all</option>{options}</select></label>'
        '<label>with the words <input type="search"></label><output></output></fieldset>'
        f'<div id="q{place}">{listed}</div>'
    )


def _question(
    place: int, question: GoldQuestion, reply: Reply, row: Row, texts: Mapping[str, str]
) -> str:
    outcome = row.outcome
    parts = []
    if question.history:
        earlier = "".join(f"<li>{escape(said)}</li>" for said in question.history)
        parts.append(f"<h4>Asked before</h4><ol>{earlier}</ol>")
    if reply.understood and reply.understood != question.question:
        parts.append(f"<h4>Understood as</h4><p>{escape(reply.understood)}</p>")
    what = {"error": "The engine failed", "not_found": "Not found"}.get(reply.status, "Answer")
    if reply.status == "answered" and not row.answered:
        what = "Not found, below the threshold; the best candidate was"
    parts.append(f"<h4>{what}</h4><p>{escape(reply.text)}</p>")
    if reply.short is not None:
        parts.append(f"<p>In short: <b>{escape(reply.short)}</b></p>")
    accepted = " | ".join(question.answers) or "none: the articles do not answer"
    parts.append(f"<h4>Accepted answers{_as_of(question)}</h4><p>{escape(accepted)}</p>")
    if reply.citations:
        parts.append("<h4>Citations</h4>" + "".join(_citations(question, reply, row)))
    if question.evidence:
        parts.append("<h4>Gold evidence</h4>" + "".join(_gold(question, reply, texts)))
    if reply.evidence:
        parts.append(f"<h4>Passages found</h4><ol>{''.join(_found(question, reply.evidence))}</ol>")
    parts += [f'<p class="soft">{escape(note)}</p>' for note in reply.notes]
    return (
        f'<details class="q" id="r{place}-{escape(row.id)}" data-outcome="{outcome}" '
        f'data-kind="{escape(row.kind)}"><summary><span class="verdict {outcome}">'
        f"{OUTCOMES[outcome]}</span>{escape(question.question)}<small>{escape(row.id)}, "
        f"{escape(row.kind)}, confidence {row.confidence:.2f}, {row.seconds:.2f} s</small>"
        f"</summary><div>{''.join(parts)}</div></details>"
    )


def _as_of(question: GoldQuestion) -> str:
    return f", as of {question.as_of.isoformat()}" if question.as_of else ""


def _citations(question: GoldQuestion, reply: Reply, row: Row) -> Iterator[str]:
    for quote, verdict in zip(reply.citations, row.citations, strict=True):
        if verdict.right:
            said = '<span class="yes">on gold evidence</span>'
        elif verdict.article_right:
            said = "in an article that holds gold evidence"
        elif question.answerable:
            said = '<span class="no">in another article</span>'
        else:
            said = '<span class="no">nothing answers this</span>'
        if not verdict.verbatim:
            said += ', <span class="no"><b>not verbatim</b></span>'
        yield (
            f"<div>[{quote.number}] {_where(quote)}: {said}"
            f"<blockquote>{escape(quote.quote)}</blockquote></div>"
        )


def _gold(question: GoldQuestion, reply: Reply, texts: Mapping[str, str]) -> Iterator[str]:
    for span in question.evidence:
        ranks = [
            rank
            for rank, q in enumerate(reply.evidence, start=1)
            if overlaps(q.article, q.start, q.end, span)
        ]
        cited = any(overlaps(q.article, q.start, q.end, span) for q in reply.citations)
        said = f"found at rank {ranks[0]}" if ranks else '<span class="no">not found</span>'
        said += ', <span class="yes">cited</span>' if cited else ", not cited"
        text = texts.get(span.article, "")[span.start : span.end]
        yield (
            f"<div>{escape(span.article)} {span.start}-{span.end}: {said}"
            f"<blockquote>{escape(text)}</blockquote></div>"
        )


def _found(question: GoldQuestion, evidence: Iterable[Quote]) -> Iterator[str]:
    for quote in evidence:
        mark = ' <span class="yes">gold evidence</span>' if is_right(question, quote) else ""
        shown = textwrap.shorten(quote.quote, _CHARACTERS, placeholder=" …")
        yield f"<li>{_where(quote)}{mark}<br><small>{escape(shown)}</small></li>"


def _where(quote: Quote) -> str:
    outlet = f"{quote.outlet}, " if quote.outlet else ""
    return escape(f"{outlet}{quote.article} {quote.start}-{quote.end}")
