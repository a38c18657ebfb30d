"""Starting with settings that cannot work: one clear line, exit code 2, no traceback."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

REFUSALS = [
    ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
    ({"DEBUG": "perhaps"}, "DEBUG must be 1 or 0"),
    ({"DATABASE_URL": "mysql://db/desk"}, "DATABASE_URL must name a PostgreSQL or SQLite database"),
    ({"REDIS_URL": "localhost:6379"}, "REDIS_URL must be an address"),
    ({"EMAIL_URL": "mail.example.com"}, "EMAIL_URL must look like smtp+tls://"),
    ({"SITE_URL": "desk.example.com"}, "SITE_URL must be an address"),
    ({"TIME_ZONE": "Berlin"}, "TIME_ZONE must be an IANA time zone"),
    ({"LANGUAGE_CODE": "tlh"}, "LANGUAGE_CODE must be one of"),
    ({"PORT": "http"}, "PORT must be a whole number"),
    ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL must be one of"),
    ({"LOG_FORMAT": "xml"}, "LOG_FORMAT must be one of"),
    ({"SENTRY_DSN": "https://sentry.example.com/"}, "SENTRY_DSN is not a DSN"),
    ({"OIDC_SERVER_URL": "https://id.example.com", "OIDC_CLIENT_ID": "desk"}, "OIDC_CLIENT_SECRET is not set"),
]


@pytest.mark.process
@pytest.mark.parametrize(("variables", "sentence"), REFUSALS, ids=[next(iter(v)) for v, _ in REFUSALS])
def test_wrong_settings_are_refused_in_one_line(manage, variables, sentence):
    result = manage("check", **({"SECRET_KEY": "x" * 60} | variables))
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("The service desk cannot start: ")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.process
def test_web_server_refuses_without_traceback(environment):
    result = subprocess.run(
        [sys.executable, "-c", "import itsm.wsgi"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert (result.returncode, result.stderr.count("\n")) == (3, 1)
    assert "SECRET_KEY is not set" in result.stderr


@pytest.mark.process
def test_only_the_embedded_run_makes_a_key_and_commands_read_it(manage, up, installed, tmp_path):
    key = tmp_path / "var" / "secret_key"
    assert manage("check").returncode == 2
    assert not key.exists()

    server = up()
    server.wait("/healthz")
    server.stop()
    assert len(key.read_text()) >= 50
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    kept = key.read_text()

    # Commands work on the data of the embedded run; with a broker from outside it is not embedded any more.
    assert manage("check").returncode == 0
    refused = manage("check", REDIS_URL="redis://127.0.0.1:6379/15")
    assert (refused.returncode, "SECRET_KEY is not set" in refused.stderr) == (2, True)
    assert key.read_text() == kept


@pytest.mark.process
@pytest.mark.parametrize("words", [["import_tickets", "--help"], ["help", "create_token"]])
def test_a_command_explains_itself_before_anything_is_set(manage, words, tmp_path):
    result = manage(*words)
    assert (result.returncode, result.stderr) == (0, "")
    assert "usage: manage.py" in result.stdout
    assert not (tmp_path / "var" / "secret_key").exists()


@pytest.mark.process
def test_development_needs_no_key(manage):
    assert manage("check", DEBUG="1").returncode == 0


@pytest.mark.process
@pytest.mark.parametrize(
    ("expression", "variables", "expected"),
    [
        ("settings.ALLOWED_HOSTS[0]", {"SITE_URL": "https://desk.example.com"}, "desk.example.com"),
        ("settings.HTTPS, settings.SECURE_HSTS_SECONDS", {}, "(False, 0)"),
        ("settings.HTTPS, settings.SECURE_HSTS_SECONDS", {"SITE_URL": "https://d.example"}, "(True, 31536000)"),
        ("settings.CELERY_BROKER_URL, settings.EMBEDDED", {}, "('memory://localhost', True)"),
        ("settings.CELERY_BROKER_URL, settings.EMBEDDED", {"REDIS_URL": "redis://r:1/2"}, "('redis://r:1/2', False)"),
        ("settings.EMBEDDED", {"DATABASE_URL": "postgres://db/desk"}, "False"),
        ("settings.SITE_URL", {"PORT": "9000"}, "http://127.0.0.1:9000"),
        ("settings.EMAIL_BACKEND.split('.')[-2]", {}, "filebased"),
        ("settings.EMAIL_BACKEND.split('.')[-2]", {"DATABASE_URL": "postgres://db/desk"}, "smtp"),
        ("settings.DEBUG", {}, "False"),
        ("settings.SOCIALACCOUNT_PROVIDERS", {}, "{}"),
        (
            "settings.SOCIALACCOUNT_PROVIDERS['openid_connect']['APPS'][0]['settings']",
            {"OIDC_SERVER_URL": "https://id.example.com/", "OIDC_CLIENT_ID": "desk", "OIDC_CLIENT_SECRET": "s"},
            "{'server_url': 'https://id.example.com'}",
        ),
        (
            "settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action']",
            {"OIDC_SERVER_URL": "https://id.example.com/x", "OIDC_CLIENT_ID": "desk", "OIDC_CLIENT_SECRET": "s"},
            "[\"'self'\", 'https://id.example.com']",
        ),
    ],
)  # fmt: skip
def test_what_the_environment_means(environment, expression, variables, expected):
    result = subprocess.run(
        [sys.executable, "-c", f"from itsm import settings; print(({expression}))"],
        cwd=ROOT, env=environment | {"SECRET_KEY": "x" * 60} | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.stdout.strip() == expected, result.stderr
