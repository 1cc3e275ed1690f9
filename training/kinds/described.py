"""What documents about acting are to programs that read lineage."""

from governance.proof.formats.described import Describing

CONTRACT = Describing("terms", licence=("licence", "licence"))
"""the licence of data is in its contract, in the data owner's words"""

DATASET = Describing("data", version="commit", text="description", files="files")
"""rows, in the version that DVC users know by its commit"""

BASE_MODEL = Describing(
    "model",
    name="name",
    version="version",
    licence=("licence.id", "licence.name"),
    settings={"parameters": "parameters", "context-window": "context_window", "source": "source"},
    files="files",
)
"""a model as its vendor calls it, under the licence as it was read"""

RUN_SPEC = Describing(
    "settings",
    settings={
        "objective": "objective",
        "seed": "seed",
        "precision": "precision",
        "hyperparameter": "hyperparameters",
        "code": "code",
    },
)
"""how a model is made: what of it is decided beforehand"""

RUN_RECORD = Describing(
    "model",
    settings={
        "method": "method",
        "artefact": "artefact",
        "training:seconds": "seconds",
        "training": "metrics",
        "environment": "environment",
    },
    files="files",
)
"""the model a run made, and what the training itself measured"""

RELEASE = Describing("use", name="title", text="note")
"""the model that a run made, put into use under a name"""
