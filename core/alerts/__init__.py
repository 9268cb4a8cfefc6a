"""Alerts: rules over what happens, episodes that open and close once, and who is told."""
