"""Checks of a report's evidence: keys, signatures, permits, results, periods, and that it hangs on one checkpoint."""
