"""What disclosed verdicts spend of a holdout, whatever is frozen anew."""

import json
from decimal import Decimal

import pytest

from evals import documents as evals
from evals.selectors import spent
from governance.errors import Refused
from governance.models import Document, Job
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.services import jobs
from tests.support import papers
from tests.support.governed import Site, on_paper
from tests.support.story import fabricated

ALPHA = Decimal("0.05")


def specification(site: Site, name: str) -> Document:
    story = site.story
    body = {"arm": "tuned", "attempt_index": len(story.made), "note": name}
    return story.submit(
        "engineer", name, evals.SPEC, body, thresholds="thresholds", evaluation_set="set", rubric="rubric",
        subject="record", baseline="baseline",
    )  # fmt: skip


def disclose(site: Site, name: str) -> Document:
    """Evaluate the tuned model once more, up to the accepted verdict."""
    specification(site, name)
    with fabricated("tuned", 0.58):
        return site.story.run(name, lambda _: site.story._result("tuned", 0.58))


def told(site, name: str = "thresholds") -> spent.Spent:
    found = spent.spent(site.story[name])
    assert found is not None
    return found


def blocked(site, name: str) -> set[str]:
    with pytest.raises(Refused) as refused:
        jobs.launch(actor=site.engineer, spec=site.story[name])
    return {finding.check for finding in refused.value.findings}


@pytest.fixture
def already():
    return train


def train(site) -> None:
    with on_paper():
        site.story.train()


@pytest.fixture
def measured(site):
    """The plan is signed, the baseline measured, a model trained; no verdict was disclosed yet."""
    with on_paper():
        yield site


def anew(site, name: str, content: bytes) -> str:
    """Freeze cases and thresholds anew and have them signed; return the name of the thresholds."""
    story, entry = site.story, site.story.bytes(name, content)
    story.submit("expert", f"{name} set", evals.SET, papers.evaluation_set(entry) | {"cases": content.count(b"\n")})
    story.submit("expert", name, evals.THRESHOLDS, papers.thresholds(), evaluation_set=f"{name} set", rubric="rubric")
    story.sign(f"{name} set", name, requester="engineer", signers=("officer", "officer2"))
    return name


def test_each_disclosed_verdict_spends_its_alpha(measured) -> None:
    before = told(measured)
    disclose(measured, "once more")
    after = told(measured)
    assert after.disclosed == before.disclosed + 1
    assert after.account.spent == before.account.spent + ALPHA
    assert after.account.further == before.account.further - 1
    assert f"spend {after.account.spent.normalize():f} of 0.25" in after.words


@pytest.mark.attack(
    name="try again until the holdout says yes",
    caught_by="each accepted verdict spends its alpha of the cases; the gate refuses the evaluation that has none left",
    unless="two people waive it for one run, which page one of every report tells",
)
def test_the_gate_refuses_when_nothing_is_left(measured) -> None:
    for number in range(told(measured).account.further):
        disclose(measured, f"try {number}")
    assert told(measured).account.further == 0
    specification(measured, "one too many")
    assert blocked(measured, "one too many") == {"holdout_left"}


@pytest.mark.attack(
    name="freeze the holdout anew to be judged afresh",
    caught_by="cases are told apart by what they ask: other ids, slices, files or versions spend from the same account",
    unless="the questions themselves are reworded; the holdout's signers see that in what changed",
)
def test_freezing_anew_resets_nothing(measured) -> None:
    disclose(measured, "one")
    before = told(measured).account
    lines = [json.loads(line) for line in papers.cases().splitlines()]
    renamed = [line | {"id": f"other-{number}", "note": "renamed"} for number, line in enumerate(reversed(lines))]
    name = anew(measured, "renamed", b"".join(json.dumps(line).encode() + b"\n" for line in renamed))
    assert told(measured, name).account == before


