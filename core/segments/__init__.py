"""Saved groups of people: who is in, who came and went, and why."""
