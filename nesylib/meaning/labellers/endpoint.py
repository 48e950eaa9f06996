"""One request to an OpenAI-compatible chat-completions endpoint, with the standard library.

What leaves the machine: pictures and words, to one host. The key is read from an environment
variable for each request and is kept nowhere.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import json
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from nesylib.meaning.labellers.patience import retry_after
from nesylib.rules.names import printable

REDIRECTS = 3
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
"""Statuses that may be gone on a second try."""
OURS = frozenset({"messages", "model", "stream"})


class EndpointError(Exception):
    """What went wrong with a request, in words that never hold the key.

    Attributes
    ----------
    again
        Whether asking again may help.
    wait
        Seconds that the server asked to wait, or ``None``.
    hopeless
        Whether the same will happen to every other request: a refused key, an unknown model.
    billed
        Whether the server may have answered, and charged for it.
    """

    def __init__(self, why: str, *, again=False, wait=None, hopeless=False, billed=False):
        super().__init__(why)
        self.again, self.wait, self.hopeless, self.billed = again, wait, hopeless, billed


@dataclass(frozen=True)
class Reply:
    """A model's answer; token counts are ``None`` where the server does not tell sensibly."""

    text: str
    tokens_in: int | None
    tokens_out: int | None


@dataclass(frozen=True)
class Endpoint:
    """Where a model answers.

    Parameters
    ----------
    url
        Its address up to ``/chat/completions``, such as ``https://api.example.com/v1`` or
        ``http://localhost:11434/v1``.
    model
        The model's name there; it must take pictures.
    key_variable
        The environment variable that holds the key; ``None`` for a server that wants none.
    timeout
        Seconds for one whole request, however slowly it drips.
    largest_answer
        Bytes after which an answer is no longer read.
    options
        Further fields of the request. A ``None`` takes one of ours away, for models that name it
        differently: ``{"max_tokens": None, "max_completion_tokens": 300}``.

    Raises
    ------
    ValueError
        For an address that is not http(s), holds a password or a query, or would carry a key
        unencrypted to another machine.
    """

    url: str
    model: str
    key_variable: str | None = "OPENAI_API_KEY"
    timeout: float = 60.0
    largest_answer: int = 256_000
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise ValueError("url is not an address: give one like https://host/v1") from None
        plain = all(32 < ord(c) < 127 for c in self.url)
        if parts.scheme not in ("http", "https") or not host or not plain:
            raise ValueError("url must read https://host/v1, or http:// for a server of your own")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError(
                "url must hold no user, password, query or fragment: a key belongs into the "
                "environment variable that key_variable names"
            )
        if self.key_variable and parts.scheme == "http" and not _own_machine(host):
            raise ValueError(
                f"http://{host} would carry the key unencrypted: use https://, or "
                "key_variable=None for a server that wants no key"
            )
        if not self.model or not isinstance(self.model, str):
            raise ValueError("model is the name of a model at the endpoint")
        if not self.timeout > 0 or not self.largest_answer > 0:
            raise ValueError("timeout and largest_answer must be positive")
        if taken := OURS & set(self.options):
            raise ValueError(f"options may not set {', '.join(sorted(taken))}")

    def payload(self, messages: list, max_tokens: int) -> dict:
        """The request as JSON data."""
        settings = {"temperature": 0, "max_tokens": max_tokens} | dict(self.options)
        settings = {name: value for name, value in settings.items() if value is not None}
        return {"model": self.model, "messages": messages, **settings}

    def ask(self, messages: list, max_tokens: int = 300) -> Reply:
        """Send messages, once, and give the model's answer.

        Raises
        ------
        EndpointError
            For everything that can go wrong on the way.
        """
        body = json.dumps(self.payload(messages, max_tokens)).encode()
        key = self._key()
        address = self.url.rstrip("/") + "/chat/completions"
        for _ in range(REDIRECTS + 1):
            status, headers, raw = self._post(address, body, key)
            if status not in (301, 302, 303, 307, 308):
                break
            address = _redirected(address, headers.get("Location"), status, key)
        else:
            raise EndpointError(
                f"the endpoint redirects more than {REDIRECTS} times", hopeless=True
            )
        text = raw.decode("utf-8", "replace")
        if status != 200:
            raise self._refused(status, headers, _said(text, key))
        return _reply(text, key)

    def _key(self) -> str | None:
        if self.key_variable is None:
            return None
        key = os.environ.get(self.key_variable, "").strip()
        if not key:
            raise EndpointError(
                f"the environment variable {self.key_variable} is not set: put the endpoint's key "
                "there, or use key_variable=None if it wants none",
                hopeless=True,
            )
        if not all(32 < ord(c) < 127 for c in key):  # http.client would print it in its error
            raise EndpointError(
                f"the key in {self.key_variable} holds blanks or other characters that no key has",
                hopeless=True,
            )
        return key

    def _post(self, address: str, body: bytes, key: str | None):
        """Status, headers and body of one POST, within the limits of time and size."""
        parts = urlsplit(address)
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "nesylib",
            "Connection": "close",
        }
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        deadline = time.monotonic() + self.timeout
        out_of_time = threading.Event()
        connection = None
        timer = None
        try:
            connection = _connection(parts, self.timeout)
            connection.connect()
            timer = threading.Timer(
                max(deadline - time.monotonic(), 0.001), _hang_up, (connection.sock, out_of_time)
            )
            timer.daemon = True
            timer.start()
            try:
                connection.request("POST", parts.path, body, headers)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it may have answered before it had read everything
            response = connection.getresponse()
            raw = self._read(response)
        except EndpointError:
            raise
        except ssl.SSLCertVerificationError:
            why = f"the certificate of {parts.hostname} could not be verified"
            raise EndpointError(why, hopeless=True) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            if out_of_time.is_set() or isinstance(error, TimeoutError):
                raise self._too_slow() from None
            why = f"no answer from {parts.hostname}: {type(error).__name__}"
            sent = timer is not None and not isinstance(error, ConnectionRefusedError)
            raise EndpointError(why, again=True, billed=sent) from None
        finally:
            if timer is not None:
                timer.cancel()
            if connection is not None:
                connection.close()
        if out_of_time.is_set():
            raise self._too_slow()
        return response.status, response.headers, raw

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        pieces, size = [], 0
        while piece := response.read1(65_536):
            pieces.append(piece)
            size += len(piece)
            if size > self.largest_answer:
                raise EndpointError(
                    f"the answer is larger than {self.largest_answer:,} bytes", billed=True
                )
        if response.length:  # bytes that were promised and did not come
            raise http.client.IncompleteRead(b"", response.length)
        return b"".join(pieces)

    def _too_slow(self) -> EndpointError:
        return EndpointError(f"no answer within {self.timeout:g} s", again=True, billed=True)

    def _refused(self, status: int, headers, said: str) -> EndpointError:
        why = f"the endpoint answers {status}" + (f": {said}" if said else "")
        if status in (401, 403):
            hint = (
                f"check the key in {self.key_variable}" if self.key_variable else "it wants a key"
            )
            return EndpointError(f"{why} ({hint})", hopeless=True)
        if status in (404, 405):
            return EndpointError(f"{why} (check url and model)", hopeless=True)
        if status in PASSING:
            return EndpointError(why, again=True, wait=retry_after(headers.get("Retry-After")))
        return EndpointError(why)


