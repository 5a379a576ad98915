from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.corpus.cleaning import mark_spans

SEEDS = Path(__file__).parents[2] / "seeds"
PROSE = "The bridge over the river Tamsin fell on Tuesday, and two people were hurt, police said."
MORE_PROSE = (
    "Engineers had warned of cracks in the eastern pier as early as the spring of last year."
)


def marks(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in mark_spans(text)]


def kind_of(page: str, part: str) -> str:
    """The one kind that everything in `part` of the page is marked with."""
    start = page.index(part)
    end = start + len(part)
    kinds = {s.kind for s in mark_spans(page) if s.start < end and s.end > start}
    assert len(kinds) == 1, kinds
    return kinds.pop()


def page(*between: str) -> str:
    return "\n".join([PROSE, MORE_PROSE, *between, MORE_PROSE[::-1].capitalize() + ".", PROSE])


def check_marks(text: str) -> None:
    spans = mark_spans(text)
    end = 0
    for span in spans:
        assert end <= span.start < span.end
        assert not text[span.start].isspace()
        assert not text[span.end - 1].isspace()
        assert text[end : span.start].strip() == ""
        assert span.kind in ("headline", "body", "caption", "boilerplate")
        end = span.end
    assert text[end:].strip() == ""


FRAGMENTS = [
    *(PROSE, "Read more:", "Storm closes port of Elm", "Sign up for our newsletter here."),
    *(
        "\n",
        "\r\n",
        "\n\n",
        " ",
        "\u2028",
        "\x85",
        "\x0b",
        "\x00",
        "\u0301",
        "e\u0301",
        "👩\u200d🚒",
    ),
    *("Image: A bridge", "( PA Wire )", "By Ada Moss", "12 May 2024 10:20", "“", '"', "—", "?"),
    *("Label:Headline of another story", "icon menuicon shareicon", "open image in gallery", "US"),
    *("Your donation helps us.", "..."),
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join) | st.text(max_size=300))
@settings(deadline=None, max_examples=150)
def test_marks_are_sorted_trimmed_and_complete(text):
    check_marks(text)


@pytest.mark.parametrize(
    "text", ["", " \n\t ", "\r\n\r\n", "\u2028", "🙂", "e\u0301", "—", "\u0301" * 900]
)
def test_odd_texts_are_marked_without_raising(text):
    check_marks(text)


@pytest.mark.parametrize(
    "text",
    [
        "word " * 40_000,
        f"{PROSE} " * 2_200,
        '"a ' * 66_000,
        "Sign up for our newsletter, and tell us what you think. " * 3_500,
        "Read more A " * 16_000,
        "Short line\n" * 50_000,
        "Label:Headline here now\n" * 8_000,
    ],
    ids=["one sentence", "one line", "quotes", "appeals", "links", "short lines", "labels"],
)
def test_long_texts_take_time_in_proportion(text):
    started = time.perf_counter()
    check_marks(text)
    assert time.perf_counter() - started < 30


def test_windows_line_ends_change_no_kind():
    unix = page("Read more:", "Storm closes port of Elm", "A second bridge opens")
    assert [k for k, _ in marks(unix)] == [k for k, _ in marks(unix.replace("\n", "\r\n"))]


@pytest.mark.parametrize(
    "furniture",
    [
        "Sign up for our free newsletter",
        "Download the Elm Gazette app for free",
        "Follow the Elm Gazette on WhatsApp",
        "Be the first to get breaking news",
        "Support local journalism. Subscribe today.",
        "Why you can trust the Elm Gazette",
        "Advertisement",
        "Share this article",
        "Source link",
        "Story continues below",
        "We use cookies to improve your experience on our site.",
        "More: Ferry to Elm runs aground in fog",
        "Ferry trouble:Night boat to Elm runs aground in fog",
        "home menuicon shareicon saveicon closeicon playicon stopicon mailicon backicon nexticon",
        "Home | News | Sport | Business | Culture | Travel | Weather",
        "***",
    ],
)
def test_page_furniture_between_paragraphs_is_boilerplate(furniture):
    text = page(furniture)
    assert kind_of(text, furniture) == "boilerplate"
    assert kind_of(text, PROSE) == "body"


