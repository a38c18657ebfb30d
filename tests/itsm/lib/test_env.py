import pytest

from itsm.lib import env


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("TRUE", True), ("yes", True), ("On", True), ("0", False), ("false", False), ("off", False)],
)
def test_flag_takes_the_usual_words(monkeypatch, value, expected):
    monkeypatch.setenv("X", value)
    assert env.flag("X", not expected) is expected


def test_an_empty_variable_is_unset(monkeypatch):
    monkeypatch.setenv("X", "  ")
    assert env.flag("X", True) is True
    assert env.text("X", "default") == "default"
    assert env.number("X", 7) == 7
    assert env.names("X", ["a"]) == ["a"]
    assert env.url("X") == ""


def test_names_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("X", " a, b ,,c")
    assert env.names("X") == ["a", "b", "c"]


def is_url(name):
    return env.url(name)


def is_site(name):
    return env.site(name, "")


def is_zone(name):
    return env.time_zone(name, "UTC")


def is_digit(name):
    return env.number(name, 1, least=1, most=9)


def is_letter(name):
    return env.text(name, choices=["a", "b"])


def is_mail(name):
    return env.email(name, "console://")


def is_database(name):
    return env.database(name, "")


LIKE_A_MAIL_SERVER = "must look like smtp+tls://user:password@host:587 (or smtp, smtps, console, file, dummy)."
LIKE_A_DATABASE = "must look like postgres://user:password@host:5432/name or sqlite:///path/to/file."


@pytest.mark.parametrize(
    ("helper", "value", "problem"),
    [
        (env.flag, "maybe", "must be 1 or 0 (true or false, yes or no, on or off), not “maybe”."),
        (is_digit, "ten", "must be a whole number from 1 to 9, not “ten”."),
        (is_digit, "10", "must be a whole number from 1 to 9, not “10”."),
        (is_digit, "-1", "must be a whole number from 1 to 9, not “-1”."),
        (is_letter, "c", "must be one of a, b, not “c”."),
        (is_zone, "Mars/Olympus", "must be an IANA time zone such as Europe/Berlin, not “Mars/Olympus”."),
        (is_url, "example.com", "must be an address that starts with http:// or https://."),
        (is_url, "http://[half", "is not an address: Invalid IPv6 URL."),
        (is_url, "http://host:99999", "is not an address: Port out of range 0-65535."),
        (is_site, "https://a.example/sub", "must be an origin such as https://desk.example.com, without a path."),
        (is_mail, "pigeon://loft", LIKE_A_MAIL_SERVER),
        (is_mail, "smtp://host?timeout=soon", "has a timeout that is not a whole number of seconds."),
        (is_mail, "file://", "must name a folder: file:///path/to/folder."),
        (is_database, "mysql://h/d", "must name a PostgreSQL or SQLite database, not “mysql”."),
        (is_database, "nonsense", LIKE_A_DATABASE),
        (is_database, "oops://h/d", LIKE_A_DATABASE),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_one_sentence(monkeypatch, helper, value, problem):
    monkeypatch.setenv("X", value)
    with pytest.raises(env.SettingsError) as refusal:
        helper("X")
    assert str(refusal.value) == f"X {problem}"


def test_a_password_in_a_wrong_address_is_not_repeated(monkeypatch):
    monkeypatch.setenv("X", "postgre://desk:s3cret@host/desk")
    with pytest.raises(env.SettingsError) as refusal:
        env.database("X", "")
    assert "s3cret" not in str(refusal.value)


def test_sqlite_waits_for_its_lock_and_keeps_readers_going(monkeypatch, tmp_path):
    monkeypatch.setenv("X", f"sqlite:///{tmp_path}/a.sqlite3")
    database = env.database("X", "")
    assert database["NAME"] == f"{tmp_path}/a.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 20
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_postgres_address(monkeypatch):
    monkeypatch.setenv("X", "postgres://desk:p%40ss@db:5433/desk?sslmode=require")
    database = env.database("X", "")
    assert (database["ENGINE"], database["HOST"], database["PORT"]) == ("django.db.backends.postgresql", "db", 5433)
    assert (database["USER"], database["PASSWORD"], database["NAME"]) == ("desk", "p@ss", "desk")
    assert database["OPTIONS"] == {"sslmode": "require"}
    assert database["CONN_HEALTH_CHECKS"] is True


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail", 25, False, False),
        ("smtp+tls://mail", 587, True, False),
        ("smtps://mail", 465, False, True),
        ("smtp://mail:2525", 2525, False, False),
    ],
)
def test_mail_servers(monkeypatch, url, port, tls, ssl):
    monkeypatch.setenv("X", url)
    mail = env.email("X", "")
    assert (mail["EMAIL_PORT"], mail["EMAIL_USE_TLS"], mail["EMAIL_USE_SSL"]) == (port, tls, ssl)
    assert mail["EMAIL_TIMEOUT"] == 20


def test_mail_credentials_are_unquoted(monkeypatch):
    monkeypatch.setenv("X", "smtp+tls://desk%40example.com:p%2Fw@mail?timeout=5")
    mail = env.email("X", "")
    assert (mail["EMAIL_HOST_USER"], mail["EMAIL_HOST_PASSWORD"]) == ("desk@example.com", "p/w")
    assert mail["EMAIL_TIMEOUT"] == 5
