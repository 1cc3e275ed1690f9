"""What goes into a model and what comes out, as plain data: no model library is needed to speak of either."""

from collections.abc import Sequence
from dataclasses import dataclass

from evals.engine.spec import Message, Prompt
from governance.proof.formats.canonical import dumps, sha256


@dataclass(frozen=True)
class Answer:
    """What a model generated for one chat, in `tokens` new tokens; `finished` if it ended the answer by itself.

    `tokens_in` is the length of the prompt, `seconds` how long the answer took from when its batch began, `cost` its
    price in US dollars; the latter two None where nobody knows. `prompt` is the digest of what was asked, where that is
    not the chat that the plan makes of the case (recorded answers).
    """

    text: str
    tokens: int
    finished: bool
    tokens_in: int = 0
    seconds: float | None = None
    cost: float | None = None
    prompt: str | None = None


def render(prompt: Prompt, messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return the chat that is sent for `messages`: as they are if they begin with a system message, else in `prompt`.

    In the second case the last message's content replaces `{input}` in the template and the system message goes first.
    """
    chat = [{"role": message.role, "content": message.content} for message in messages]
    if chat[0]["role"] == "system":
        return chat
    chat[-1]["content"] = prompt.template.replace("{input}", chat[-1]["content"])
    return [{"role": "system", "content": prompt.system}, *chat] if prompt.system else chat


def prompt_digest(chat: Sequence[dict[str, str]]) -> str:
    """Return the digest of a chat as it was sent: of its canonical JSON."""
    return sha256(dumps(list(chat)))
