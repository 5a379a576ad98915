"""Which days a question speaks of."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.dates import Period, spoken_of, week_before

FRIDAY = date(2022, 11, 25)


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("Who won in November 2022?", "2022-11-01", "2022-12-01"),
        ("What happened on 5 March 2021?", "2021-03-05", "2021-03-06"),
        ("What happened on March 5th, 2021?", "2021-03-05", "2021-03-06"),
        ("What happened on 2021-03-05?", "2021-03-05", "2021-03-06"),
        ("Who resigned in 2019?", "2019-01-01", "2020-01-01"),
        ("Who resigned in early March?", "2022-03-01", "2022-04-01"),
        ("Who resigned in December?", "2021-12-01", "2022-01-01"),
        ("What opened on the 4th of July?", "2022-07-04", "2022-07-05"),
        ("Who won this week?", "2022-11-19", "2022-11-26"),
        ("Who won last week?", "2022-11-14", "2022-11-21"),
        ("What was said last month?", "2022-10-01", "2022-11-01"),
        ("What was said last year?", "2021-01-01", "2022-01-01"),
        ("Who died Tuesday?", "2022-11-22", "2022-11-23"),
        ("Who won last weekend?", "2022-11-19", "2022-11-21"),
        ("Who won yesterday's vote?", "2022-11-24", "2022-11-25"),
        ("Who won two weeks ago?", "2022-11-08", "2022-11-15"),
        ("Who won in the past 10 days?", "2022-11-15", "2022-11-26"),
        ("Who resigned recently?", "2022-10-26", "2022-11-26"),
        ("Who ruled between March and May 2022?", "2022-03-01", "2022-05-31"),
        ("Who ruled from 2019 to 2021?", "2019-01-01", "2021-12-31"),
        ("Who ruled before November 2022?", "0001-01-01", "2022-10-31"),
        ("Who ruled until last week?", "0001-01-01", "2022-11-20"),
        ("Who ruled since 5 March 2021?", "2021-03-05", "9999-12-31"),
        ("Who ruled after 11 November?", "2022-11-12", "9999-12-31"),
        ("Which test this week was the first since 2017?", "2022-11-19", "2022-11-26"),
    ],
)
def test_days_are_understood(question, since, until):
    expected = Period(date.fromisoformat(since), date.fromisoformat(until))
    assert spoken_of(question, FRIDAY) == expected


@pytest.mark.parametrize(
    "question",
    [
        "What was agreed before the summit?",
        "What may happen?",
        "Who led the January 6 hearing?",
        "Who won the 2022 World Cup?",
        "Who will march?",
        "What happened on 31 June 2022?",
        "How many weeks did it last?",
        "",
    ],
)
def test_a_question_without_days_speaks_of_none(question):
    assert spoken_of(question, FRIDAY) is None


def test_closeness_is_one_within_and_falls_outside():
    week = week_before(FRIDAY)
    assert (week.since, week.until) == (date(2022, 11, 19), FRIDAY)
    values = [week.closeness(FRIDAY + timedelta(days=days)) for days in (-6, 0, 1, 7, 30, 1500)]
    assert values[:2] == [1.0, 1.0]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 1e-9
    assert Period(date.min, FRIDAY).closeness(date(1950, 1, 1)) == 1.0


@given(st.text("inoflastweksycu 0123456789-JanuaryMondgo", max_size=40), st.dates())
def test_any_text_on_any_day_speaks_of_days_or_not(question, as_of):
    period = spoken_of(question, as_of)
    assert period is None or 0.0 <= period.closeness(as_of) <= 1.0


@pytest.mark.parametrize("as_of", [date.min, date.max])
def test_the_ends_of_the_calendar_are_no_error(as_of):
    for question in ("last week", "this year", "a year ago", "after today", "before today"):
        spoken_of(question, as_of)
