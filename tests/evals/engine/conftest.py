"""A tiny model that answers every prompt differently, made once."""

from pathlib import Path

import pytest

from tests.evals.engine.builders import QUESTIONS


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import AutoModelForCausalLM

    from evals.engine.backends.loading import quieten
    from training.trainers.tiny import make_tiny

    quieten()
    path = tmp_path_factory.mktemp("base")
    make_tiny(path, QUESTIONS)
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    with torch.no_grad():
        # As it is drawn the model repeats itself whatever it is asked; larger weights make every prompt count.
        for name, weight in model.named_parameters():
            if "proj" in name:
                weight.mul_(12)
    model.save_pretrained(path)
    return path
