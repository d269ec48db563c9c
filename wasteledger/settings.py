"""Settings, each from one environment variable `WASTELEDGER_…`; the defaults run the embedded service."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What may differ between installations.

    Attributes:
        data_dir: where the embedded database and the office key lie.
        database_url: SQLAlchemy address of the database, e.g. `postgresql+psycopg://user@host/name`; empty: SQLite in `data_dir`.
        node: name of this service process in log entries.
        session_secret: signs log-in cookies; empty: made at start, so that a restart logs everybody out.
        public_pages: whether rate, findings and chains (never names of persons) may be read without logging in.
        host, port: where `wasteledger serve` listens.
    """

    model_config = SettingsConfigDict(env_prefix="WASTELEDGER_", extra="ignore")

    data_dir: Path = Path("data")
    database_url: str = ""
    node: str = Field(default="node1", pattern=r"^[a-z0-9-]{1,16}$")
    session_secret: str = ""
    public_pages: bool = False
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)

    @property
    def effective_database_url(self) -> str:
        """The address to open."""
        return self.database_url or f"sqlite:///{self.data_dir / 'wasteledger.db'}"
