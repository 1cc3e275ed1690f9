"""The forms of pages, by subject. They check shape only; whether something may happen is the services' to say."""
