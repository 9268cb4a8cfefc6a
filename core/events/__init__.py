"""Immutable facts that any department may react to."""
