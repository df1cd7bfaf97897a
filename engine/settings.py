"""The engine's settings, from the environment or ``.env``."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from dotenv.parser import parse_stream
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.host_errors import HostError
from engine.networks import Choice
from engine.proxies import is_http_address
from engine.queue import Limits

ENV_FILE: Final = ".env"
"""The file of settings, in the current folder."""


class Settings(BaseSettings):
    """The engine's settings. A field's variable has its name in capitals; ``.env.example`` explains each."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, env_ignore_empty=True, extra="ignore")

    def __init__(self, **values: Any) -> None:
        """Read the settings; ``values`` outrank them.

        Raises:
            ValidationError: a setting is wrong.
            HostError: ``.env`` cannot be read, or holds a line that is no setting.
        """
        if (file := values.get("_env_file", ENV_FILE)) is not None:
            _check_lines(Path(file))
        super().__init__(**values)

    data_dir: Path = Path("data")
    bundle_dir: Path | None = None
    database_url: str = ""
    device: str = "auto"
    network: Choice = "auto"
    vgg_weights: Path | None = None
    jobs_per_person: int = Field(default=5, ge=1)
    jobs_per_day: int = Field(default=50, ge=0)
    running_per_person: int = Field(default=1, ge=1)
    batch: Annotated[int, Field(ge=1, le=64)] | Literal["auto"] = "auto"
    timelapse: bool = True
    lease_seconds: float = Field(default=15.0, gt=0, le=86400)
    famous: bool = True
    famous_url: str = "https://commons.wikimedia.org/wiki/Special:FilePath/"
    contact: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    metrics_listen: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=65535)

    @field_validator("famous_url")
    @classmethod
    def _check_famous_url(cls, value: str) -> str:
        if not is_http_address(value):
            raise ValueError(f"it should look like {cls.model_fields['famous_url'].default}")
        return value

    @property
    def database(self) -> str:
        """URL of the queue's database: by default a SQLite file in the data folder."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'atelier.db'}"

    @property
    def limits(self) -> Limits:
        """The queue's limits."""
        return Limits(
            live=self.jobs_per_person,
            running=self.running_per_person,
            daily=self.jobs_per_day,
            lease=self.lease_seconds,
        )

    @property
    def weights_cache(self) -> Path:
        """Folder for downloaded networks."""
        return self.data_dir / "weights"

    @property
    def weights_bundle(self) -> Path | None:
        """Read-only folder of networks that came with the image."""
        return self.bundle_dir and self.bundle_dir / "weights"

    @property
    def style_cache(self) -> Path:
        """Folder for the statistics of the catalogue's styles."""
        return self.data_dir / "cache" / "styles"

    @property
    def measured(self) -> Path:
        """File for the measured speed of each precision."""
        return self.data_dir / "precision.json"


def _check_lines(file: Path) -> None:
    """Check that a file of settings can be read to its end: what cannot be would be passed over.

    Raises:
        HostError: it is a folder, it cannot be opened, it is no text, or a line is no setting.
    """
    try:
        with file.open(encoding="utf-8") as stream:
            text = stream.read()
    except FileNotFoundError:
        return
    except UnicodeDecodeError as error:
        raise HostError(f"{file} is not UTF-8. Save it as a text in that encoding.") from error
    except OSError as error:
        raise HostError(f"{file} cannot be read ({error.strerror}).") from error
    if "\0" in text:
        raise HostError(f"{file} holds a NUL character, and is no text.")
    wrong = next((each.original.line for each in parse_stream(StringIO(text)) if each.error), None)
    if wrong is not None:
        raise HostError(f"{file}, line {wrong}, should look like NAME=value.")
