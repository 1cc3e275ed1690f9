"""The bodies of data contracts and datasets."""

from typing import Annotated, Literal

from pydantic import Field

from evals.engine.fields import Body, Line, Share, Text
from governance.proof.formats.manifest import FileEntry


class ContractField(Body):
    """One field of a dataset's rows."""

    name: Line
    type: Line
    description: Text


class Synthetic(Body):
    """The share of rows that no person or process of the real world wrote, and how they were made."""

    share: Share
    how: Text


class DataContractBody(Body):
    """What the data owner answers for."""

    title: Line
    fields: Annotated[list[ContractField], Field(min_length=1)]
    collection: Text
    labelling: Text
    redaction: Text
    licence: Line
    retention: Text
    personal_data: Literal["none", "pseudonymous", "personal"]
    synthetic: Synthetic


class DatasetBody(Body):
    """One version of a dataset in a DVC repository: DVC's identity for DVC users, SHA-256 for approval.

    `dvc_md5` is the digest in the pointer file `path`.dvc at git `commit` ("….dir" for a folder); `files` lists every
    file below `path` with both hashes.
    """

    title: Line
    description: Text
    storage: Literal["managed"]
    repository: Line
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    path: Line
    dvc_md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}(\.dir)?$")]
    files: Annotated[list[FileEntry], Field(min_length=1)]
    size: Annotated[int, Field(ge=1, description="bytes in all")]
    rows: Annotated[int, Field(ge=1)]
    source: Text
