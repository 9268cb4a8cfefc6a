"""Mails that lower packages need sent: staff invitations, password links, handing over work."""