@pytest.mark.parametrize(
    "last",
    [
        "Ada Moss is a reporter for the Elm Gazette. You can reach her at ada@elmgazette.example.",
        "Contributing: Ada Moss, Ben Hart",
        "Ben Hart contributed to this report.",
        "© 2024 Elm Gazette. All rights reserved.",
        "Ada Moss: ada@elmgazette.example; Twitter: @adamoss",
        "This story has been updated.",
    ],
)
def test_who_wrote_it_at_the_foot_is_boilerplate(last):
    assert kind_of(f"{PROSE}\n{MORE_PROSE}\n{last}", last) == "boilerplate"


@pytest.mark.parametrize(
    "head",
    ["By Ada Moss", "18 Jan, 2023 11:20", "Published 3 hours ago", "ELM, Northland (News) —"],
)
def test_bylines_and_dates_at_the_head_are_boilerplate(head):
    assert kind_of(f"{head}\n{PROSE}\n{MORE_PROSE}", head) == "boilerplate"


def test_a_name_above_its_outlet_at_the_head_is_boilerplate():
    text = f"Ada Moss\nThe Elm Gazette\n{PROSE}\n{MORE_PROSE}"
    assert [k for k, _ in marks(text)][:3] == ["boilerplate", "boilerplate", "body"]


def test_a_box_of_links_ends_where_prose_begins():
    text = page("Related stories", "Storm closes port of Elm", "Will the ferry sail again?")
    for part in ("Related stories", "Storm closes port of Elm", "Will the ferry sail again?"):
        assert kind_of(text, part) == "boilerplate"
    assert kind_of(text, PROSE) == "body"


def test_a_link_at_the_end_of_each_part_takes_no_heading_with_it():
    text = "\n".join(
        ["Five walks", *(f"Walk {i} by the sea\n{PROSE}\nRead more here." for i in "123")]
    )
    assert kind_of(text, "Walk 2 by the sea") == "headline"


def test_an_appeal_in_one_paragraph_is_boilerplate_to_its_last_word():
    appeal = (
        "Your support keeps our reporters on the road Read more Support Now From flooded valleys "
        "to city halls, our small team has been there. The valley knows us. We believe quality "
        "journalism should be free for everyone. Your donation helps us pay for it. Subscribe now."
    )
    text = f"{appeal}\n{PROSE}"
    assert kind_of(text, appeal) == "boilerplate"
    assert kind_of(text, PROSE) == "body"


def test_an_appeal_glued_on_the_front_of_prose_is_cut_off_at_the_sentence():
    assert marks(f"Get our free newsletter. Sign up here. {PROSE} {MORE_PROSE}") == [
        ("boilerplate", "Get our free newsletter. Sign up here."),
        ("body", f"{PROSE} {MORE_PROSE}"),
    ]


def test_a_request_at_the_end_of_prose_is_cut_off_at_the_sentence():
    assert marks(f"{PROSE} {MORE_PROSE} Sign up for our newsletter here.")[0] == (
        "body",
        f"{PROSE} {MORE_PROSE}",
    )


def test_captions_lose_their_buttons_but_keep_their_credits():
    text = page("open image in gallery The bridge before it fell ( PA Wire )")
    assert ("boilerplate", "open image in gallery") in marks(text)
    assert ("caption", "The bridge before it fell ( PA Wire )") in marks(text)


@pytest.mark.parametrize(
    "caption",
    [
        "Image: The bridge over the Tamsin in 1931",
        "The bridge before it fell. Pics: Reuters",
        "The bridge before it fell. Ada Moss/AFP/Getty Images",
        "The bridge in 1931. Courtesy Elm Museum",
    ],
)
def test_captions_are_told_by_label_or_credit(caption):
    assert kind_of(page(caption), caption) == "caption"


def test_a_headline_or_caption_repeated_is_boilerplate_the_second_time():
    title = "Bridge over the river Tamsin falls"
    caption = "The bridge before it fell. Pics: Reuters"
    text = f"{title}\nTwo hurt\n{title}\n{caption}\nImage: {caption}\n{PROSE}"
    assert [k for k, t in marks(text) if t == title] == ["headline", "boilerplate"]
    assert [k for k, t in marks(text) if caption in t] == ["caption", "boilerplate"]


def test_title_and_subheadings_are_headlines():
    text = f"Bridge falls in Elm\n{PROSE}\nWhat went wrong?\n{MORE_PROSE}\nA long wait\n{PROSE}"
    assert [t for k, t in marks(text) if k == "headline"] == [
        "Bridge falls in Elm",
        "What went wrong?",
        "A long wait",
    ]


