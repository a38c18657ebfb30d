"""How the production web server runs: ``gunicorn --config python:itsm.gunicorn itsm.wsgi``."""

import multiprocessing
import os
import shutil
import tempfile
from typing import Any

from itsm.lib import env

bind = f"0.0.0.0:{env.number('PORT', 8000, least=1, most=65535)}"
worker_class = "gthread"
workers = env.number("WEB_PROCESSES", min(multiprocessing.cpu_count(), 8), least=1, most=64)
threads = env.number("WEB_THREADS", 4, least=1, most=64)
max_requests = 5000
max_requests_jitter = 500
timeout = 60
graceful_timeout = 30
keepalive = 5
# Our own access log has the request id, the user and the duration.
accesslog = None
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - gunicorn's heartbeat file, not ours
forwarded_allow_ips = "*" if env.number("PROXY_COUNT", 0, most=10) else "127.0.0.1"

# Where the processes add their counters up for /metrics. Named before anything imports prometheus_client, which looks
# once; a new folder at every start, because counters of an earlier run would be added to those of this one.
_counters = tempfile.mkdtemp(prefix="itsm-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counters


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess  # noqa: PLC0415 - see above

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    shutil.rmtree(_counters, ignore_errors=True)
