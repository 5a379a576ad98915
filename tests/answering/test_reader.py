import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import BertProcessing

from assistant.answering.reader import Reader
from assistant.answering.reader_weights import ReaderConfig, load
from assistant.errors import ModelError

CONFIG = ReaderConfig("fake", 24, 4, 5, 1.0, 0.0, 0.5)
PAD, CLS, SEP, OTHER, BEGIN, END, BOTH = range(7)
VOCABULARY = {"[PAD]": 0, "[CLS]": 1, "[SEP]": 2, "[UNK]": 3, "alpha": 4, "omega": 5, "solo": 6}


def tokenizer():
    made = Tokenizer(WordLevel(VOCABULARY, unk_token="[UNK]"))
    made.pre_tokenizer = BertPreTokenizer()
    made.post_processor = BertProcessing(("[SEP]", SEP), ("[CLS]", CLS))
    return made


def indifferent(ids, mask, types):
    return np.zeros((*ids.shape, 2), np.float32)


class FakeModel:
    """An answer begins at "alpha", ends at "omega", and is "solo" alone; [CLS] has 1 for each."""

    def __init__(self):
        self.shapes = []

    def __call__(self, ids, mask, types):
        self.shapes.append(ids.shape)
        assert ids.shape[1] <= CONFIG.max_tokens
        assert ((ids != PAD) == (mask == 1)).all()
        logits = np.full((*ids.shape, 2), -5.0, np.float32)
        logits[ids == CLS] = 1.0
        logits[..., 0][(ids == BEGIN)] = 4.0
        logits[..., 1][(ids == END)] = 4.0
        logits[ids == BOTH] = 3.0
        # Neither the question nor what follows the passage may ever be an answer.
        logits[types == 0, :] += np.where(ids[types == 0] == CLS, 0, 99)[:, None]
        logits[ids == SEP] = 99.0
        return logits


@pytest.fixture
def reader():
    return Reader(FakeModel(), tokenizer(), CONFIG)


def answers(passage, reading):
    return [passage[span.start : span.end] for span in reading.spans]


def test_span_score_is_start_plus_end_less_null(reader):
    passage = "In May  alpha two,\nomega 😀 left."
    (reading,) = reader.read("who", [passage], top=1)
    assert answers(passage, reading) == ["alpha two,\nomega"]
    assert reading.spans[0].score == pytest.approx(4 + 4 - 2)
    assert reading.score == reading.spans[0].score
    assert reading.spans[0].probability == pytest.approx(1 / (1 + np.exp(-6)))


def test_spans_are_ranked_and_do_not_overlap(reader):
    passage = "alpha of omega, or solo again"
    (reading,) = reader.read("who", [passage], top=3)
    assert answers(passage, reading)[:2] == ["alpha of omega", "solo"]
    taken = [set(range(span.start, span.end)) for span in reading.spans]
    assert all(not one & other for i, one in enumerate(taken) for other in taken[:i])
    assert [s.score for s in reading.spans] == sorted(
        (s.score for s in reading.spans), reverse=True
    )


def test_answers_longer_than_allowed_are_not_considered(reader):
    passage = "alpha one two three four five omega"
    (reading,) = reader.read("who", [passage], top=1)
    assert len(answers(passage, reading)[0].split()) <= CONFIG.max_answer_tokens


def test_passages_come_back_in_order_whatever_their_length(reader):
    passages = ["solo " + "x " * n for n in (9, 0, 14, 3, 1)] + [""]
    readings = reader.read("who is it", passages)
    assert [answers(p, r)[:1] for p, r in zip(passages, readings, strict=True)] == [
        ["solo"]
    ] * 5 + [[]]
    assert readings[-1].score == -np.inf


def test_a_passage_is_read_the_same_alone_and_among_others(reader):
    passages = ["solo " + "x " * n for n in range(12)]
    assert reader.read("who", passages) == tuple(reader.read("who", [p])[0] for p in passages)


def test_long_passages_are_read_to_their_end_in_windows(reader):
    for words in range(15, 90, 7):
        passage = "x " * words + "solo"
        (reading,) = reader.read("who", [passage])
        assert answers(passage, reading)[0] == "solo"


def test_an_overlong_question_is_cut_but_leaves_room():
    config = ReaderConfig("fake", 80, 4, 5, 1.0, 0.0, 0.5)
    (reading,) = Reader(indifferent, tokenizer(), config).read("why " * 500, ["because"])
    assert answers("because", reading) == ["because"]


def test_no_passages_no_readings(reader):
    assert reader.read("who", []) == ()


@given(st.text(), st.text(max_size=40))
def test_offsets_are_code_points_of_the_passage(passage, question):
    config = ReaderConfig("fake", 100, 4, 5, 1.0, 0.0, 0.5)
    (reading,) = Reader(indifferent, tokenizer(), config).read(question, [passage])
    for span in reading.spans:
        assert 0 <= span.start < span.end <= len(passage)
        assert passage[span.start : span.end]


def test_probability_survives_any_score():
    assert CONFIG.probability(1e9) == pytest.approx(1)
    assert CONFIG.probability(-1e9) == pytest.approx(0)


def test_the_best_span_inside_a_region(reader):
    passage = "solo left. alpha one omega. nothing here."
    regions = [(0, 10), (11, 27), (28, 41), (10, 11)]
    (reading,) = reader.read("who", [passage], regions=[regions])
    (first, *_), (second, *_), (third, *_), fourth = reading.within
    assert passage[first.start : first.end] == "solo"
    assert passage[second.start : second.end] == "alpha one omega"
    assert 28 <= third.start < third.end <= 41
    assert third.score < first.score
    assert fourth == ()


def test_regions_are_found_in_whatever_window_holds_them(reader):
    passage = "x " * 40 + "solo " + "x " * 40
    (reading,) = reader.read("who", [passage], regions=[[(80, 84), (0, len(passage))]])
    assert [(spans[0].start, spans[0].end) for spans in reading.within] == [(80, 84)] * 2


def test_missing_and_broken_weights_say_what_is_wrong(tmp_path):
    with pytest.raises(ModelError, match="cannot be loaded"):
        load(str(tmp_path))
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"config\.json"):
        load(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"config\.json"):
        load(str(tmp_path))
    keys = ("name", "max_tokens", "overlap", "max_answer_tokens", "slope", "intercept", "threshold")
    (tmp_path / "config.json").write_text(json.dumps(dict.fromkeys(keys, 1)))
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        load(str(tmp_path))
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load(str(tmp_path))
