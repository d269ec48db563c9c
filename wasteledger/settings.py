"""Settings, each from one environment variable `WASTELEDGER_…`; the defaults run the embedded service."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What may differ between installations.

    Attributes:
        data_dir: where the embedded database and the office key lie.
        database_url: SQLAlchemy address of the database, e.g. `postgresql+psycopg://user@host/name`; empty: SQLite in `data_dir`.
        log_dir: where checkpoint, tiles and entry bundles are published; empty: `log` in `data_dir`.
        signer_dir: the signer's own key and file, which no restore of the database may touch; empty: `signer` in `data_dir`.
        policy: C2SP policy file naming the witnesses; empty: `policy` in `data_dir`, and no witness where there is none.
        sign: whether `wasteledger serve` signs too; 0 where `wasteledger sign` runs as a process of its own.
        node: name of this service process in log entries.
        session_secret: signs log-in cookies; empty: made at start, so that a restart logs everybody out.
        public_pages: whether rate, findings and chains (never names of persons) may be read without logging in.
        host, port: where `wasteledger serve` listens.
    """

    model_config = SettingsConfigDict(env_prefix="WASTELEDGER_", extra="ignore")

    data_dir: Path = Path("data")
    database_url: str = ""
    log_dir: Path | None = None
    signer_dir: Path | None = None
    policy: Path | None = None
    sign: bool = True
    node: str = Field(default="node1", pattern=r"^[a-z0-9-]{1,16}$")
    session_secret: str = ""
    public_pages: bool = False
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)

    @property
    def effective_database_url(self) -> str:
        """The address to open."""
        return self.database_url or f"sqlite:///{self.data_dir / 'wasteledger.db'}"

    @property
    def effective_log_dir(self) -> Path:
        """The folder of published files."""
        return self.log_dir or self.data_dir / "log"

    @property
    def effective_signer_dir(self) -> Path:
        """The folder of the signer's key and file."""
        return self.signer_dir or self.data_dir / "signer"

    @property
    def effective_policy(self) -> Path:
        """The policy file."""
        return self.policy or self.data_dir / "policy"
