import json
from dataclasses import replace
from datetime import date

from assistant import render
from assistant.answering.citations import cite
from assistant.records import Answer, Article, Evidence, Passage, Span

TEXT = "The *mayor* <script>alert(1)</script> said “no”."
ARTICLE = Article(
    "a1", TEXT, "A [title]", "The Times", date(2024, 3, 5), None, "", (Span("body", 0, len(TEXT)),)
)
PASSAGE = Evidence(Passage("p1", "a1", 0, len(TEXT), TEXT), ARTICLE, 0.5, 0.6, None)
ANSWER = Answer(
    question="Q?",
    understood="Q?",
    status="answered",
    text=f"{TEXT} [1]",
    short=None,
    confidence=0.75,
    citations=(cite(1, ARTICLE, 0, len(TEXT)),),
    evidence=(PASSAGE,),
    notes=("one note",),
    engine="extractive",
    seconds=0.25,
)


def test_json_is_one_line_with_the_keys_scripts_rely_on():
    line = render.to_json(ANSWER)
    assert "\n" not in line
    values = json.loads(line)
    assert values == {
        "question": "Q?",
        "understood": "Q?",
        "status": "answered",
        "text": f"{TEXT} [1]",
        "short": None,
        "confidence": 0.75,
        "citations": [
            {
                "number": 1,
                "article": "a1",
                "title": "A [title]",
                "outlet": "The Times",
                "published": "2024-03-05",
                "start": 0,
                "end": len(TEXT),
                "quote": TEXT,
            }
        ],
        "evidence": [{**values["citations"][0], "score": 0.5}],
        "notes": ["one note"],
        "engine": "extractive",
        "seconds": 0.25,
    }


def test_text_shows_answer_source_quote_and_note():
    text = render.to_text(ANSWER)
    assert text.startswith("The *mayor*")
    assert "[1] The Times, A [title], 5 March 2024" in text
    assert text.endswith("(one note)")


def test_not_found_shows_the_nearest_passages_as_such():
    answer = replace(ANSWER, status="not_found", text="Nothing.", citations=())
    assert "nearest: The Times, A [title], 5 March 2024" in render.to_text(answer)
    assert TEXT[:10] in render.to_text(answer)


def test_markdown_shows_markup_in_an_article_as_text():
    markdown = render.to_markdown(ANSWER)
    assert "<script>" not in markdown
    assert "&lt;script\\>" in markdown
    assert "\\*mayor\\*" in markdown
    assert "[1]" in markdown
    assert "A \\[title\\]" in markdown


def test_an_article_without_metadata_is_named_by_its_id():
    bare = Article("a1", TEXT, spans=ARTICLE.spans)
    assert render.source_line(cite(1, bare, 0, 5)) == "a1"
