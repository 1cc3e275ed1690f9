"""How a command's process ends."""

from collections.abc import Callable

import typer

from client import output
from client.failure import Failure


def end(command: Callable[[], int], as_json: bool = False) -> None:
    """Run a command and leave with its exit code; say why when it could not be done."""
    try:
        code = command()
    except Failure as failure:
        code = failure.code
        if as_json:
            output.say_json(failure.as_dict())
        else:
            output.say(failure.message, colour="red", err=True)
    except KeyboardInterrupt:
        output.say("Stopped. What was launched goes on; countersign watch follows it again.", err=True)
        code = 130
    raise typer.Exit(code)
