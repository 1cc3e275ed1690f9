"""The pages: what they show, to whom, and that they decide nothing."""
