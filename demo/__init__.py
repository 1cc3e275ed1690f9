"""The demo: real data, a real model and one governed run."""
