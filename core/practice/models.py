"""The row that says of another row that it is made up."""

from sqlmodel import Field, SQLModel

from core.db import KEY


class PracticeRow(SQLModel, table=True):
    """A row of the practice company, so that clearing finds every one of them."""

    __tablename__ = "practice_row"

    table_name: str = Field(max_length=40, primary_key=True)
    row_id: int = Field(primary_key=True, sa_type=KEY)
