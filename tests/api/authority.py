"""The authority at work in tests: a log-in with its token, and the command line on the same database."""

from typing import Any

from fastapi.testclient import TestClient
from httpx import Response
from typer.testing import CliRunner

from wasteledger.cli_devices import devices_cli
from wasteledger.flows.accounts import create_account
from wasteledger.flows.service import Service

OFFICE = "A500114001001"


class Regulator:
    """A regulator who has logged in."""

    def __init__(self, client: TestClient, service: Service, *, role: str = "regulator", site: str = OFFICE) -> None:
        login = create_account(service, f"{role}-1", role=role, site=site)
        token = client.get("/login").text.split('name="token" value="')[1].split('"')[0]
        client.post("/login", data={"name": login.name, "password": login.password, "token": token})
        self.client = client
        self.token = str(client.get("/v1/cases").json()["token"])

    def post(self, path: str, **fields: Any) -> Response:
        return self.client.post(path, data=fields | {"token": self.token})


def run(service: Service, *words: str, stdin: str | None = None) -> str:
    """A command of the authority on this service's database; what it prints.

    Raises:
        WasteLedgerError: as the command did.
    """
    settings = service.settings
    environment = {
        "WASTELEDGER_DATA_DIR": str(settings.data_dir),
        "WASTELEDGER_DATABASE_URL": settings.effective_database_url,
    }
    result = CliRunner().invoke(devices_cli, list(words), env=environment, input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output
