"""One file that holds everything: made while people work, checked, and restored elsewhere."""
