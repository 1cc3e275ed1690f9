"""An assessment as JSON lines: one line a base model with all that depends on it, so that each can be read alone."""

import datetime as dt
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from typing import Any

from training.lifecycle.model import Assessment, BaseRisk, DependantRisk

WHOLE = "*"


@dataclass(frozen=True)
class Line:
    """One line of the file: what it is about (a base model's digest; "" for services without one; `WHOLE` for what is
    said of all together), and its bytes.
    """

    about: str
    content: bytes


def lines(found: Assessment) -> Iterator[Line]:
    """Yield a line for each base model in their order, one for the services of which no base model is known, and one
    for what is said of all together.
    """
    by_base: dict[str | None, list[DependantRisk]] = {}
    known = {risk.base.digest for risk in found.bases}
    for risk in found.dependants:
        base = risk.dependant.base
        by_base.setdefault(base if base in known else None, []).append(risk)
    for base_risk in found.bases:
        yield Line(base_risk.base.digest, _line(base_risk, by_base.get(base_risk.base.digest, ())))
    if None in by_base:
        yield Line("", _line(None, by_base[None]))
    together = {"requalification": found.requalification, "vendors": found.vendors, "headline": found.headline}
    yield Line(WHOLE, _json(plain(together)))


def read(content: bytes) -> dict[str, Any]:
    """Return what a line says: {"base", "dependants"}, or of all {"requalification", "vendors", "headline"}; each as
    plain data with the names of `model`.
    """
    found: dict[str, Any] = json.loads(content)
    return found


def plain(value: Any) -> Any:
    """Return frozen data as JSON has it: days and times as ISO 8601, amounts as text, numbers that are none as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _line(base: BaseRisk | None, dependants: Iterable[DependantRisk]) -> bytes:
    return _json({"base": plain(base), "dependants": [plain(one) for one in dependants]})


def _json(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() + b"\n"
