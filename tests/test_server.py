"""The page 's server, without a browser."""

import socket

import pytest

from assistant.errors import UsageError
from assistant.server import serve
from assistant.settings import Settings


def test_an_address_in_use_is_told_with_the_option_that_mends_it(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"127.0.0.1:{port} .*--port"):
            serve(Settings(tmp_path), port=port)


@pytest.mark.parametrize("port", [70_000, -1])
def test_an_impossible_port_is_told(tmp_path, port):
    with pytest.raises(UsageError, match="--port"):
        serve(Settings(tmp_path), port=port)
