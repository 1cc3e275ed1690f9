"""The work plane's process: verify the permit, consume it, fetch, re-hash, work, report back."""
