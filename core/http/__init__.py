"""The outside world: the gate, the sign-in pages and what answers without a page behind it."""
