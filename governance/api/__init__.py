"""The REST API of what governance knows: the same services as the pages."""
