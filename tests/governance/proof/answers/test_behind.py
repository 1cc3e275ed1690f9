"""What stands behind a release and what changed since another, against what they were made of."""

import uuid
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from governance.proof.answers.behind import behind, verdict
from governance.proof.answers.changed import Pair, pairs, told_of
from governance.proof.formats.envelope import Envelope

PICKS = st.fixed_dictionaries(
    {
        "data": st.lists(st.sampled_from(["d1 1", "d1 2", "d2 1", "d3 1"]), min_size=1, max_size=3, unique=True),
        "base": st.sampled_from(["m1 1", "m2 1"]),
        "set": st.sampled_from(["s 1", "s 2"]),
        "rubric": st.sampled_from(["r 1", "q 1"]),
        "approval": st.sampled_from(["", "a 1"]),
        "waivers": st.lists(st.sampled_from(["w 1", "v 1", "u 1"]), max_size=2, unique=True),
        "contracted": st.booleans(),
    }
)
NAMESPACE = uuid.UUID(int=7)


class Papers(dict[str, Envelope]):
    """Documents by digest; the same one is made once."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, str] = {}

    def make(self, kind: str, name: str, *links: tuple[str, str]) -> str:
        series, number = name.split()
        envelope = Envelope.model_validate(
            {
                "schema": f"test.{kind}/1", "project": "shelf", "series": str(uuid.uuid5(NAMESPACE, kind + series)),
                "number": int(number), "previous": None if number == "1" else "sha256:" + "0" * 64, "contributors": [],
                "salt": "0" * 32, "references": [{"role": role, "digest": digest} for role, digest in links if digest],
                "body": {"title": f"{kind} {name}"},
            }
        )  # fmt: skip
        self[envelope.digest] = envelope
        self.names[envelope.digest] = f"{kind} {name}"
        return envelope.digest

    def release(self, name: str, picks: dict[str, Any], previous: str = "") -> str:
        contract = self.make("contract", "c 1")
        under = [("contract", contract)] if picks["contracted"] else []
        data = [self.make("dataset", one, *under) for one in picks["data"]]
        plan = [self.make("set", picks["set"]), self.make("rubric", picks["rubric"])]
        thresholds = self.make("thresholds", "t 1", ("evaluation_set", plan[0]), ("rubric", plan[1]))
        approval = self.make("approval", picks["approval"]) if picks["approval"] else ""
        base = self.make("base", picks["base"])
        spec = self.make(
            "spec", f"{name} 1", *(("dataset", one) for one in data), ("thresholds", thresholds), ("base_model", base),
            ("standing_approval", approval),
        )  # fmt: skip
        record = self.make("record", f"{name} 1", ("run_spec", spec))
        result = self.make("result", f"{name} 1", ("subject", record), ("thresholds", thresholds))
        waivers = [("waiver", self.make("waiver", one)) for one in picks["waivers"]]
        return self.make(
            "release", f"{name} 1", ("run_record", record), ("result", result), ("previous", previous), *waivers
        )

    def named(self, digests: Sequence[str]) -> list[str]:
        return sorted(self.names[digest].split(" ", 1)[1] for digest in digests)

    def below(self, top: str) -> set[str]:
        """What a document rests on, itself among it: not the release that it follows."""
        links = [link for link in self[top].references if link.role != "previous"]
        return {top}.union(*(self.below(link.digest) for link in links))


@given(PICKS, PICKS)
def test_data_plan_and_base_are_those_that_it_was_made_of_and_what_changed_is_the_rest(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    papers = Papers()
    before = papers.release("x", one)
    after = papers.release("y", other, before)
    for top, picks in ((before, one), (after, other)):
        found = behind(top, papers)
        assert papers.named(found.datasets) == sorted(picks["data"])
        assert papers.named(found.plan) == sorted([picks["set"], picks["rubric"], "t 1"])
        assert papers.named([found.base]) == [picks["base"]]
        assert papers.named(found.waivers) == sorted(picks["waivers"])
        assert papers.named([found.standing_approval] if found.standing_approval else []) == [picks["approval"]] * bool(
            picks["approval"]
        )
        assert len(found.contracts) == (len(picks["data"]) if picks["contracted"] else 0)
        # A run, or a base model, serves as it is.
        assert behind(found.record, papers).datasets == found.datasets
        assert behind(found.base, papers).base == found.base
    old, new = papers.below(before), papers.below(after)
    differ, same = pairs(before, after, papers)
    assert set(same) == old & new
    assert len(same) == len(set(same))
    gone, come = [p.before for p in differ if p.before], [p.after for p in differ if p.after]
    assert (sorted(gone), sorted(come)) == (sorted(old - new), sorted(new - old)), "each once, on its side"
    for digest in old - new:
        versions = [d for side in (old - new, new - old) for d in side if papers[d].series == papers[digest].series]
        if len(versions) == 2 and versions[1] in new:
            assert Pair(digest, versions[1]) in differ
    assert all(papers[p.before].kind == papers[p.after].kind for p in differ if p.before and p.after)
    backwards, still = pairs(after, before, papers)
    assert (len(backwards), set(still)) == (len(differ), set(same))


def test_two_documents_of_one_name_are_told_apart() -> None:
    papers = Papers()
    one, other = papers.make("dataset", "d 1"), papers.make("dataset", "e 1")
    sides = [papers.make("spec", name, ("dataset", data)) for name, data in (("s 1", one), ("s 2", other))]
    (line,) = [
        told
        for told in told_of(papers[sides[0]], papers[sides[1]], (), dict.fromkeys((one, other), "Rows v1"))
        if "References" in told.path
    ]
    assert (line.old, line.new) == (f"Rows v1 ({one[7:19]})", f"Rows v1 ({other[7:19]})")


def test_of_a_result_that_waits_for_people_their_verdict_counts() -> None:
    own, judged = {"verdict": "INCONCLUSIVE", "verdicts": [{"waits_for": "people"}]}, {"verdict": "PASS"}
    assert [verdict([own], judged), verdict([own], None), verdict([{"verdict": "FAIL", "verdicts": []}], judged)] == [
        "PASS", "INCONCLUSIVE", "FAIL",
    ]  # fmt: skip
    assert verdict([], judged) == ""
