"""The draft editor's form: the body as JSON, each reference as a choice among documents that fit."""

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q

from governance.models import Document, Project
from governance.proof.words.difference_words import label
from governance.registry import KINDS, Kind
from governance.web.forms.base import describe

LARGEST = 2_000_000  # characters of a body typed into a page


class DraftForm(forms.Form):
    """Body, references and the revision the editor saw."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, required=False)
    body = forms.CharField(
        label="Content",
        max_length=LARGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "class": "form-control code"}),
        help_text='JSON. Numbers that are not whole are written in quotes, such as "0.05".',
    )

    def __init__(self, *args: Any, kind: Kind, project: Project | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        choices = _choices(kind, project)
        for role, link in kind.links.items():
            fitting = [pair for name in sorted(link.kinds) for pair in choices.get(name, [])]
            words = " or ".join(KINDS[name].label if name in KINDS else name for name in sorted(link.kinds))
            wanted = f"{'One or more' if link.many else 'One'} {words}{'' if link.required else ', if there is one'}."
            if link.many:
                field: forms.Field = forms.MultipleChoiceField(
                    label=label(role), required=False, choices=fitting, help_text=wanted
                )
            else:
                field = forms.ChoiceField(
                    label=label(role), required=False, choices=[("", "none yet"), *fitting], help_text=wanted
                )
            self.fields[f"link_{role}"] = field
        describe(self)

    def clean_body(self) -> dict[str, Any]:
        """Return the body; errors say where the JSON breaks off or which key came twice."""
        try:
            found = json.loads(self.cleaned_data["body"], parse_float=_no_floats, object_pairs_hook=_no_twins)
        except json.JSONDecodeError as problem:
            raise forms.ValidationError(
                f"This is not JSON: {problem.msg}, line {problem.lineno}, column {problem.colno}."
            ) from None
        except (ValueError, RecursionError) as problem:
            raise forms.ValidationError(str(problem)) from None
        if not isinstance(found, dict):
            raise forms.ValidationError(f"Found a JSON {type(found).__name__}, expected an object: {{ … }}.")
        return found

    def references(self) -> list[dict[str, str]]:
        """Return the chosen references."""
        found = []
        for role, link in self.kind.links.items():
            value = self.cleaned_data.get(f"link_{role}") or []
            digests: list[str] = list(value) if link.many else [str(value)] if value else []
            found += [{"role": role, "digest": digest} for digest in digests]
        return found

    def link_fields(self) -> list[forms.BoundField]:
        """The reference fields, to draw."""
        return [self[f"link_{role}"] for role in self.kind.links]


def initial(body: dict[str, Any], references: Iterable[dict[str, str]], kind: Kind, revision: int) -> dict[str, Any]:
    """Return a form's initial data for a draft's content."""
    found: dict[str, Any] = {"body": json.dumps(body, indent=2, ensure_ascii=False), "revision": revision}
    for role, link in kind.links.items():
        digests = [r["digest"] for r in references if r["role"] == role]
        found[f"link_{role}"] = digests if link.many else digests[0] if digests else ""
    return found


def skeleton(kind: Kind) -> dict[str, Any]:
    """Return a body with every required member, empty, for somebody who begins a new document."""
    schema = kind.schema.model_json_schema()
    found = _skeleton(schema, schema.get("$defs", {}), 0)
    return found if isinstance(found, dict) else {}


def _skeleton(schema: dict[str, Any], defs: dict[str, Any], depth: int) -> Any:
    if "$ref" in schema:
        schema = defs[schema["$ref"].rsplit("/", 1)[-1]]
    if "const" in schema or "default" in schema:
        return schema.get("const", schema.get("default"))
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return None if any(part.get("type") == "null" for part in schema["anyOf"]) else ""
    if schema.get("type") == "object":
        wanted = schema.get("required", [])
        parts = schema.get("properties", {})
        return {name: _skeleton(parts[name], defs, depth + 1) for name in parts if name in wanted}
    if schema.get("type") == "array":
        return [_skeleton(schema["items"], defs, depth + 1)] if schema.get("minItems") and depth < 4 else []
    return {"integer": 0, "boolean": False}.get(str(schema.get("type")), "")


def _choices(kind: Kind, project: Project | None) -> dict[str, list[tuple[str, str]]]:
    names = {name for link in kind.links.values() for name in link.kinds}
    found: dict[str, list[tuple[str, str]]] = {}
    rows = Document.objects.filter(Q(project=project) | Q(project=None), kind__in=names).defer("content")
    for document in rows.order_by("-seq"):
        found.setdefault(document.kind, []).append((document.digest, f"{document} · {document.digest[7:15]}"))
    return found


def _no_floats(text: str) -> Any:
    raise ValueError(f'Found the number {text}, expected it in quotes: "{text}". Documents hold decimals as text.')


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"Found the key {key!r} twice in one object, expected it once.")
        found[key] = value
    return found
