"""Topics, consent and suppressions: what a person may be sent, and why not."""
