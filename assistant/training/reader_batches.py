"""Examples as batches of tensors for training the reader."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer

from assistant.training.reader_data import Example


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of one example, where its context begins, and the answer's first and last token.

    No answer is (0, 0): the [CLS] token. The context ends before the last token, a [SEP].
    """

    ids: tuple[int, ...]
    context: int
    first: int
    last: int


def encode(examples: Sequence[Example], tokenizer: Tokenizer, limit: int) -> list[Encoded]:
    """Token ids and labels, in order; examples whose answer lies past `limit` are left out."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    made = []
    for at in range(0, len(examples), 2000):
        part = examples[at : at + 2000]
        encodings = tokenizer.encode_batch([(e.question, e.context) for e in part])
        for example, encoding in zip(part, encodings, strict=True):
            types = encoding.type_ids
            context = types.index(1) if 1 in types else len(types)
            first = last = 0
            if example.answer is not None:
                start, end = example.answer
                covered = [
                    i
                    for i in range(context, len(types) - 1)
                    if encoding.offsets[i][1] > start and encoding.offsets[i][0] < end
                ]
                if not covered or covered[-1] >= limit - 1:
                    continue
                first, last = covered[0], covered[-1]
            ids = encoding.ids
            if len(ids) > limit:
                ids = [*ids[: limit - 1], ids[-1]]
            made.append(Encoded(tuple(ids), context, first, last))
    return made


def padded(tokens: int) -> int:
    """The length a batch is padded to: matrix kernels are made anew for each shape they meet."""
    return -(-tokens // 16) * 16


def batches(encoded: Sequence[Encoded], batch_tokens: int, seed: int) -> list[list[int]]:
    """Indices into `encoded` by batch: each of like lengths, all in random order.

    The number of examples depends on the padded length alone, so that few shapes occur.
    """
    rng = random.Random(seed)
    order = list(range(len(encoded)))
    rng.shuffle(order)
    made: list[list[int]] = []
    # Sorting within pools, not over all, keeps the batches of a run mixed in different ways.
    for at in range(0, len(order), 4096):
        pool = sorted(order[at : at + 4096], key=lambda i: len(encoded[i].ids), reverse=True)
        while pool:
            size = max(1, batch_tokens // padded(len(encoded[pool[0]].ids)))
            made.append(pool[:size])
            pool = pool[size:]
    rng.shuffle(made)
    return made


def collate(encoded: Sequence[Encoded]) -> dict[str, torch.Tensor]:
    """Padded tensors of one batch; `allowed` is true where an answer may begin or end."""
    length = padded(max(len(item.ids) for item in encoded))
    shape = (len(encoded), length)
    ids, types = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    mask, allowed = np.zeros(shape, np.int64), np.zeros(shape, bool)
    for row, item in enumerate(encoded):
        size = len(item.ids)
        ids[row, :size] = item.ids
        mask[row, :size] = 1
        types[row, item.context : size] = 1
        allowed[row, item.context : size - 1] = True
    allowed[:, 0] = True
    return {
        "input_ids": torch.from_numpy(ids),
        "attention_mask": torch.from_numpy(mask),
        "token_type_ids": torch.from_numpy(types),
        "allowed": torch.from_numpy(allowed),
        "first": torch.tensor([item.first for item in encoded]),
        "last": torch.tensor([item.last for item in encoded]),
    }
