import csv
import json
import re
from html.parser import HTMLParser

import pytest

from assistant.errors import UsageError
from assistant.evaluation import compare, plots, report
from assistant.evaluation.engines import Engine
from assistant.evaluation.gold import Gold, GoldFile
from assistant.evaluation.page import to_html
from assistant.evaluation.replies import Quote, Reply, failed
from assistant.evaluation.run import Replied
from assistant.evaluation.summary import to_text
from assistant.records import EvidenceSpan, GoldQuestion

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u2028\ud800🎉"
TEXTS = {EVIL: EVIL * 3, "a": "Ada met Bob in Paris."}
QUESTIONS = (
    GoldQuestion("q1", f"=cmd() {EVIL}", EVIL, (EVIL,), (EvidenceSpan(EVIL, 0, 9),), True, (EVIL,)),
    GoldQuestion("q2", "Where?", "where", ("Paris",), (EvidenceSpan("a", 0, 21),), True),
    GoldQuestion("q3", "Why?", "near_miss", (), (), False),
    GoldQuestion("q4", "Who?", "who", ("Ada",), (EvidenceSpan("a", 0, 21),), True),
)
EVIL_QUOTE = Quote(1, EVIL, 0, 9, EVIL, EVIL, EVIL)
GOOD_QUOTE = Quote(1, "a", 0, 21, TEXTS["a"])
REPLIES = (
    Reply("answered", f"{EVIL} [1]", EVIL, 0.9, (EVIL_QUOTE,), (EVIL_QUOTE,), (EVIL,), EVIL, EVIL),
    Reply("answered", "Ada met Bob in Paris. [1]", "Paris", 0.8, (GOOD_QUOTE,), (GOOD_QUOTE,)),
    Reply("not_found", "No.", None, 0.1, (), (GOOD_QUOTE,)),
    failed(EVIL),
)
INDEX = {
    "path": EVIL,
    "generation": "000001",
    "sha256": "0" * 64,
    "schema": 1,
    "model": "m",
    "dimension": 384,
    "passage_words": [60, 120],
    "passages": 2,
    "articles": 2,
}


def made(*names, failures=()):
    runs = [
        report.make_run(
            Engine(name, lambda q: failed(""), 0.5, {"url": EVIL}),
            QUESTIONS,
            [Replied(reply, 0.1) for reply in REPLIES],
            TEXTS,
        )
        for name in names or ("e",)
    ]
    comparisons = [compare.compare("old", runs[0].rows, run.engine, run.rows) for run in runs[1:]]
    files = (GoldFile(f"{EVIL}.jsonl", "0" * 64, 4),)
    return report.Report(
        "2026-01-01",
        "1.0",
        Gold(files, QUESTIONS),
        INDEX,
        tuple(runs),
        tuple(comparisons),
        failures,
    )


class Page(HTMLParser):
    """What tags and attributes a page has, and whether they nest."""

    VOID = frozenset(("meta", "input", "br", "img", "link"))

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.ids, self.stack = set(), set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag


def test_the_page_is_well_formed_and_escapes_strangers_text():
    text = to_html(made("e", EVIL, failures=(EVIL,)), TEXTS)
    page = Page(text)
    assert page.stack == []
    assert len(page.ids) == len(set(page.ids))
    assert "img" not in page.tags
    assert not any(name.startswith("on") for name in page.attributes)
    assert text.count("<script>") == 1
    assert "&lt;script&gt;alert(1)" in text
    assert text.count("<h4>Understood as</h4><p>&lt;script&gt;") == 2  # one a run


def test_the_page_asks_nothing_of_the_network():
    text = to_html(made(), TEXTS)
    assert "default-src &#x27;none&#x27;" in text
    assert not re.search(
        r"(src|href)=\"(?!#)|@import|url\(|fetch\(|XMLHttp", text.replace(EVIL, "")
    )


def test_the_page_has_every_question_wrong_ones_first():
    outcomes = re.findall(r'data-outcome="(\w+)"', to_html(made(), TEXTS))
    assert outcomes == ["wrongly_refused", "right", "right", "rightly_refused"]


def test_the_files(tmp_path):
    folder = tmp_path / "new" / "report"
    page = report.write(made(), folder, TEXTS)
    assert page == folder / "report.html"
    values = json.loads((folder / "report.json").read_text("utf-8"))
    assert values["index"]["generation"] == "000001"
    assert values["runs"][0]["figures"]["verbatim"] == 0.5
    # A lone surrogate, as in the first question, has no UTF-8.
    assert compare.read_rows(folder / "report.json")[1][1:] == list(made().runs[0].rows[1:])
    with (folder / "questions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["q1", "q2", "q3", "q4"]
    assert rows[0]["question"].startswith("'=cmd()"), "no formula"
    assert rows[0]["understood"].startswith("<script>")
    assert rows[1]["outcome"] == "right"


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        report.write(made(), tmp_path / "file" / "report", TEXTS)


def test_the_terminal_has_figures_groups_and_comparisons():
    text = to_text(made("first", "second"))
    assert "4 questions, 3 of them answerable" in text
    assert re.search(r"text_accuracy +0\.\d{3}", text)
    assert "second held against old: 4 questions in both, 0 better, 0 worse" in text
    assert "near_miss" in text


def test_plots_of_nothing_and_of_everything_wrong():
    rows = made().runs[0].rows
    for draw in (plots.risk_against_coverage, plots.calibration, plots.latency):
        assert "<svg" in draw([])
        assert "<svg" in draw(rows)
        assert "nan" not in draw([row.at(1.0) for row in rows])
    assert "<svg" in plots.bars("t", {"a": (None, 0), EVIL: (0.5, 3)})


def test_a_threshold_given_replaces_the_engines_own():
    engine = Engine("e", lambda q: failed(""), 0.0)
    replied = [Replied(reply, 0.1) for reply in REPLIES]
    assert report.make_run(engine, QUESTIONS, replied, TEXTS).figures["coverage"] == 0.5
    assert report.make_run(engine, QUESTIONS, replied, TEXTS, 0.85).figures["coverage"] == 0.25
