"""Errors that people may see: a stable code and its parameters; the shells translate."""

from typing import ClassVar


class ChaparError(Exception):
    """A refusal with a stable code. `field` names the input it belongs to, where there is one."""

    status: ClassVar[int] = 400

    def __init__(self, code: str, /, *, field: str | None = None, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.params = params


class Invalid(ChaparError):
    """The input breaks a rule; the message names the field and the way out."""

    status = 422


class NotFound(ChaparError):
    """The thing asked for is not there, or not visible to this actor."""

    status = 404


class Forbidden(ChaparError):
    """The actor may not do this."""

    status = 403


class Unauthenticated(ChaparError):
    """Nobody is signed in, or the session has ended."""

    status = 401


class Conflict(ChaparError):
    """Somebody else changed the same thing, or it exists already."""

    status = 409


class TooMany(ChaparError):
    """Tried too often; `retry_after_s` in params says when to come back."""

    status = 429


class Unavailable(ChaparError):
    """A service this needs does not answer now; nothing was changed."""

    status = 503
