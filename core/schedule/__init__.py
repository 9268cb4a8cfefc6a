"""Times that people choose: one tick a minute finds what is due, once, even after a pause."""
