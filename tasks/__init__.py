"""Huey bodies: they wait and retry, and carry ids only."""
