"""Tasks: what somebody has to do, by when, about whom."""
