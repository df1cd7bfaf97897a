"""The engine's settings, from the environment or ``.env``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.host_errors import HostError
from engine.networks import Choice
from engine.queue import Limits


class Settings(BaseSettings):
    """The engine's settings. A field's variable has its name in capitals; ``.env.example`` explains each."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    def __init__(self, **values: Any) -> None:
        """Read the settings; ``values`` outrank them.

        Raises:
            ValidationError: a setting is wrong.
            HostError: ``.env`` is no text.
        """
        try:
            super().__init__(**values)
        except UnicodeDecodeError as error:
            raise HostError(".env is not UTF-8. Save it as a text in that encoding.") from error

    data_dir: Path = Path("data")
    bundle_dir: Path | None = None
    database_url: str = ""
    device: str = "auto"
    network: Choice = "auto"
    vgg_weights: Path | None = None
    jobs_per_person: int = Field(default=5, ge=1)
    jobs_per_day: int = Field(default=50, ge=0)
    running_per_person: int = Field(default=1, ge=1)
    batch: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    timelapse: bool = True
    lease_seconds: float = Field(default=15.0, gt=0)
    famous: bool = True
    famous_url: str = "https://commons.wikimedia.org/wiki/Special:FilePath/"
    contact: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    metrics_listen: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=65535)

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