@pytest.mark.parametrize(
    "article",
    [
        # About newsletters, donations and apps, in reported speech and without.
        'Publisher sells newsletter\n"Sign up now," he told voters. "Follow us on Twitter."\n'
        "The newsletter has 2 million subscribers, and its app was downloaded 10 million times.\n"
        "Readers can sign up for the newsletter on the company's website.\n"
        "You can support the charity by donating on its website.",
        # How to do something with an app.
        "How to watch the eclipse\nHere's how to watch and what you need.\nDownload the app\n"
        "You will need the free app to follow the eclipse. Download it from your phone's store.\n"
        "Sign up for alerts\nSign up for email alerts to get a warning an hour before.",
        # A recipe, with the same line twice.
        "Elm cake\nIngredients\n1 cup of white sugar\n2 cups of flour\n1 cup of white sugar\n"
        "Method\nFollow the steps and add the sugar. Share your cake with friends.",
        # Results, dates of a timeline, facts behind labels.
        "Saturday's results\nElm 2, Oak 1\nAsh 0, Fir 0\nElm 2, Oak 1\nBy halftime it was over.",
        "How it happened\n3 March 2021\nThe pier cracked.\n4 March 2021\nIt closed.\n"
        "5 March 2021\nThe bridge fell.",
        "Where to go\nWhere:Elm town hall\nWhen:Monday at noon\nPrice:Ten crowns a head\n"
        "The hall opens at ten.",
        # A transcript whose labels are glued to what is said.
        "Bridge inquiry, day two\nJUDGE:What did you find?\nMOSS:We found cracks in the pier.\n"
        "JUDGE:And did you tell the council?\nMOSS:I told them in the spring of last year.",
        # A columnist about the columnist's own trade.
        "Our own fault\nWe reporters have become an embarrassment to the journalism community.\n"
        "If we learned anything this year, we should remember the ethics of journalism.",
        # The country is not a pronoun.
        "The squadron, part of the US military, will also give daily updates on the bridge.",
        'He said:"We will never go back to that old bridge."\nThe council agreed with him.',
        "A poem for the bridge\n“It stood, and then it did not.”\n— Ada Moss\nShe read it aloud.",
    ],
)
def test_articles_that_look_like_furniture_lose_nothing(article):
    assert [text for kind, text in marks(article) if kind == "boilerplate"] == []


SEED_FURNITURE = {
    "000": [],
    "001": [
        "Why you can trust Paste BN",
        "Be the first to get Breaking News",
        "Install the Paste BN app for free",
        "Read more:",
        "Brit who fought for Ukraine jailed by Russia",
        "Belgian PM 'sceptical' over Ukraine loan plan",
        "Follow Paste BN on WhatsApp",
        "Keep up with all the latest news",
        "Image: Sergei Naryshkin",
        "Image: Trump in the Oval",
    ],
    "002": ["Your support helps us", "open image in gallery"],
    "003": ["icon bookmark-bicon", "18 Jan, 2023 11:20", "Biden asked Putin"],
    "004": ["Source link"],
}


@pytest.mark.parametrize("number", SEED_FURNITURE)
def test_seeds_lose_their_furniture_and_nothing_else(number):
    (path,) = SEEDS.glob(f"{number}_*.txt")
    text = path.read_bytes().decode("utf-8")
    check_marks(text)
    found = [t for kind, t in marks(text) if kind == "boilerplate"]
    expected = SEED_FURNITURE[number]
    assert all(any(t.startswith(start) for start in expected) for t in found), found
    assert all(any(t.startswith(start) for t in found) for start in expected), found


def test_the_appeal_of_a_seed_is_cut_whole():
    (path,) = SEEDS.glob("002_*.txt")
    text = path.read_bytes().decode("utf-8")
    first, second = mark_spans(text)[:2]
    assert text[first.start : first.end].endswith("makes all the difference. Read more")
    assert text[second.start :].startswith("Russia has claimed")


@pytest.mark.parametrize("seed", range(20))
def test_pages_put_together_at_random_are_covered(seed):
    chance = random.Random(seed)
    check_marks("".join(chance.choice(FRAGMENTS) for _ in range(400)))
