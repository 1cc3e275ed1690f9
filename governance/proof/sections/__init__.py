"""What reports say of documents, as it follows from their bodies: one code for who prints and for who verifies."""
