"""A real HTTP server that speaks the chat-completions protocol, well and badly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Seen:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: dict

    @property
    def parts(self) -> list[dict]:
        return self.body["messages"][0]["content"]


@dataclass
class LocalModel:
    """Answers request ``i`` as ``behave(i)`` says: a function that is given the handler."""

    behave: Callable[[int], Callable]
    url: str = ""
    port: int = 0
    seen: list[Seen] = field(default_factory=list)


@contextmanager
def local_model(behave, port: int = 0) -> Iterator[LocalModel]:
    """Serve on ``port``, or on a free one.

    ``behave``: one behaviour for all requests, or a list of which the last one stays.
    """
    if not callable(behave):
        listed = list(behave)
        model = LocalModel(lambda i: listed[min(i, len(listed) - 1)])
    else:
        model = LocalModel(lambda i: behave)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                i = len(model.seen)
                model.seen.append(Seen(self.path, dict(self.headers), json.loads(raw)))
            try:
                model.behave(i)(self)
            except (BrokenPipeError, ConnectionResetError):
                pass

        def do_GET(self):
            with lock:
                model.seen.append(Seen(self.path, dict(self.headers), {"method": "GET"}))
            send(405, "no")(self)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    model.port = server.server_port
    model.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(status: int, body: str | bytes, kind: str = "application/json", **headers: str):
    """Answer with this."""
    raw = body.encode() if isinstance(body, str) else body

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(raw)

    return behave


def completion(content: object, usage: object = (900, 20), finish: str = "stop") -> str:
    """The JSON of a chat completion."""
    data = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "local",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": content},
            }
        ],
    }
    if isinstance(usage, tuple):
        usage = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
    return json.dumps(data | ({} if usage is None else {"usage": usage}))


def says(content: object, **options):
    """Answer with a completion of this content."""
    return send(200, completion(content, **options))


def names(*pairs: tuple[str, int]) -> str:
    """The content that the question asks for."""
    return json.dumps({"names": [{"name": n, "pictures": c} for n, c in pairs]})


def hang(seconds: float = 2.0):
    """Say nothing for a while."""
    return lambda handler: time.sleep(seconds)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A header, then a byte from time to time."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def drip_header(handler: BaseHTTPRequestHandler) -> None:
    """Not even the header comes to an end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(40):
        handler.wfile.write(b"X")
        handler.wfile.flush()
        time.sleep(0.05)


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Promise more than comes."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A body without an end, as fast as it goes."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(4000):
        handler.wfile.write(b"x" * 65536)


def closed(handler: BaseHTTPRequestHandler) -> None:
    """Close without a word."""
    handler.close_connection = True
    handler.connection.close()
