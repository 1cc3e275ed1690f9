"""What ledger entries tell when they are read one after the other: of roles, passkeys, jobs, findings, the register."""
