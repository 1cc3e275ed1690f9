"""Made-up bodies that call for each warning a document can give page one: schema, body, what it names, labels."""

from typing import Any

from tests.support import papers

FILE: dict[str, Any] = {"path": "a.bin", "size": 7, "sha256": papers.digest("a")}
MODEL = papers.base_model(FILE)
SPEC = papers.run_spec()
QUALITY = papers.quality_report()
RESULT = papers.evaluation_result("tuned", FILE, 0.58) | papers.judgement()
LATER = [one | {"stage": "pilot"} if one["importance"] == "soft" else one for one in RESULT["verdicts"]]
CRITERION = {"sensitivity": {"value": "0.5"}, "specificity": {"value": "0.5"}}
CASES = papers.evaluation_set(FILE) | {"roles": {}}
LOOSE = [one | {"alpha": "0.2"} for one in papers.thresholds()["thresholds"]]
RISK = {"late": [{"title": "triage"}], "services": {"unknown": 1}, "unproven": [papers.digest("service")]}

Body = dict[str, Any]
WARNED: list[tuple[str, Body, dict[str, Body], list[str]]] = [
    ("training.base_model/1", MODEL | {"licence": MODEL["licence"] | {"derivatives": False}}, {},
     ["Lifecycle unknown", "Licence"]),
    ("training.run_spec/1", SPEC | {"code": SPEC["code"] | {"commit": "unknown"}}, {}, ["Code unknown"]),
    ("training.run_spec/1", SPEC | {"code": SPEC["code"] | {"commit": "a" * 40, "dirty": True}}, {}, ["Code changed"]),
    ("training.standing_approval/1",
     {"title": "Monthly", "max_runs": 3, "expires_at": "2027-01-01T00:00:00.000000Z"}, {}, ["Standing approval"]),
    ("training.deployment/1", {"service": "s", "environment": "e", "stated_base": "a model"}, {}, ["Unproven origin"]),
    ("training.deployment/1", {"service": "s", "environment": "e", "stated_base": ""}, {"run_record": CASES},
     ["No release"]),
    ("training.incident_mark/1", {"stands": True, "reason": "It lied."}, {}, ["Unsafe because of an incident"]),
    ("training.restore_record/1", {"title": "d", "outcome": "failed", "finding": "gone"}, {}, ["Custody not verified"]),
    ("training.probe_result/1", {"title": "p", "changed": True, "finding": "It differs."}, {},
     ["The hosted model changed"]),
    ("training.risk_assessment/1", RISK, {}, ["Latest start is over", "Not known", "Unproven origin"]),
    ("evals.quality_report/1", QUALITY | {"findings": [one | {"status": "fail"} for one in QUALITY["findings"]]}, {},
     ["Data quality"]),
    ("evals.evaluation_result/1", RESULT | {"verdict": "FAIL"}, {}, ["Verdict"]),
    ("evals.evaluation_result/1", RESULT | {"verdict": "INCONCLUSIVE"}, {}, ["Verdict"]),
    ("evals.evaluation_result/1", RESULT, {}, ["Soft thresholds"]),
    ("evals.judgement/1", RESULT | {"verdicts": LATER}, {}, ["Other stages"]),
    ("evals.judge_calibration/1", {"judge": "j", "criteria": {"kind": CRITERION}, "abandoned": ["7"]}, {},
     ["Judge", "Rounds"]),
    ("evals.thresholds/1", papers.thresholds() | {"thresholds": LOOSE}, {"evaluation_set": CASES},
     ["Not looked for", "Looser than its preset"]),
]  # fmt: skip
