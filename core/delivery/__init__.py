"""How a mail is built, guarded and handed to a server, and what the server's answer means."""
