"""Opens and clicks: who or what is behind each, and the facts that come of the human ones."""
