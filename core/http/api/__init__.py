"""The JSON API for other programs, to be mounted at /api/v1: keys, scopes, once is once."""
