"""What makes an address worth a second look; words and names, nothing else."""

ROLE_PARTS = (
    "abuse", "accounting", "accounts", "admin", "billing", "contact", "hello", "help",
    "hostmaster", "hr", "info", "jobs", "mail", "marketing", "no-reply", "noreply", "office",
    "postmaster", "sales", "security", "service", "shop", "support", "team", "webmaster",
)  # fmt: skip
"""What stands before the @ of a desk's address: RFC 2142 and the usual names of offices."""

DISPOSABLE_DOMAINS = (
    "10minutemail.com", "discard.email", "dispostable.com", "emailondeck.com", "fakeinbox.com",
    "getnada.com", "grr.la", "guerrillamail.com", "guerrillamail.net", "guerrillamail.org",
    "maildrop.cc", "mailinator.com", "mailnesia.com", "mintemail.com", "moakt.com", "mohmal.com",
    "mytemp.email", "sharklasers.com", "spamgourmet.com", "temp-mail.org", "tempail.com",
    "throwawaymail.com", "trashmail.com", "yopmail.com",
)  # fmt: skip
"""Well-known services of throwaway mailboxes, each by the web address it offers itself under."""

LEAST_MAILS = 5
"""Fewer mails than these say nothing about whoever did not react."""

WINDOW_DAYS = 90
