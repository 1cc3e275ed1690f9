"""The run spec's body says everything once, and refuses what would be read in two ways."""

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from tests.training.trainers.work import spec_body
from training.trainers.spec import RunSpecBody


@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_a_complete_spec_is_accepted_and_dumps_to_what_it_was(method: str) -> None:
    body = spec_body(method)
    dumped = RunSpecBody.model_validate(body).model_dump()
    absent = dict.fromkeys(("r", "alpha", "dropout", "target_modules")) if method == "full" else {}
    assert dumped == body | {"hyperparameters": body["hyperparameters"] | absent}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"surprise": 1}, "Extra inputs"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"seed": True}, "valid integer"),
        ({"precision": "bf16"}, "fp32"),
        ({"objective": "dpo"}, "sft"),
        ({"prompt": {"system": None, "template": "no place for the case"}}, "expected it once"),
        ({"hyperparameters": {"learning_rate": "2e-4"}}, "plain decimal"),
        ({"hyperparameters": {"learning_rate": 0.0002}}, "valid string"),
        ({"hyperparameters": {"learning_rate": "0"}}, "learning_rate 0"),
        ({"hyperparameters": {"learning_rate": "-0.1"}}, "learning_rate -0.1"),
        ({"hyperparameters": {"dropout": "1"}}, "less than 1"),
        ({"hyperparameters": {"warmup_steps": 3}}, "expected fewer"),
        ({"hyperparameters": {"target_modules": ["v_proj", "q_proj"]}}, "alphabetical"),
        ({"hyperparameters": {"target_modules": ["q_proj", "q_proj"]}}, "each once"),
        ({"hyperparameters": {"target_modules": []}}, "at least 1 item"),
        ({"hyperparameters": {"r": None}}, "lora with adapter settings r"),
        ({"hyperparameters": {"packing": True}}, "Extra inputs"),
    ],
)
def test_what_is_unclear_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        RunSpecBody.model_validate(spec_body("lora", **changes))


def test_the_control_plane_can_read_specs_without_a_training_library() -> None:
    script = "import sys, training.trainers.spec; print(sorted({'torch', 'numpy', 'transformers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_full_fine_tuning_takes_no_adapter_settings() -> None:
    with pytest.raises(ValidationError, match="full with adapter settings r: expected none"):
        RunSpecBody.model_validate(spec_body("full", hyperparameters={"r": 8}))
