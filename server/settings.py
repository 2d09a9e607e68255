"""Settings of this installation, from the environment (prefix COSTLINE_). The one reader."""

from __future__ import annotations

import functools
import ipaddress
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

LISTS = ("allowed_hosts", "alert_webhooks", "token")
"""What a child process reads from the environment as it is, if it reads it at all."""


class Settings(BaseSettings):
    """All that can be set from outside; times in seconds."""

    model_config = SettingsConfigDict(env_prefix="COSTLINE_", extra="ignore")

    data_dir: Path = Path(".costline")
    """Everything that Costline keeps lies under here."""
    database_url: str = ""
    """Empty: SQLite in the data directory. `postgresql://…` for PostgreSQL."""
    store_url: str = ""
    """Where files of runs are kept: `s3://bucket/folder`, or another place that fsspec knows, for
    several machines whose data directories are then caches of it. Empty: the data directory."""
    host: str = "127.0.0.1"
    port: int = Field(default=8420, ge=0, le=65535)
    token: str = ""
    """One token that is always accepted (see `costline token` for named ones)."""
    require_token: bool = False
    """Want a token on loopback too: behind a proxy every request comes from there."""
    allowed_hosts: list[str] = []
    """Names under which the server may be asked, beside its own address."""

    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)
    ] = "info"

    lease_seconds: float = Field(default=30.0, gt=0)
    """An attempt not heard of for so long has lost its run."""
    grace_seconds: float = Field(default=60.0, gt=0)
    """A run asked to pause or stop is killed after so long."""
    poll_seconds: float = Field(default=0.5, gt=0)
    """How often a worker looks for work and for its children."""
    adopt_seconds: float = Field(default=20.0, gt=0)
    """On Ray: attempts of a worker not heard of for so long are watched by another."""
    max_attempts: int = Field(default=3, ge=1)
    """Times a run may be lost without a new checkpoint before it fails."""
    owner_limit: int = Field(default=0, ge=0)
    """Runs of one owner at the same time (0: no limit)."""
    executor: Literal["local", "ray"] = "local"
    """Where workers run attempts: as child processes, or on a Ray cluster."""
    ray_address: str = ""
    """Address of the cluster's head, host:port; empty: the one that runs on this machine."""
    slots: int = Field(default=1, ge=1)
    """Runs at the same time per worker."""
    gpus: int = Field(default=0, ge=0)
    low_disk: int = Field(default=512 * 2**20, ge=0)
    """Bytes free under which workers take no run, and the service calls itself degraded."""
    keep_deleted_seconds: float = Field(default=7 * 86400.0, ge=0)
    """Deleted runs can be restored for so long; then their files go."""
    keep_events_seconds: float = Field(default=7 * 86400.0, ge=0)
    alert_webhooks: list[str] = []
    """Addresses that get every alert as JSON (a list: `["https://…"]`)."""
    videos: bool = True
    """Draw rollout videos."""
    background_nice: int = Field(default=10, ge=0, le=19)
    """How far drawing videos and measuring policies step back behind training, as nice(1) counts.
    10 is a tenth of the share of one training process, and a video is still ready in a minute."""
    stream_seconds: float = Field(default=600.0, gt=0)
    """An event stream ends after so long; the browser comes back by itself."""

    @property
    def data_path(self) -> Path:
        """Absolute data directory."""
        return self.data_dir.expanduser().absolute()

    @property
    def runs_path(self) -> Path:
        """The artifact store: one folder per run."""
        return self.data_path / "runs"

    @property
    def url(self) -> str:
        """The database as SQLAlchemy names it (psycopg for PostgreSQL)."""
        if not self.database_url:
            return f"sqlite:///{self.data_path / 'costline.sqlite3'}"
        for scheme in ("postgresql://", "postgres://"):
            if self.database_url.startswith(scheme):
                return "postgresql+psycopg://" + self.database_url.removeprefix(scheme)
        return self.database_url

    @property
    def auth_required(self) -> bool:
        """Tokens are wanted wherever another machine could ask."""
        return self.require_token or not is_loopback(self.host)

    def environment(self) -> dict[str, str]:
        """The environment for a child process that reads the same settings."""
        own = {
            f"COSTLINE_{name.upper()}": str(getattr(self, name))
            for name in type(self).model_fields
            if name not in LISTS and name in self.model_fields_set
        }
        return dict(os.environ) | own | {"COSTLINE_DATA_DIR": str(self.data_path)}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@functools.cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
