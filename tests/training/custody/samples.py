"""Bodies of drills and probes, valid and small."""

import hashlib
from typing import Any


def digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def restored(path: str = "model.safetensors", size: int = 7, sha256: str = digest("weights")) -> dict[str, Any]:
    return {
        "path": path, "size": size, "sha256": sha256, "found": "intact", "found_size": size, "found_sha256": sha256,
    }  # fmt: skip


def restore_spec(**changes: Any) -> dict[str, Any]:
    return {"title": "Drill", "backup": "vault", "prompts": ["Say something."]} | changes


def restore_record(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Drill",
        "outcome": "passed",
        "finding": "",
        "backup": "vault",
        "layout": "names",
        "folder": None,
        "files": [restored()],
        "loaded": True,
        "answers": [{"prompt": "Say something.", "text": "Something.", "tokens": 3}],
        "seconds_to_fetch": "0.1",
        "seconds_to_load": "0.2",
        "seconds_to_answer": "0.3",
        "peak_rss_mb": 300,
        "environment": {"torch": "2"},
        "permit": digest("permit"),
    } | changes


def probe_spec(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Weekly probe",
        "endpoint": {"address": "https://api.example/v1", "model": "big-2026-01"},
        "prompts": [{"id": "capital", "text": "What is the capital of France?"}, {"id": "sum", "text": "2 + 2?"}],
        "repeats": 10,
        "max_new_tokens": 32,
        "temperature": "1",
        "cadence_days": 7,
    } | changes
