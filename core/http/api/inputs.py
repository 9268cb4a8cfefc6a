"""What every body that a call carries has in common."""

from pydantic import BaseModel, ConfigDict, field_validator


class Input(BaseModel):
    """A body says nothing but what is named in it, and no text of it holds a NUL.

    No store that we know keeps one, and PostgreSQL would stumble over it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _refuse_nul(cls, value: object) -> object:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("a text holds a NUL")
        return value
