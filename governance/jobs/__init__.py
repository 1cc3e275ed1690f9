"""Jobs, attempts, permits, the leased reconciler and the executors."""
