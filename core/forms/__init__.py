"""Forms that people outside fill in: built by click, hosted here or embedded elsewhere."""
