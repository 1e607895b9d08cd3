"""Settings of the encoder and the bank."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class EncoderSettings(BaseModel):
    """Which encoder, and where it runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(
        default="shipped", description="`shipped`, a directory, or a hub name of a sentence-transformers model"
    )
    revision: str | None = Field(default=None, description="commit of a hub model; required for a hub name")
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="where the encoder runs; `auto` takes a GPU if there is one"
    )
    batch_size: int = Field(default=256, ge=1, le=8192, description="texts encoded at once")


class BankSettings(BaseModel):
    """Where the exemplars are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    redis_url: SecretStr = Field(
        default=SecretStr("redis://127.0.0.1:6379/0"),
        description="Redis or Valkey; `rediss://` for TLS, user and password in the address; secret",
    )
    cluster: bool = Field(default=False, description="the address is one node of a Redis cluster")
    snapshot: str | None = Field(
        default=None, description="file for the last known bank; a worker that starts while Redis is away uses it"
    )
    timeout_seconds: float = Field(default=2.0, gt=0, le=60, description="limit of one Redis call")
