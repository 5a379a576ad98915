"""What texts and sidecars state, and nothing that they do not."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import SEEDS, write

from assistant.corpus.metadata import (
    SIDECAR,
    Sidecar,
    Stated,
    find_date,
    front_matter,
    read_sidecar,
    read_stated,
)
from assistant.corpus.passages import split_passages
from assistant.corpus.reading import make_article, read_articles
from assistant.text import line_spans

BODY = "\n\nThe mayor opened the bridge on Monday. It cost four million euros.\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("18 Jan, 2023", date(2023, 1, 18)),
        ("Posted: March 5th 2024 at noon", date(2024, 3, 5)),
        ("on Thursday, 18 December 2025.", date(2025, 12, 18)),
        ("Sept. 3, 2021", date(2021, 9, 3)),
        ("2024-02-29T10:00Z", date(2024, 2, 29)),
        ("5\xa0April 2024", date(2024, 4, 5)),
        ("1 MAY 1999 and 2 May 1999", date(1999, 5, 1)),
        ("31 February 2024", None),
        ("31 February 2024, rather 1 March 2024", date(2024, 3, 1)),
        ("2023-02-29", None),
        ("5 Aprıl 2024", None),  # a Turkish dotless i
        ("May 2024", None),
        ("in 2024", None),
        ("12/11/2023", None),  # which is the month?
        ("5 May 1824", None),
        ("", None),
    ],
)
def test_full_dates_are_found_and_no_others(text, found):
    assert find_date(text) == found


@given(st.text())
def test_no_text_is_too_odd_to_look_for_a_date_or_front_matter(text):
    find_date(text)
    front_matter(text)
    read_stated(text, ())


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_date_is_read_in_every_way_it_is_written(day):
    for written in ("%d %B %Y", "%B %d, %Y", "%Y-%m-%d", "%d %b %Y"):
        assert find_date(day.strftime(f"Published {written}, Rome")) == day


@pytest.mark.parametrize(
    "line",
    [
        "Published 18 Jan, 2023 14:23",
        "18 January 2023",
        "Wednesday, January 18, 2023 2:05 pm GMT",
        "2023-01-18T10:00:00Z",
        "Last updated on: 18 Jan 2023",
    ],
)
def test_a_line_that_is_nothing_but_a_date_dates_the_article(line):
    text = f"Mayor opens a bridge\n\n{line}{BODY}"
    assert make_article("a", text).published == date(2023, 1, 18)


@pytest.mark.parametrize(
    "line",
    [
        "He was born on 18 January 2023",
        "The vote took place on 18 January 2023 in Rome.",
        "18 January",
        "January 2023",
    ],
)
def test_a_date_in_a_sentence_does_not(line):
    assert make_article("a", f"Mayor opens a bridge\n\n{line}{BODY}").published is None


def test_a_date_far_below_does_not():
    text = "Mayor opens a bridge" + BODY * 12 + "\n18 January 2023\n"
    assert make_article("a", text).published is None


def test_an_address_on_its_own_line_is_the_articles():
    text = f"Mayor opens a bridge\n\nhttps://example.org/bridge{BODY}"
    assert make_article("a", text).url == "https://example.org/bridge"
    assert make_article("a", f"See https://example.org/x for more{BODY}").url is None


@pytest.mark.parametrize("fence", ["", "---\n"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\n\n"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_front_matter_states_and_is_not_in_passages(fence, start, newline):
    lines = f"{fence}Title: 'Bridge opens'\nSource: The Gazette\nDate: 5 May 2024\nlink: https://e.org\n{fence}"
    text = (start + lines + BODY).replace("\n", newline)
    stated, end = front_matter(text)
    assert stated == Stated("Bridge opens", "The Gazette", date(2024, 5, 5), "https://e.org")
    assert text[:end].strip().endswith("---" if fence else "https://e.org")
    article = make_article("a", text)
    assert (article.title, article.outlet) == ("Bridge opens", "The Gazette")
    assert [p.text[:9] for p in split_passages(article)] == ["The mayor"]


@pytest.mark.parametrize(
    "text",
    [
        "Source: Reuters\n\nThe mayor spoke.",
        "---\nThe mayor spoke.\n---",
        "The mayor spoke.\ntitle: x\noutlet: y",
        "title:\noutlet: ''\n\nThe mayor spoke.",
        "",
        "---",
    ],
)
def test_what_only_looks_like_front_matter_states_nothing(text):
    assert front_matter(text) == (Stated(), 0)


def test_an_unreadable_date_in_front_matter_states_no_date():
    assert front_matter("title: A\ndate: last week\n\nBody")[0] == Stated(title="A")


def test_the_first_headline_is_the_title_unless_the_body_came_first():
    assert make_article("a", f"Mayor opens a bridge{BODY}").title == "Mayor opens a bridge"
    assert make_article("a", f"# Mayor opens a bridge{BODY}").title == "Mayor opens a bridge"
    assert make_article("a", f"\ufeffMayor opens a bridge{BODY}").title == "Mayor opens a bridge"
    assert make_article("a", f"{BODY.strip()}\nWhat comes next{BODY}").title is None


def test_a_missing_sidecar_states_nothing(tmp_path):
    assert read_sidecar(tmp_path / SIDECAR) == Sidecar()


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_sidecar_is_read_by_file_name(tmp_path, mark):
    write(
        tmp_path,
        {
            SIDECAR: f'{mark}["a b 😀.txt"]\ntitle = "T"\noutlet = "O"\nurl = "https://e.org"\n'
            'published = 2024-03-05\n["b.txt"]\npublished = 2024-03-05T10:00:00Z\n'
        },
    )
    assert read_sidecar(tmp_path / SIDECAR) == Sidecar(
        {
            "a b 😀.txt": Stated("T", "O", date(2024, 3, 5), "https://e.org"),
            "b.txt": Stated(published=date(2024, 3, 5)),
        }
    )


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("title = ", "cannot be read as TOML"),
        ('["a.txt"]\npublished = 2024-13-45', "cannot be read as TOML"),
        ('["a.txt"]\n["a.txt"]', "cannot be read as TOML"),
        (b'["a.txt"]\ntitle = "caf\xe9"', "cannot be read as TOML"),
        (b"\0\1\2", "cannot be read as TOML"),
        ('title = "x"', "'title' is not a table"),
        ('["a.txt"]\nauthor = "X"', "unknown key 'author'"),
        ('["a.txt"]\npublished = "2024-03-05"', "must be a date like 2024-03-05, unquoted"),
        ('["a.txt"]\npublished = 10:00:00', "must be a date"),
        ('["a.txt"]\ntitle = ["x"]', "title must be a text"),
        ('["a.txt"]\noutlet = ""', "outlet must be a text"),
        ('["a.txt"]\noutlet = true', "outlet must be a text"),
        ('["two\\nlines.txt"]\noutlet = 1', "outlet must be a text"),
    ],
)
def test_what_is_wrong_in_a_sidecar_is_told_in_one_line_and_the_rest_counts(
    tmp_path, toml, problem
):
    toml = toml if isinstance(toml, bytes) else toml.encode()
    write(tmp_path, {"a.txt": BODY, "b.txt": f"Other{BODY}", SIDECAR: toml})
    reading = read_articles([tmp_path])
    assert [article.id for article in reading.articles] == ["a", "b"]
    lines = [str(notice) for notice in reading.notices]
    assert any(problem in line for line in lines)
    for line in lines:
        assert line.startswith(str(tmp_path / SIDECAR))
        assert len(line.splitlines()) == 1


def test_one_broken_entry_leaves_the_others(tmp_path):
    write(tmp_path, {SIDECAR: '["a.txt"]\ntitle = 1\noutlet = "O"\n["b.txt"]\ntitle = "T"'})
    assert read_sidecar(tmp_path / SIDECAR).stated == {
        "a.txt": Stated(outlet="O"),
        "b.txt": Stated(title="T"),
    }


def test_a_sidecar_that_is_a_folder_is_told(tmp_path):
    write(tmp_path, {f"{SIDECAR}/x": "", "a.txt": BODY})
    assert any(SIDECAR in str(notice) for notice in read_articles([tmp_path]).notices)


def test_the_sidecar_overrides_the_text_and_leaves_what_it_does_not_state(tmp_path):
    text = f"Mayor opens a bridge\n\n18 January 2023{BODY}"
    write(tmp_path, {"a.txt": text, SIDECAR: '["a.txt"]\ntitle = "T"\n'})
    (article,) = read_articles([tmp_path]).articles
    assert (article.title, article.published) == ("T", date(2023, 1, 18))


def test_the_seeds_sidecar_states_what_the_texts_support():
    sidecar = read_sidecar(SEEDS / SIDECAR)
    assert sidecar.problems == ()
    for name, stated in sidecar.stated.items():
        text = (SEEDS / name).read_text("utf-8")
        lines = [text[start:end] for start, end in line_spans(text)]
        assert stated.title is None or stated.title in lines
        assert stated.outlet is None or stated.outlet in text
        assert stated.published is None or stated.published in map(find_date, lines)
        assert stated.url is None or stated.url in text
