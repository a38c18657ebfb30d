"""The embedded run as people meet it: a real process on a real port."""

import signal
import socket
import time

import pytest

pytestmark = [pytest.mark.process]

PEOPLE = "__import__('django.contrib.auth').contrib.auth.get_user_model().objects"


def test_starts_becomes_ready_and_stops_on_sigterm(up, tmp_path):
    server = up()
    server.wait("/readyz")
    status, body = server.json("/readyz")
    assert (status, body["status"]) == (200, "ok")
    assert {name for name, check in body["checks"].items() if check["ok"]} == set(body["checks"])
    assert server.get("/healthz") == (200, "ok\n")
    assert server.get("/static/admin/css/base.css")[0] == 200

    asked = time.monotonic()
    code, out, err = server.stop()
    assert (code, err) == (0, "")
    assert time.monotonic() - asked < 10
    assert f"is running:  {server.url}/" in out
    assert out.endswith("Stopped.\n")
    assert (tmp_path / "var" / "itsm.sqlite3").is_file()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_twice_as_make_sends_it_still_stops_cleanly(up, number):
    server = up()
    server.wait("/healthz")
    server.process.send_signal(number)
    if number == signal.SIGTERM:
        server.process.send_signal(number)
    out, err = server.process.communicate(timeout=20)
    assert (server.process.returncode, err) == (0, "")
    assert out.endswith("Stopped.\n")


@pytest.mark.usefixtures("installed")
def test_second_start_keeps_the_data_and_is_quick(up, manage):
    server = up()
    server.wait("/readyz")
    server.stop()
    made = manage("shell", "--no-imports", "-c", f"{PEOPLE}.create_user('kept@example.com', name='Kept')")
    assert made.returncode == 0, made.stderr

    started = time.monotonic()
    server = up()
    server.wait("/readyz")
    assert time.monotonic() - started < 20
    server.stop()
    asked = manage("shell", "--no-imports", "-c", f"print({PEOPLE}.filter(email='kept@example.com').count())")
    assert asked.stdout.strip() == "1"


@pytest.mark.usefixtures("installed")
def test_two_on_one_data_folder_are_refused(up, manage):
    up().wait("/healthz")
    second = manage("up", "--port", "0")
    assert second.returncode == 1
    assert second.stderr.startswith("CommandError: The service desk already runs on the data in ")
    assert second.stderr.count("\n") == 1


def test_a_port_in_use_fails_before_anything_changes(manage, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = manage("up", "--port", str(port))
    assert result.returncode == 1
    assert result.stderr == (
        f"CommandError: Port {port} on 127.0.0.1 is in use. "
        f"Stop what listens there, or choose another port: PORT={port + 1}\n"
    )
    assert not (tmp_path / "var" / "itsm.sqlite3").exists()


@pytest.mark.usefixtures("installed")
def test_after_being_killed_it_starts_again(up):
    server = up()
    server.wait("/readyz")
    server.process.kill()
    server.process.communicate()
    again = up()
    again.wait("/healthz")
    assert again.stop()[0] == 0


@pytest.mark.usefixtures("installed")
def test_runs_with_a_real_broker_too(up, own_redis):
    server = up(**own_redis, SECRET_KEY="x" * 60, LOG_LEVEL="ERROR")
    server.wait("/readyz")
    assert server.json("/readyz")[1]["checks"]["broker"]["detail"] == "redis"
    code, _out, err = server.stop()
    assert (code, err) == (0, "")


def test_a_signal_during_the_preparations_leaves_no_traceback(up):
    server = up()
    time.sleep(1.5)
    code, _out, err = server.stop()
    assert "Traceback" not in err
    assert code in {0, -signal.SIGTERM}