def _own_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _connection(parts, timeout: float) -> http.client.HTTPConnection:
    host, port = parts.hostname, parts.port
    if parts.scheme == "http":  # straight there: a proxy would read what is sent
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    else:
        secure = ssl.create_default_context()
        proxy = None if proxy_bypass(host) or _own_machine(host) else getproxies().get("https")
        if proxy:
            via = urlsplit(proxy if "//" in proxy else f"//{proxy}")
            connection = http.client.HTTPSConnection(
                via.hostname, via.port or 8080, timeout=timeout, context=secure
            )
            connection.set_tunnel(host, port or 443, _proxy_login(via))
        else:
            connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=secure)
    connection.set_debuglevel(0)  # it would print the headers
    return connection


def _proxy_login(via) -> dict[str, str]:
    if not via.username:
        return {}
    login = f"{unquote(via.username)}:{unquote(via.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(login.encode()).decode()}


def _hang_up(sock: socket.socket, out_of_time: threading.Event) -> None:
    out_of_time.set()
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        pass


def _redirected(address: str, location: str | None, status: int, key: str | None) -> str:
    """Where to send the same request: only ever to the same scheme, host and port."""
    try:
        new, old = urlsplit(urljoin(address, location or "")), urlsplit(address)
        same = _origin(new) == _origin(old) and "@" not in new.netloc
    except ValueError:
        new, same = None, False
    if not location or status == 303 or new is None:
        raise EndpointError(f"the endpoint answers with a redirect ({status})", hopeless=True)
    if not same or new.query or not all(32 < ord(c) < 127 for c in new.path):
        where = _shown(f"{new.scheme}://{new.hostname}", key, 80)
        raise EndpointError(
            f"the endpoint redirects to {where}, and neither the key nor pictures are sent there: "
            "give that address as url if you trust it",
            hopeless=True,
        )
    return f"{old.scheme}://{old.netloc}{new.path}"


def _origin(parts) -> tuple:
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _hidden(text: str, key: str | None) -> str:
    """The text without the key: some servers repeat it."""
    return re.sub(re.escape(key), "[key]", text, flags=re.IGNORECASE) if key else text


def _shown(text: str, key: str | None, longest: int) -> str:
    """A stranger's text, fit to be shown: no key, nothing unprintable, cut short."""
    return printable(_hidden(text, key))[:longest]


def _said(text: str, key: str | None) -> str:
    """The server's own message; nothing of an HTML page."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    error = data.get("error", data) if isinstance(data, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return _shown(message, key, 160) if isinstance(message, str) else ""


def _reply(text: str, key: str | None) -> Reply:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        kind = "HTML" if text.lstrip()[:1] == "<" else "something that is not JSON"
        raise EndpointError(f"the endpoint answered with {kind}", billed=True) from None
    try:
        choice = data["choices"][0]
        content, finish = choice["message"]["content"], choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise EndpointError("the answer is not a chat completion", billed=True) from None
    if finish == "length":
        raise EndpointError("the answer was cut off at the token limit", billed=True)
    if not isinstance(content, str) or not content.strip():
        raise EndpointError("the model answered with nothing", billed=True)
    usage = data.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Reply(
        _hidden(content, key),
        _count(usage.get("prompt_tokens")),
        _count(usage.get("completion_tokens")),
    )


def _count(tokens: object) -> int | None:
    sensible = isinstance(tokens, int) and not isinstance(tokens, bool) and 0 <= tokens < 10**8
    return tokens if sensible else None
