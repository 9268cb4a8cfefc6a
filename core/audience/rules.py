"""What makes an address worth a second look; words and names, nothing else."""

ROLE_PARTS = (
    "abuse", "accounting", "accounts", "admin", "billing", "contact", "hello", "help",
    "hostmaster", "hr", "info", "jobs", "mail", "marketing", "no-reply", "noreply", "office",
    "postmaster", "sales", "security", "service", "shop", "support", "team", "webmaster",
)  # fmt: skip
"""What stands before the @ of a desk's address: RFC 2142 and the usual names of offices."""

LEAST_MAILS = 5
"""Fewer mails than these say nothing about whoever did not react."""

WINDOW_DAYS = 90
