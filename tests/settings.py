"""The settings of the product with what makes tests fast, repeatable and free of traces."""

import atexit
import os
import shutil
import tempfile
import zlib
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "tests only: long enough, random enough, and worth nothing to anybody at all")
os.environ["VAR_DIR"] = _var = tempfile.mkdtemp(prefix="itsm-test-")
atexit.register(shutil.rmtree, _var, ignore_errors=True)

from itsm.settings import *  # noqa: E402, F403
from itsm.settings import CACHES, CONTENT_SECURITY_POLICY, DATABASES, REDIS_URL  # noqa: E402, F401

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
# Two work trees on one database server must not drop each other's tables.
TREE = f"{zlib.crc32(str(Path(__file__).resolve()).encode()):08x}"

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: only there do threads meet the locks that the product meets.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(_var) / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
else:
    DATABASES["default"]["TEST"] = {"NAME": f"test_itsm_{TREE}"}
# Connections of finished threads would keep the test database from being dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0

if REDIS_URL:
    CACHES["default"]["KEY_PREFIX"] = f"itsm-test:{TREE}:{_worker}"
# Jobs of a test stay in its process, also when the cache is a real Redis; tests of real workers start their own.
CELERY_BROKER_URL = "memory://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.01}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["*"]
# Each test client makes the middleware anew, which would look through every static file each time.
WHITENOISE_AUTOREFRESH = True
