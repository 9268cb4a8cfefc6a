"""The JSON API for other programs, to be mounted at /api/v1: keys, scopes, once is once."""

from core.http.api.app import api

__all__ = ["api"]
