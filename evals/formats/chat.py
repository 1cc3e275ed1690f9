"""Chat JSON Lines, as fine-tuning interfaces take them: {"messages": [{"role", "content"}, …]} a line.

The last message is the assistant's: it is the target, and what goes before is asked. Format: OpenAI, "Supervised
fine-tuning", section "Formatting your data".
"""

import json
from collections.abc import Sequence
from typing import Any

from evals.engine.cases import MAX_LINE_BYTES, strict_json
from evals.engine.spec import Case
from evals.formats.reading import Place, Reading, SourceFile, shown

ROLES = ("system", "user", "assistant")


def lines(reading: Reading, file: SourceFile) -> "list[tuple[Place, int, dict[str, Any]]]":
    """Return the objects of a JSON Lines file with place and number; what is none is a problem."""
    found = []
    text = file.text()
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        place = Place(file.name, f"line {number}")
        if len(line) > MAX_LINE_BYTES:
            reading.problem(place, f"a line of {len(line):,} characters", f"at most {MAX_LINE_BYTES:,}")
            continue
        try:
            value = strict_json(line)
        except ValueError as error:
            reading.problem(place, "a blank line" if not line.strip() else "no JSON", f"a JSON object ({error})")
            continue
        if isinstance(value, dict):
            found.append((place, number, value))
        else:
            reading.problem(place, f"JSON of another kind: {shown(value)}", "an object")
    return found


def read(reading: Reading, files: Sequence[SourceFile]) -> None:
    """Read chats; whatever stands beside the messages is left out and noted."""
    for file in files:
        for place, number, record in lines(reading, file):
            if (asked := turns(reading, place, record.get("messages"))) is None:
                continue
            for name in sorted(set(record) - {"messages", "id"}):
                reading.left_out(place, f"the member {name!r}", "chat lines hold messages; a case has no place for it")
            target = asked.pop()["content"] if asked[-1]["role"] == "assistant" else None
            if target is None:
                reading.supplied(place, "no target", "the chat ends with the user, so no answer is known")
            reading.case(place, {"id": record.get("id"), "messages": asked, "target": target}, number)


def turns(reading: Reading, place: Place, found: object) -> list[dict[str, str]] | None:
    """Return messages of plain text, or None and the problem with them."""
    if not isinstance(found, list) or not found:
        reading.problem(place, f"messages: {shown(found)}", "a list of messages")
        return None
    for index, message in enumerate(found):
        where = Place(place.file, f"{place.at}, messages[{index}]".lstrip(", "))
        if not isinstance(message, dict):
            reading.problem(where, shown(message), 'an object {"role", "content"}')
            return None
        if message.get("role") not in ROLES or not isinstance(message.get("content"), str):
            what = f"role {shown(message.get('role'))} with content of type {type(message.get('content')).__name__}"
            reading.problem(where, what, f"one of {', '.join(ROLES)}, with text; tools and pictures are not asked here")
            return None
        if called := sorted(set(message) & {"tool_calls", "function_call", "refusal", "audio"} & _said(message)):
            reading.problem(where, f"a message with {', '.join(called)}", "plain text alone")
            return None
        for name in sorted(_said(message) - {"role", "content"}):
            reading.left_out(where, f"the member {name!r} of messages", "a message of a case is role and content")
    return [{"role": message["role"], "content": message["content"]} for message in found]


def _said(message: dict[str, Any]) -> set[str]:
    return {name for name, value in message.items() if value not in (None, [], {})}


def write(cases: Sequence[Case]) -> dict[str, bytes]:
    """Return the cases as chats; a case without a target ends with the user."""
    made = []
    for case in cases:
        messages = [message.model_dump(mode="json") for message in case.messages]
        if case.target is not None:
            messages.append({"role": "assistant", "content": case.target})
        made.append(json.dumps({"messages": messages}, ensure_ascii=False).encode() + b"\n")
    return {"chats.jsonl": b"".join(made)}
