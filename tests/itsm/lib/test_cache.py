import logging

import pytest
import redis

from itsm.lib import cache as module
from itsm.lib.cache import TolerantRedisCache


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(TolerantRedisCache, "_paused_until", 0.0)


def made(url, prefix="itsm-test:tolerant"):
    return TolerantRedisCache(url, {"KEY_PREFIX": prefix, "OPTIONS": {"socket_connect_timeout": 1}})


def test_without_redis_it_is_an_empty_cache(caplog):
    cache = made("redis://127.0.0.1:1/0")
    caplog.set_level(logging.WARNING, logger="itsm.lib.cache")
    cache.set("a", 1)
    assert cache.get("a") is None
    assert cache.get("a", 7) == 7
    assert cache.get_or_set("a", lambda: 8) == 8
    assert cache.add("a", 1) is True
    assert cache.incr("a") == 1
    assert cache.get_many(["a"]) == {}
    assert cache.set_many({"a": 1}) == []
    assert cache.has_key("a") is False
    assert cache.touch("a") is False
    assert cache.delete("a") is False
    assert cache.delete_many(["a"]) is None
    assert cache.clear() is False
    assert len(caplog.records) == 1


def test_it_asks_again_after_a_pause(monkeypatch, caplog):
    monkeypatch.setattr(module, "PAUSE", 0.0)
    cache = made("redis://127.0.0.1:1/0")
    cache.get("a")
    cache.get("a")
    assert len(caplog.records) == 2


def test_clearing_leaves_what_others_keep_in_the_same_redis(own_redis):
    url, prefix = own_redis["REDIS_URL"], own_redis["REDIS_PREFIX"]
    ours, theirs = made(url, f"{prefix}:ours"), made(url, f"{prefix}:theirs")
    ours.set("a", 1)
    theirs.set("a", 2)
    assert ours.get("a") == 1
    assert ours.clear() is True
    assert (ours.get("a"), theirs.get("a")) == (None, 2)
    client = redis.Redis.from_url(url)
    assert list(client.scan_iter(match=f"{prefix}:ours*")) == []
    client.close()
