"""`countersign-verify.pyz`: the command `verify` alone, in one file that needs nothing but a Python.

`client.verifier_file` makes the file. It is for people who have no account here, and go by what they got elsewhere.
"""

import typer

from client.verify_command import verify

app = typer.Typer(
    name="countersign-verify", add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
app.command()(verify)
