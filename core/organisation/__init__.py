"""The organisation: its departments, working hours, holidays and settings."""
