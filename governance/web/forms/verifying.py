"""A file to verify, and what its reader got by another way than the file."""

from typing import Any

from django import forms

from governance.web.forms.base import Described


class VerifyForm(Described):
    """The file and the fingerprint; the rest is for readers who kept something, or rely on somebody else's word."""

    file = forms.FileField(
        label="File",
        help_text="A sealed report (PDF), an auditor’s package (ZIP), or the proof of a ledger entry (.tlog-proof). "
        "Drop it here.",
    )
    fingerprint = forms.CharField(
        label="Root fingerprint",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "form-control code", "spellcheck": "false", "autocomplete": "off"}),
        help_text="sha256: and 64 digits. Never from the file, and better not from this server: whoever forged a "
        "report prints the fingerprint that fits. The organisation publishes it; a contract may have it.",
    )
    checkpoint = forms.FileField(
        label="A checkpoint or an older report that you kept",
        required=False,
        help_text="Do its history and the file's go on from one another?",
    )
    consistency = forms.FileField(
        label="The proof between the two", required=False, help_text="From the page Ledger: N-M.consistency.json."
    )
    renewal = forms.FileField(
        label="Renewed evidence", required=False, help_text="From the page Reports: ….renewal.json."
    )
    keyrings = forms.FileField(
        label="Keyrings of today",
        required=False,
        help_text="From the page Keys: which keys were declared stolen since the file was made.",
    )
    least = forms.IntegerField(
        label="Ledger size that it must tell of at least",
        required=False,
        min_value=1,
        help_text="From whoever told you how far the ledger is. An older file is refused.",
    )
    log_key = forms.CharField(
        label="Log key",
        required=False,
        max_length=500,
        help_text="For the proof of an entry, in place of the fingerprint: <name>+<key id>+<base64>.",
    )
    second_key = forms.CharField(
        label="The log’s second key (ML-DSA-44)", required=False, max_length=4000, widget=forms.Textarea({"rows": 2})
    )
    witnesses = forms.CharField(
        label="Witnesses’ keys",
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 2}),
        help_text="One a line, each from the witness itself.",
    )
    quorum = forms.IntegerField(
        label="How many of them must have cosigned", required=False, min_value=1, help_text="Empty: all."
    )
    authority = forms.FileField(
        label="Root certificate of a time-stamp authority (PEM)", required=False, help_text="From the authority."
    )

    def given(self) -> dict[str, Any]:
        """Return what was given, by the verifier's names."""
        data = self.cleaned_data
        return {
            **{name: data[name] for name in ("file", "log_key", "second_key", "keyrings", "quorum", "least")},
            "root": data["fingerprint"].strip(),
            "witnesses": [line.strip() for line in data["witnesses"].splitlines() if line.strip()],
            "checkpoints": [data["checkpoint"]] if data["checkpoint"] else [],
            "consistency": [data["consistency"]] if data["consistency"] else [],
            "renewals": [data["renewal"]] if data["renewal"] else [],
            "authorities": [data["authority"]] if data["authority"] else [],
        }
