"""The words that the verifier carries are those of the registered kinds and events."""

from governance.proof.words import vocabulary
from governance.proof.words.vocabulary import Phrase, one_of
from governance.registry import KINDS
from tests.support.vocabulary import PLACE, registered


def test_the_verifier_carries_the_words_that_are_registered() -> None:
    """Otherwise: `python -m tests.support.vocabulary`."""
    assert PLACE.read_text(encoding="utf-8") == registered()


def test_what_is_carried_says_what_is_registered() -> None:
    assert {name: (words.label, words.title.as_json()) for name, words in vocabulary.kinds().items()} == {
        name: (kind.label, kind.title.as_json()) for name, kind in KINDS.items()
    }


def test_a_phrase_says_what_the_body_holds() -> None:
    title = Phrase("Result of ", one_of("arm", "name"), ": ", one_of("verdict", otherwise="measured"))
    assert title({"arm": "", "name": "base", "verdict": None}) == "Result of base: measured"
    assert Phrase.from_json(title.as_json())({"arm": "tuned", "verdict": "PASS"}) == "Result of tuned: PASS"
    changed = Phrase(one_of("changed", words={"true": "changed", "false": "the same", "null": "unknown"}))
    assert [changed({"changed": value}) for value in (True, False, None)] == ["changed", "the same", "unknown"]
    figures = Phrase(one_of("value", form="figure"), "; ", one_of("low", "high", form="bounds"))
    line = {"metric": "exact_match", "kind": "absolute", "value": "0.12345", "low": "0.1", "high": None}
    assert figures(line) == "12.3 %; no bounds"
    assert figures(line | {"kind": "gap", "high": "0.20001"}) == "12.3 points; 10 to 20.1 points"
    assert figures(line | {"metric": "latency_p95", "kind": "relative", "value": None}) == "not measured; no bounds"
    assert Phrase(one_of("stated", then=", unproven"))({"stated": "x"}) == ", unproven"
