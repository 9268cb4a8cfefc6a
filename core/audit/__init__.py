"""Who did what, when and to what: append-only rows, sealed in a hash chain."""
