"""What the indexes of ZIPs that prove themselves share: canonical JSON, and a page that needs nothing else."""

import html
from typing import Any, ClassVar, Self

from pydantic import Field, ValidationError

from governance.proof.formats import canonical
from governance.proof.formats.canonical import Digest, NotCanonical
from governance.proof.formats.fields import Strict, Uuid, told

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #999;padding:.3rem .6rem;"
    "text-align:left;vertical-align:top}th[scope=row]{font-weight:normal}td{overflow-wrap:anywhere;min-width:2rem}"
    "@media(max-width:50rem){table{display:block;overflow-x:auto}td{min-width:6rem}}"
)


class ZipIndex(Strict):
    """What was asked (`parameters`), about what, and the digests of all `files` beside the index by name."""

    OF: ClassVar[str]
    """what it is the index of, in an error's words"""
    about: str
    project: Uuid | None
    parameters: dict[str, Any]
    files: dict[str, Digest] = Field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        return canonical.dumps(self.model_dump())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the index that canonical JSON spells. Raises NotCanonical: it is none."""
        try:
            return cls.model_validate(canonical.loads(data))
        except ValidationError as error:
            raise NotCanonical(f"found an index that is none of a {cls.OF}: {told(error)}") from error


def page(title: str, body: str) -> bytes:
    """Return the page of an index; `body` is HTML, below the heading."""
    head = f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body><h1>{title}</h1>{body}</body></html>\n'
    ).encode()


def cells(*values: object, tag: str = "td") -> str:
    """Return the cells of a table's row in HTML."""
    return "".join(f"<{tag}>{html.escape(str(value))}</{tag}>" for value in values)


def row(*values: object, tag: str = "td") -> str:
    """Return a table's row in HTML."""
    return f"<tr>{cells(*values, tag=tag)}</tr>"
