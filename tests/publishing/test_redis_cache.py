"""Redis over a real connection: shared by all processes, and a miss, never an error, when it is gone."""

import shutil
import socket
import subprocess
import time

import pytest
from django.core.cache import caches

from tests.factories import TopicFactory

BACKEND = "charhar.publishing.backends.redis_cache.ForgivingRedisCache"
SERVER = shutil.which("redis-server")
pytestmark = [
    pytest.mark.redis,
    pytest.mark.skipif(SERVER is None, reason="there is no redis-server on this machine"),
]


@pytest.fixture
def redis(settings, tmp_path):
    """A Redis of the test's own, which it may stop; the site's cache lies in it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [SERVER, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    options = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}
    settings.CACHES = {
        "default": {"BACKEND": BACKEND, "LOCATION": f"redis://127.0.0.1:{port}/0", "OPTIONS": options}
    }
    yield server
    for connection in caches["default"]._cache._pools.values():
        connection.disconnect()
    server.kill()
    server.wait()


def test_what_one_process_keeps_another_finds(redis):
    caches["default"].set("key", {"kept": "here"}, 60)
    other = caches.create_connection("default")
    assert other.get("key") == {"kept": "here"}
    for pool in other._cache._pools.values():
        pool.disconnect()


@pytest.mark.django_db
def test_menu_and_foot_are_kept_in_it_and_pages_go_on_when_it_dies(redis, client):
    TopicFactory(name_en="The Sea")
    assert "The Sea" in client.get("/experts/").content.decode()
    assert len(caches["default"]._cache.get_client().keys("*furniture*")) == 1
    redis.kill()
    redis.wait()
    TopicFactory(name_en="The River")
    for _ in range(2):
        html = client.get("/experts/").content.decode()
        assert "The Sea" in html
        assert "The River" in html


def test_every_way_to_ask_a_dead_redis_is_a_miss(redis):
    cache = caches["default"]
    redis.kill()
    redis.wait()
    assert cache.get("key", "otherwise") == "otherwise"
    assert cache.get_many(["key"]) == {}
    assert cache.add("key", 1) is False
    assert cache.set("key", 1) is None
    assert cache.set_many({"key": 1}) == ["key"]
    assert cache.touch("key") is False
    assert cache.has_key("key") is False
    assert cache.delete("key") is False
    assert cache.delete_many(["key"]) is None
    assert cache.clear() is False
