"""Rules that decide, without anything to read: what is in force, what ran, what is safe, what changed. Pure."""
