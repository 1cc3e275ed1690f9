"""Training's own pages."""
