"""What goes into a model and what comes out, as plain data: no model library is needed to speak of either."""

from collections.abc import Sequence
from dataclasses import dataclass

from evals.engine.spec import Message, Prompt


@dataclass(frozen=True)
class Answer:
    """What a model generated for one case, in `tokens` new tokens; `finished` if it ended the answer by itself."""

    text: str
    tokens: int
    finished: bool


def render(prompt: Prompt, messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return the chat that is sent for `messages`: as they are if they begin with a system message, else in `prompt`.

    In the second case the last message's content replaces `{input}` in the template and the system message goes first.
    """
    chat = [{"role": message.role, "content": message.content} for message in messages]
    if chat[0]["role"] == "system":
        return chat
    chat[-1]["content"] = prompt.template.replace("{input}", chat[-1]["content"])
    return [{"role": "system", "content": prompt.system}, *chat] if prompt.system else chat
