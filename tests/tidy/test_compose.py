"""docker-compose.yml: whole, healthy, and without a secret inside."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.tidy.rules import ROOT

FILE = ROOT / "docker-compose.yml"
SECRETS = {"POSTGRES_PASSWORD", "WASTELEDGER_SESSION_SECRET"}


def problems(compose: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a compose file, one sentence each."""
    used = set()
    for name, service in compose["services"].items():
        if "healthcheck" not in service:
            yield f"{name} has no health check"
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            used.add(source)
            if source not in (compose.get("volumes") or {}):
                yield f"{name} mounts {source}, which is no declared volume"
        for other, wanted in service.get("depends_on", {}).items():
            if wanted.get("condition") != "service_healthy":
                yield f"{name} does not wait for the health of {other}"
        for key, value in service.get("environment", {}).items():
            yield from _literal_secrets(name, key, str(value))
        if service.get("privileged"):
            yield f"{name} is privileged"
    yield from (f"volume {name} is never used" for name in sorted(set(compose.get("volumes") or {}) - used))


def _literal_secrets(service: str, key: str, value: str) -> Iterator[str]:
    required = r"\$\{[A-Z_]+:\?[^}]+\}"
    if re.search(r"PASSWORD|SECRET|TOKEN|KEY$", key) and not re.fullmatch(required, value):
        yield f"{service}: {key} has a value in the file"
    password = re.search(r"://[^:/@]+:(.*)@", value)
    if password and not re.fullmatch(required, password[1]):
        yield f"{service}: {key} holds a password"


def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


def test_the_file_is_in_order() -> None:
    assert list(problems(_compose())) == []


def test_the_service_runs_on_postgresql_17_as_nobody_special() -> None:
    services = _compose()["services"]
    assert services["database"]["image"].startswith("postgres:17")
    service = services["service"]
    assert set(service["depends_on"]) == {"database"}
    assert service["environment"]["WASTELEDGER_DATABASE_URL"].startswith("postgresql+psycopg://")
    assert "/v1/health" in service["healthcheck"]["test"][-1]
    assert service["read_only"] is True
    assert int(service["user"].split(":")[0]) > 0
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert "ports" not in services["database"]


def test_both_secrets_are_required_and_nothing_else_is() -> None:
    required = set(re.findall(r"\$\{([A-Z_]+):\?", FILE.read_text(encoding="utf-8")))
    assert required == SECRETS


def test_the_image_runs_as_the_user_it_makes_and_installs_by_hash() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "USER wasteledger" in text
    assert "--require-hashes" in text
    user = _compose()["services"]["service"]["user"].split(":")[0]
    assert f"--uid {user}" in text
    for copied in re.findall(r"^COPY (.+) \S+$", text, flags=re.MULTILINE):
        for name in copied.split():
            assert f"!{name}" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


GOOD: dict[str, Any] = {
    "services": {"a": {"healthcheck": {}, "volumes": ["v:/v"], "environment": {"X_SECRET": "${X_SECRET:?set it}"}}},
    "volumes": {"v": None},
}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"healthcheck": None}, "no health check"),
        ({"volumes": ["other:/v"]}, "no declared volume"),
        ({"volumes": []}, "never used"),
        ({"depends_on": {"b": {"condition": "service_started"}}}, "does not wait"),
        ({"environment": {"X_SECRET": "hunter2"}}, "has a value in the file"),
        ({"environment": {"X_SECRET": "${X_SECRET:-hunter2}"}}, "has a value in the file"),
        ({"environment": {"URL": "postgresql://u:hunter2@db/x"}}, "holds a password"),
        ({"privileged": True}, "privileged"),
    ],
)
def test_the_checks_can_fail(change: dict[str, Any], complaint: str) -> None:
    assert list(problems(GOOD)) == []
    service = {name: value for name, value in (GOOD["services"]["a"] | change).items() if value is not None}
    found = " ".join(problems(GOOD | {"services": {"a": service}}))
    assert complaint in found


def _compose_client() -> str:
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("docker is not installed here")
    known = subprocess.run([docker, "compose", "version"], capture_output=True, check=False)
    if known.returncode:
        pytest.skip("the compose plugin of docker is not installed here")
    return docker


def test_docker_compose_reads_it_and_insists_on_the_secrets() -> None:
    docker = _compose_client()
    bare = {name: value for name, value in os.environ.items() if name not in SECRETS}
    command = [docker, "compose", "-f", str(FILE), "config", "--quiet"]
    without = subprocess.run(command, env=bare, capture_output=True, text=True, check=False)
    assert without.returncode != 0
    assert "POSTGRES_PASSWORD" in without.stderr or "WASTELEDGER_SESSION_SECRET" in without.stderr
    given = bare | dict.fromkeys(SECRETS, "0123456789abcdef")
    assert subprocess.run(command, env=given, capture_output=True, check=False).returncode == 0
