"""Every mutation of governed facts; each runs inside one ledger mutation."""
