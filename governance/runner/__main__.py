"""`python -m governance.runner`: one attempt, from permit to result. Knows no Django and no database.

    --permit FILE     the permit (DSSE envelope)
    --trust FILE      {"root_fingerprint", "keyrings"}: the public keys, chained to the published fingerprint
    --control URL     the control plane
    --audience NAME   who this runner is: permits for others are refused
    --work DIR        a private directory, empty but for the journal an earlier attempt left
    standard input    the secret, one line

Exit: 0 done, 3 the permit does not allow it, 4 the work failed, 5 the lease was lost, 6 no control plane in reach.
"""

import argparse
import sys
from pathlib import Path

from governance.runner.session import run_attempt


def main(arguments: list[str] | None = None) -> int:
    """Parse the arguments, read the secret, run the attempt, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m governance.runner", description=__doc__.split("\n")[0])
    for name in ("permit", "trust", "control", "audience", "work"):
        parser.add_argument(f"--{name}", required=True)
    chosen = parser.parse_args(arguments)
    return run_attempt(
        permit_file=Path(chosen.permit),
        trust_file=Path(chosen.trust),
        control=chosen.control,
        audience=chosen.audience,
        work=Path(chosen.work),
        secret=sys.stdin.readline().strip(),
    )


if __name__ == "__main__":
    sys.exit(main())
