"""The one pydantic base of everything that crosses a border: frozen, no unknown keys."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """A data shape of DESIGN §4. Unknown keys are an error, values do not change after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True)
