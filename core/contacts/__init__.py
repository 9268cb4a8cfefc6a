"""People who may receive mail, the ways to recognise them, and the addresses they read."""
