"""The practice company: a small made-up shop to try things on, and to be taken away whole."""
