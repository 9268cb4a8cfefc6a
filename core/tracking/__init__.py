"""Events from outside: from programs by the API, and from sites by a script."""
