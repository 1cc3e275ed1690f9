"""What sources say of base models: recorded, read again, shown."""
