"""Services of evaluation."""
