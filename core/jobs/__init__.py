"""Long work with progress: imports and exports, run in a child process."""