def test_padding_gives_nothing_back_and_new_cases_do(measured) -> None:
    disclose(measured, "one")
    lines = [json.loads(line) for line in papers.cases().splitlines()]

    def fresh(start: int, count: int) -> list[dict]:
        return [
            lines[n % 300] | {"id": f"new-{n}", "messages": [{"role": "user", "content": f"a new question {n}"}]}
            for n in range(start, start + count)
        ]

    def file(cases: list[dict]) -> bytes:
        return b"".join(json.dumps(case).encode() + b"\n" for case in cases)

    padded = anew(measured, "padded", file(lines + fresh(0, 300)))
    assert told(measured, padded).account.spent == told(measured).account.spent
    halved = anew(measured, "halved", file(lines[:150] + fresh(0, 150)))
    assert told(measured, halved).account.spent == told(measured).account.spent / 2
    other = anew(measured, "other", file(fresh(1000, 300)))
    assert told(measured, other).account.spent == 0
    assert told(measured, other).disclosed == 0


@pytest.mark.attack(
    name="look at a holdout for nothing through a set called development that names its file",
    caught_by="what spends is what is kept from engineers: such a set is hidden as the holdout is, and shares its "
    "account",
    unless="the cases are written to another file; then they are told apart by what they ask once a holdout has them",
)
def test_a_development_set_of_the_holdouts_file_spends_as_it_does(measured) -> None:
    story = measured.story
    [entry] = docs.envelope(story["set"]).body["files"]
    body = papers.evaluation_set(entry) | {"purpose": "development", "title": "Only for trying"}
    story.submit("expert", "trying set", evals.SET, body)
    story.submit(
        "expert", "trying", evals.THRESHOLDS, papers.thresholds(), evaluation_set="trying set", rubric="rubric"
    )
    assert told(measured, "trying") == told(measured)
    disclose(measured, "one")
    assert told(measured, "trying").account == told(measured).account
    spec = story.submit(
        "engineer", "try", evals.SPEC, {"arm": "tuned", "attempt_index": 1, "note": ""}, thresholds="trying",
        evaluation_set="trying set", rubric="rubric", subject="record", baseline="baseline",
    )  # fmt: skip
    answer = spent.answer(spec, "tuned", ledger.size())
    assert "look" in answer.found
    assert "one more spends 0.05" in answer.found


def test_each_stage_that_is_judged_spends_its_own_alpha(measured) -> None:
    """All stages are judged and shown on the same cases, though a release waits for one of them alone."""
    story = measured.story
    body = papers.thresholds()
    later = papers.threshold("later", "exact_match", "all", "0.4", n_min=50)
    body["thresholds"] += [
        later | {"stage": "pilot", "alpha": "0.02"},
        later | {"id": "looser", "stage": "pilot", "alpha": "0.03"},
        later | {"id": "last", "stage": "production", "alpha": "0.01"},
        later | {"id": "soft", "stage": "production", "alpha": "0.2", "importance": "soft"},
    ]
    story.submit("expert", "staged", evals.THRESHOLDS, body, evaluation_set="set", rubric="rubric")
    alone, staged = told(measured), told(measured, "staged")
    assert (alone.account.next, staged.account.next) == (ALPHA, ALPHA + Decimal("0.04"))
    assert "one more spends 0.09" in staged.words


def test_what_is_on_its_way_counts(measured) -> None:
    """Ten launched at once do not each see an account that nobody has drawn on yet."""
    further = told(measured).account.further
    for number in range(further):
        specification(measured, f"at once {number}")
        jobs.launch(actor=measured.engineer, spec=measured.story[f"at once {number}"])
    assert told(measured).waiting == further
    specification(measured, "one too many")
    assert blocked(measured, "one too many") == {"holdout_left"}


@pytest.mark.attack(
    name="claim a verdict that was never disclosed, or hide one, by a row",
    caught_by="a verdict counts when the ledger tells that a job under a consumed permit ended with it",
    unless="the ledger itself is rewritten, which checkpoints tell",
)
def test_a_row_alone_spends_nothing_and_hides_nothing(measured) -> None:
    result = disclose(measured, "one")
    before = told(measured)
    Job.objects.filter(output=result).update(output=None, state="cancelled")
    assert told(measured) == before


def test_the_baseline_spends_nothing(measured) -> None:
    answer = spent.answer(measured.story["baseline_spec"], "base", ledger.size())
    assert answer.passed
    assert "measured, not judged" in answer.found
