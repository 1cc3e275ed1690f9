"""One name for each way a model can be had, whatever a feed calls it, so that a model is found in all of them."""

import re
from functools import lru_cache

_NAMES = {
    "amazon bedrock": "bedrock",
    "anthropic": "anthropic",
    "aws": "bedrock",
    "aws-bedrock": "bedrock",
    "azure": "azure",
    "azure openai": "azure",
    "azure_text": "azure",
    "bedrock": "bedrock",
    "bedrock_converse": "bedrock",
    "bedrock_mantle": "bedrock",
    "gemini": "gemini",
    "google": "gemini",
    "google vertex": "vertex",
    "google-gemini-api": "gemini",
    "google-vertex-ai": "vertex",
    "openai": "openai",
    "text-completion-openai": "openai",
    "vertex_ai": "vertex",
    "vertex_ai_beta": "vertex",
}


def canonical(name: str) -> str:
    """Return our name of a channel; its parts, such as a region or a SKU, are set off by "/" and kept as they are."""
    first, slash, rest = name.strip().partition("/")
    plain = first.strip().lower()
    if plain.startswith("vertex_ai-"):
        plain = "vertex_ai"
    return (_NAMES.get(plain) or re.sub(r"[\s_]+", "-", plain)) + slash + rest.strip()


@lru_cache(maxsize=4096)
def matches(asked: str, said: str) -> bool:
    """Return whether what is said of one channel holds for another: the same, or one is a part of the other.

    What is said of "bedrock" holds for "bedrock/eu-west-1" as well; what is said of that region concerns whoever uses
    "bedrock" without saying where.
    """
    wanted, found = canonical(asked).split("/"), canonical(said).split("/")
    return all(one == other for one, other in zip(wanted, found, strict=False))
