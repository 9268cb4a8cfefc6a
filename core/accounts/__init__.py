"""Staff accounts, their sessions and second factors, invitations and API keys."""
