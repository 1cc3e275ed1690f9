"""A shared-prefix batch is the same computation as TRL's padded batch: same loss, same gradients."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.training_step import plain_trl
from evals.quality.rows import Row
from tests.training.trainers.work import Recorder, prepare, rows, spec_body
from training.trainers.base_files import BaseModelFiles
from training.trainers.rows import IGNORED, encode
from training.trainers.run import run
from training.trainers.spec import RunSpecBody

if TYPE_CHECKING:
    import torch

pytestmark = pytest.mark.ml


def encoded(tiny: BaseModelFiles, count: int) -> list[dict[str, list[int]]]:
    from training.trainers import models

    spec = RunSpecBody.model_validate(spec_body())
    parsed = [Row.model_validate(row) for row in rows(count)]
    return encode(parsed, models.load_tokenizer(tiny.directory), spec.prompt, 256)


def padded_loss(model: Any, batch: list[dict[str, list[int]]]) -> "torch.Tensor":
    import torch
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    inputs = DataCollatorForLanguageModeling(pad_token_id=0)(batch)
    labels = inputs.pop("labels")
    logits = model(**inputs).logits[:, :-1]
    return torch.nn.functional.cross_entropy(logits.transpose(1, 2), labels[:, 1:], ignore_index=IGNORED)


def shared_loss(model: Any, batch: list[dict[str, list[int]]]) -> "torch.Tensor":
    import torch

    from training.trainers.batching import SharedPrefixCollator

    inputs = SharedPrefixCollator()(batch)
    labels = inputs.pop("labels")
    logits = model(**inputs).logits[:, :-1]
    return torch.nn.functional.cross_entropy(logits.transpose(1, 2), labels[:, 1:], ignore_index=IGNORED)


@pytest.mark.parametrize("count", [1, 2, 8])
def test_loss_and_gradients_are_those_of_padded_rows(tiny: BaseModelFiles, count: int) -> None:
    import torch

    from training.trainers import models

    model = models.load_model(tiny.directory)
    batch = encoded(tiny, count)
    gradients = []
    for loss in (padded_loss, shared_loss):
        model.zero_grad()
        value = loss(model, batch)
        value.backward()
        gradients.append((value.detach(), {n: p.grad.clone() for n, p in model.named_parameters()}))
    (plain, plain_gradients), (shared, shared_gradients) = gradients
    torch.testing.assert_close(shared, plain, rtol=1e-6, atol=1e-6)
    for name, gradient in plain_gradients.items():
        torch.testing.assert_close(shared_gradients[name], gradient, rtol=1e-4, atol=1e-6, msg=name)


def test_a_run_has_the_loss_curve_of_plain_trl(tiny: BaseModelFiles, tmp_path: Path) -> None:
    body = spec_body(hyperparameters={"steps": 6, "batch_size": 5, "dropout": "0"})
    outcome = run(tmp_path, prepare(tmp_path, tiny.directory, body), Recorder())
    parsed = [Row.model_validate(row) for row in rows()]
    _, plain = plain_trl(tiny.directory, parsed, RunSpecBody.model_validate(body), tmp_path / "plain")
    assert [float(point["loss"]) for point in outcome.body["loss_curve"]] == pytest.approx(plain, abs=2e-4)


def test_the_layout_spends_no_token_twice(tiny: BaseModelFiles) -> None:
    from training.trainers.batching import SharedPrefixCollator, shared_prefix

    batch = encoded(tiny, 8)
    prefix = shared_prefix(batch)
    assert prefix > 20
    laid_out = SharedPrefixCollator()(batch)["input_ids"].shape[1]
    assert laid_out == sum(len(row["input_ids"]) for row in batch) - 7 * prefix


def test_a_row_that_begins_otherwise_does_not_keep_the_others_from_sharing() -> None:
    from training.trainers.batching import SharedPrefixCollator, alike

    usual = [{"input_ids": [*range(40), 90 + n, 7], "labels": [IGNORED] * 41 + [7]} for n in range(4)]
    other = {"input_ids": [*range(60, 80), 9], "labels": [IGNORED] * 20 + [9]}
    batch = [usual[0], other, *usual[1:]]
    assert [len(group) for group in alike(batch)] == [4, 1]
    assert SharedPrefixCollator()(batch)["input_ids"].shape[1] == 40 + 4 * 2 + 21


ROW = st.tuples(
    st.lists(st.integers(0, 2), min_size=1, max_size=8), st.lists(st.integers(0, 2), min_size=1, max_size=4)
)


@given(st.lists(ROW, min_size=1, max_size=5))
@settings(max_examples=200)
def test_every_row_sees_itself_alone(pairs: list[tuple[list[int], list[int]]]) -> None:
    from training.trainers.batching import SharedPrefixCollator

    batch = [{"input_ids": prompt + answer, "labels": [IGNORED] * len(prompt) + answer} for prompt, answer in pairs]
    made = SharedPrefixCollator()(batch)
    tokens, labels = made["input_ids"][0].tolist(), made["labels"][0].tolist()
    positions, mask = made["position_ids"][0].tolist(), made["attention_mask"][0, 0]
    seen = []
    for index, label in enumerate(labels):
        if label == IGNORED:
            continue
        # What predicts this answer token: everything visible from the place before it, in order of position.
        visible = [place for place in range(len(tokens)) if mask[index - 1, place] == 0]
        assert [positions[place] for place in visible] == list(range(len(visible)))
        seen.append(([tokens[place] for place in visible], label))
    expected = [(prompt + answer[:length], answer[length]) for prompt, answer in pairs for length in range(len(answer))]
    assert sorted(seen) == sorted(expected)  # rows that begin alike lie together, whatever their order
