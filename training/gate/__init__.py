"""What the gate asks before a run and before a release: pure functions of facts."""
