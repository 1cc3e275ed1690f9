import pytest

from tests.training.trainers.work import texts
from training.trainers.base_files import BaseModelFiles, base_model_files


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> BaseModelFiles:
    """The tiny Llama whose tokenizer knows the words of `work.rows`."""
    return base_model_files("tiny", tmp_path_factory.mktemp("models"), texts())
