"""The one filter tree: conditions as data, read in memory and as SQL with the same meaning."""
