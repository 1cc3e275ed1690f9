"""A report's pages as a reader sees and hears them: content streams, layout, tagged text, by a strict grammar."""
