"""What is not Python but must fit it: container files, commands, the list of settings, the lock."""

import re
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.processes import Server

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_compose_runs_the_production_shape(services):
    assert set(services) == {"migrate", "web", "worker", "scheduler", "postgres", "redis"}


def test_compose_starts_nothing_before_what_it_needs(services):
    for name in ("web", "worker", "scheduler"):
        assert services[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"},
            "redis": {"condition": "service_healthy"},
        }
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("postgres", "redis"):
        assert services[name]["healthcheck"]["test"]
        assert services[name]["volumes"]


def test_every_setting_of_the_example_is_read_somewhere():
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    sources = [ROOT / "itsm" / "settings.py", ROOT / "itsm" / "gunicorn.py", ROOT / "docker-compose.yml"]
    text = "\n".join(source.read_text() for source in sources)
    assert {name for name in example if not re.search(rf'["{{]{name}\b', text)} == set()


def test_image_copies_what_the_ignore_file_lets_in():
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {"manage.py", "requirements.txt", "itsm", "templates"} <= allowed
    packages = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert packages - allowed == set()


def test_ci_is_executable_and_runs_checks_and_tests():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & stat.S_IXUSR
    assert script.read_text().rstrip().endswith("make check\nmake test")


@pytest.mark.parametrize("target", ["run", "test", "check", "bench", "lock", "format", "clean", "help"])
def test_make_has_the_word(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)


def test_locks_are_clean():
    from tests import check

    assert check.lock_files() == ""


@pytest.mark.process
def test_gunicorn_serves_and_adds_its_processes_up(installed, free_port):
    """The production server on the embedded database: several processes, one sum of counters, a clean stop."""
    variables = installed | {
        "SECRET_KEY": "x" * 60,
        "PORT": str(free_port),
        "WEB_PROCESSES": "2",
        "LOG_LEVEL": "INFO",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "python:itsm.gunicorn", "itsm.wsgi"],
        cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    server = Server(process, f"http://127.0.0.1:{free_port}")
    try:
        server.wait("/healthz")
        for _ in range(20):
            assert server.get("/healthz") == (200, "ok\n")
        assert server.get("/readyz")[0] == 503
        text = server.get("/metrics")[1]
        count = re.search(
            r'^itsm_http_requests_total\{method="GET",status="200",view="desk:healthz"\} (\d+)', text, re.M
        )
        assert int(count.group(1)) >= 21
        code, _out, _err = server.stop()
        assert code == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.mark.process
def test_gunicorn_gives_up_on_settings_that_cannot_work(environment, free_port):
    result = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--config", "python:itsm.gunicorn", "itsm.wsgi"],
        cwd=ROOT, env=environment | {"PORT": str(free_port), "WEB_PROCESSES": "1"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert result.returncode == 3
    assert "The service desk cannot start: SECRET_KEY is not set." in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.process
def test_worker_and_scheduler_as_production_starts_them(installed, manage, own_redis, tmp_path):
    """A real worker and a real scheduler on a real Redis: the scheduled job reaches the database."""
    variables = {"SECRET_KEY": "x" * 60} | own_redis
    celery = [sys.executable, "-m", "celery", "--app", "itsm.celery"]
    commands = [
        [*celery, "worker", "--concurrency", "1"],
        [*celery, "beat", "--schedule", str(tmp_path / "beat"), "--pidfile", ""],
    ]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=installed | variables | {"C_FORCE_ROOT": "1"},
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for command in commands
    ]  # fmt: skip
    ask = "from itsm.desk.models import Heartbeat; print(sorted(Heartbeat.objects.values_list('name', flat=True)))"
    try:
        deadline = time.monotonic() + 40
        seen = ""
        while time.monotonic() < deadline and "worker" not in seen:
            seen = manage("shell", "--no-imports", "-c", ask, **variables).stdout.strip()
        assert seen == "['scheduler', 'worker']"
    finally:
        for process in running:
            process.terminate()
        ended = [process.communicate(timeout=30)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0], ended
    assert "Traceback" not in "".join(ended)


@pytest.mark.process
def test_pages_survive_a_dead_redis(installed, free_port):
    """Nobody is locked out because the cache and the queue are away; readiness says what is wrong."""
    variables = {"SECRET_KEY": "x" * 60, "REDIS_URL": "redis://127.0.0.1:1/0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "python:itsm.gunicorn", "itsm.wsgi"],
        cwd=ROOT, env=installed | variables | {"PORT": str(free_port), "WEB_PROCESSES": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    server = Server(process, f"http://127.0.0.1:{free_port}")
    try:
        server.wait("/healthz")
        started = time.monotonic()
        assert server.get("/accounts/login/")[0] == 200
        status, body = server.json("/readyz")
        assert time.monotonic() - started < 8
        assert (status, body["checks"]["broker"]["ok"], body["checks"]["database"]["ok"]) == (503, False, True)
    finally:
        server.stop()
