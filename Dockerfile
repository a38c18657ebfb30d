FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt .
# Wheels only, each with the hash of the lock file: the image needs no compiler, and gets nothing unexpected.
RUN /venv/bin/pip install --require-hashes --only-binary :all: -r requirements.txt
COPY . .
# A key for this one command; the running service desk refuses to start without its own.
RUN SECRET_KEY=build REDIS_URL=redis://build DATABASE_URL=postgres://build/build STATIC_ROOT=/app/staticfiles \
    /venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /venv/bin/python -m compileall -q itsm

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PORT=8000 \
    VAR_DIR=/data \
    STATIC_ROOT=/app/staticfiles
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin itsm \
    && install -d -o itsm -g itsm /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER itsm
VOLUME /data
EXPOSE 8000
# Alive, not ready: a web process must not be killed because the worker is away.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=4)"]
CMD ["gunicorn", "--config", "python:itsm.gunicorn", "itsm.wsgi"]
