"""Cases that hold everything a case can, and texts that are hard on a format."""

from typing import Any

from evals.engine.spec import Case


def case(name: str, asked: str = "What is it?", **more: Any) -> Case:
    fields = {
        "id": name,
        "messages": [{"role": "user", "content": asked}],
        "target": "an answer",
        "slices": [],
        "provenance": "written for a test",
    }
    return Case.model_validate(fields | more)


FULL = case(
    "full",
    "Which of these?",
    references=["the answer", "answers"],
    passages=[{"id": "p1", "text": "A passage.\nWith two lines."}, {"id": "p2", "text": '"quoted"'}],
    expects="ask",
    group="meaning 1",
    slices=["common", "rare words"],
    cluster="patient 7",
    risk="high",
    weight="2.5",
    note="Ask the author; see = and +.",
    metadata={"author": "somebody", "origin": "ticket; 12"},
)
PLAIN = [
    case("one", "What is 1 plus 2?", target="3", slices=["common"]),
    case("two", '=HYPERLINK("x")\r\nnext line', target="@sum", slices=["common", "attack"], risk="low"),
    case("three", "Explain, “please”; and\tbriefly?", target='{"chapter":"ear"}', weight="0.5"),
    case("four", "'quoted", target=None, expects="refuse", slices=["attack"]),
    FULL,
]
CHOSEN = [
    case(f"choice-{n}", f"Which is right, {n}?", choices=["cat", "cod, fresh", "[dog"], target=target)
    for n, target in enumerate(["cat", "cod, fresh", "[dog"])
]
CONVERSATION = case(
    "talk",
    messages=[
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello?"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "And now?"},
    ],
)
