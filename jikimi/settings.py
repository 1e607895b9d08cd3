"""All settings in one: environment over `jikimi.toml` over defaults, read once at the entry point."""

import difflib
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from consumer.settings import KafkaSettings, WorkerSettings
from embeddings.settings import BankSettings, EncoderSettings
from jikimi.errors import ConfigurationError

PREFIX = "JIKIMI_"
CONFIG_VARIABLE = "JIKIMI_CONFIG"
TEST_PREFIX = "JIKIMI_TEST_"  # read by the tests, not by the program
DEFAULT_FILE = Path("jikimi.toml")


class Settings(BaseSettings):
    """What `jikimi` can be told without touching code."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True, extra="forbid", frozen=True
    )

    release: str | None = Field(None, description="folder of the release to decide with; the shipped one if not given")
    kafka: KafkaSettings = Field(default_factory=KafkaSettings, description="where Kafka is, and how to get in")
    bank: BankSettings = Field(default_factory=BankSettings, description="where the exemplars are kept")
    encoder: EncoderSettings = Field(
        default_factory=EncoderSettings,
        description="where the encoder runs, and which one `encode` uses",
    )
    worker: WorkerSettings = Field(default_factory=WorkerSettings, description="one worker of the stream")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # pydantic-settings calls it by these names
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over what the file gave; unknown variables are left out, `warn_of_unknown` names them."""
        environment = cast("EnvSettingsSource", env_settings)
        environment.env_vars = {key: value for key, value in environment.env_vars.items() if key.upper() in variables()}
        return environment, init_settings


def load_settings(config: Path | None = None) -> Settings:
    """The settings of this process. Raises ConfigurationError; unknown variables are warned of on stderr."""
    named = config or (Path(given) if (given := os.environ.get(CONFIG_VARIABLE)) else None)
    file = named or DEFAULT_FILE
    held = read_toml(file) if named or file.exists() else {}
    check_keys(held, file)
    for warning in unknown_variables(os.environ):
        sys.stderr.write(f"warning: {warning}\n")
    try:
        return Settings(**held)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_sentence(each) for each in error.errors())) from None
    except SettingsError as error:
        raise ConfigurationError(
            f"{error}; give each setting a variable of its own, `docs/settings.md` has all"
        ) from None


def read_toml(file: Path) -> dict[str, Any]:
    """The file's content. Raises ConfigurationError where it is missing or no TOML."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{file} can't be read ({error.strerror}); give another with --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is no TOML: {error}") from None


def check_keys(held: Mapping[str, Any], file: Path) -> None:
    """Raise ConfigurationError for a key that is no setting, naming the nearest that is."""
    known = dict(leaves())
    for key in _keys(held, known):
        if key not in known and not any(name.startswith(f"{key}.") for name in known):
            raise ConfigurationError(f"{file}: there is no setting `{key}`{_nearest(key, known)}")


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """A sentence for each JIKIMI_ variable that is no setting, naming the nearest that is."""
    known = variables()
    strange = [
        name
        for name in sorted(environment)
        if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX) and name not in known
    ]
    return [f"{name} is no setting and is ignored{_nearest(name, known)}" for name in strange]


def leaves(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every single setting by its dotted name, as in TOML."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from leaves(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def variables() -> set[str]:
    """The name of every variable that is read."""
    return {CONFIG_VARIABLE, *(variable(name) for name, _ in leaves())}


def variable(name: str) -> str:
    """The environment variable of the setting `name`."""
    return PREFIX + name.replace(".", "__").upper()


def is_secret(field: FieldInfo) -> bool:
    """Whether the value must never be printed."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _keys(held: Mapping[str, Any], known: Mapping[str, FieldInfo], prefix: str = "") -> Iterator[str]:
    for name, value in held.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and value and key not in known:
            yield from _keys(value, known, f"{key}.")
        else:
            yield key


def _nearest(name: str, known: Mapping[str, object] | set[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean `{near[0]}`?" if near else "; docs/settings.md has all of them"


def _sentence(error: ErrorDetails) -> str:
    name = ".".join(map(str, error["loc"]))
    field = dict(leaves()).get(name)
    if field is None:
        return f"setting `{name}`: {error['msg']}"
    given = "" if is_secret(field) else f", given {error['input']!r}"
    return f"setting `{name}` ({variable(name)}){given}: {error['msg']}"
