"""What each kind of document says, field by field. Pydantic only: no Django."""
