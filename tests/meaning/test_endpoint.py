"""One request to a model, against a real server: the key, limits, redirects, failures."""

import json
import os
import pickle
import time
import traceback

import pytest
from local_model import (
    closed,
    completion,
    cut,
    drip,
    drip_header,
    endless,
    hang,
    local_model,
    says,
    send,
)

from nesylib.meaning.labellers import Endpoint, EndpointError

KEY = "sk-very-secret-0123456789"
ASKED = [{"role": "user", "content": [{"type": "text", "text": "which?"}]}]


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("TEST_KEY", KEY)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return "TEST_KEY"


def ask(behave, key="TEST_KEY", **options):
    with local_model(behave) as model:
        options = {"timeout": 5.0} | options
        try:
            return Endpoint(model.url, "m", key, **options).ask(ASKED), model
        except EndpointError as error:
            return error, model


def test_an_answer_arrives_and_the_request_is_as_the_protocol_wants(key):
    reply, model = ask(says("bed"), options={"top_p": 0.5})
    assert (reply.text, reply.tokens_in, reply.tokens_out) == ("bed", 900, 20)
    (seen,) = model.seen
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["Authorization"] == f"Bearer {KEY}"
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.body == {
        "model": "m", "messages": ASKED, "temperature": 0, "max_tokens": 300, "top_p": 0.5,
    }  # fmt: skip


def test_options_take_fields_away(key):
    options = {"max_tokens": None, "max_completion_tokens": 50, "temperature": None}
    _, model = ask(says("bed"), options=options)
    assert set(model.seen[0].body) == {"model", "messages", "max_completion_tokens"}


def test_without_a_key_variable_no_key_is_sent(key):
    _, model = ask(says("bed"), key=None)
    assert "Authorization" not in model.seen[0].headers


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_key_is_told_by_the_name_of_its_variable(monkeypatch, value):
    monkeypatch.delenv("TEST_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("TEST_KEY", value)
    error, model = ask(says("bed"))
    assert "TEST_KEY is not set" in str(error) and error.hopeless and not model.seen


@pytest.mark.parametrize("value", ["sk-se\ncret: 1", "sk-secrét", "sk secret"])
def test_a_key_that_no_header_can_carry_is_not_shown(monkeypatch, value):
    monkeypatch.setenv("TEST_KEY", value)
    error, model = ask(says("bed"))
    assert "TEST_KEY" in str(error) and "secr" not in str(error) and not model.seen


REPEATED = '{"error": {"message": "Incorrect API key provided: ' + KEY + '"}}'


@pytest.mark.parametrize(
    "behave",
    [
        send(401, REPEATED),
        send(500, REPEATED),
        send(500, json.dumps({"error": "x" * 150 + KEY})),
        send(403, '{"error": {"message": "' + "".join(f"\\u{ord(c):04x}" for c in KEY) + '"}}'),
        send(307, "", Location=f"https://{KEY}.example.org/"),
        send(400, KEY),
        send(200, KEY),
        send(302, "", Location=f"https://example.org/{KEY}"),
        closed,
        cut,
    ],
)
def test_no_failure_shows_the_key(key, behave, caplog, capfd):
    error, _ = ask(behave)
    assert isinstance(error, EndpointError)
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    out, err = capfd.readouterr()
    everything = shown + caplog.text + out + err
    assert KEY not in everything and KEY[:12] not in everything


def test_an_echoed_key_is_taken_out_of_the_answer(key):
    reply, _ = ask(says(f"the key is {KEY}"))
    assert reply.text == "the key is [key]"


def test_the_key_stands_in_no_attribute(key):
    endpoint = Endpoint("https://host/v1", "m", "TEST_KEY")
    assert KEY not in repr(endpoint) and KEY.encode() not in pickle.dumps(endpoint)


def test_a_debug_level_set_elsewhere_does_not_print_the_key(key, monkeypatch, capfd):
    monkeypatch.setattr("http.client.HTTPConnection.debuglevel", 1)
    ask(says("bed"))
    assert KEY not in capfd.readouterr().out


def test_a_proxy_never_sees_what_goes_to_this_machine(key, monkeypatch):
    with local_model(says("proxy")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        reply, _ = ask(says("direct"))
    assert reply.text == "direct" and not proxy.seen


@pytest.mark.parametrize(
    "url, said",
    [
        ("ftp://host/v1", "https://host/v1"),
        ("host/v1", "https://host/v1"),
        ("https://", "https://host/v1"),
        ("https://host:x/v1", "not an address"),
        ("https://[::1/v1", "not an address"),
        ("https://ho\nst/v1", "https://host/v1"),
        ("https://me:secret@host/v1", "no user, password"),
        ("https://host/v1?key=secret", "no user, password"),
        ("http://example.org/v1", "unencrypted"),
        ("http://127.0.0.1.example.org/v1", "unencrypted"),
        ("http://localhost.example.org/v1", "unencrypted"),
    ],
)
def test_addresses_that_are_refused(url, said):
    with pytest.raises(ValueError, match=said) as caught:
        Endpoint(url, "m")
    assert "secret" not in str(caught.value)


def test_addresses_that_are_taken():
    for url in ("http://localhost:1234/v1", "http://127.0.0.1/v1/", "http://[::1]:8/v1"):
        Endpoint(url, "m", "TEST_KEY")
    Endpoint("http://192.168.0.7/v1", "m", None)


def test_options_may_not_replace_the_question():
    with pytest.raises(ValueError, match="messages"):
        Endpoint("https://host/v1", "m", options={"messages": []})


def test_a_redirect_to_another_host_gets_neither_key_nor_pictures(key):
    with local_model(says("stolen")) as other:
        for status in (301, 302, 307, 308):
            error, model = ask(send(status, "", Location=other.url + "/chat/completions"))
            assert "redirects to http://127.0.0.1" in str(error) and error.hopeless
            assert len(model.seen) == 1
        assert not other.seen


@pytest.mark.parametrize(
    "where", ["//evil/x", "https://127.0.0.1/x", "http://a@127.0.0.1/x", "", "x?y"]
)
def test_odd_redirects_are_refused(key, where):
    error, model = ask(send(307, "", Location=where))
    assert "redirect" in str(error) and len(model.seen) == 1


def test_a_redirect_at_the_same_host_is_followed_with_the_whole_question(key):
    reply, model = ask([send(307, "", Location="/other/chat"), says("bed")])
    assert reply.text == "bed"
    assert [seen.path for seen in model.seen] == ["/v1/chat/completions", "/other/chat"]
    assert model.seen[1].body == model.seen[0].body


def test_a_circle_of_redirects_ends(key):
    error, model = ask(send(308, "", Location="/v1/chat/completions"))
    assert "more than 3 times" in str(error) and len(model.seen) == 4


@pytest.mark.parametrize("behave", [hang(2.0), drip, drip_header])
def test_a_slow_server_is_left_in_time(key, behave):
    began = time.monotonic()
    error, _ = ask(behave, timeout=0.4)
    took = time.monotonic() - began
    assert str(error) == "no answer within 0.4 s" and error.again and error.billed
    assert took < 3.5, "the wait did not end with the time limit"


def test_a_server_that_is_down(key):
    with local_model(says("bed")) as model:
        url = model.url
    with pytest.raises(
        EndpointError, match=r"no answer from 127.0.0.1: ConnectionRefused"
    ) as caught:
        Endpoint(url, "m", "TEST_KEY", timeout=5).ask(ASKED)
    assert caught.value.again and not caught.value.billed and not caught.value.hopeless


@pytest.mark.parametrize("behave", [closed, cut])
def test_a_broken_connection_may_pass(key, behave):
    error, _ = ask(behave)
    assert "no answer from 127.0.0.1" in str(error) and error.again


@pytest.mark.parametrize("behave", [endless, send(200, b"x" * 400_000)])
def test_a_very_large_body_is_not_read_to_the_end(key, behave):
    error, _ = ask(behave)
    assert "larger than 256,000 bytes" in str(error) and not error.again


def test_an_answer_that_comes_before_the_question_was_read(key):
    long = [{"role": "user", "content": "x" * 8_000_000}]

    def refuse(handler):
        send(429, "{}", Retry_After="1")(handler)

    with local_model(refuse) as model, pytest.raises(EndpointError, match="429"):
        Endpoint(model.url, "m", "TEST_KEY", timeout=20).ask(long)


@pytest.mark.parametrize(
    "status, again, hopeless",
    [(429, True, False), (500, True, False), (503, True, False), (408, True, False),
     (400, False, False), (413, False, False), (401, False, True), (403, False, True),
     (404, False, True), (204, False, False)],
)  # fmt: skip
def test_which_failures_may_pass_and_which_are_hopeless(key, status, again, hopeless):
    error, _ = ask(send(status, '{"error": {"message": "Sorry <b>you</b>\\u001b[0m"}}'))
    assert (error.again, error.hopeless) == (again, hopeless)
    assert str(status) in str(error) and "\x1b" not in str(error)


@pytest.mark.parametrize(
    "header, wait", [("7", 7.0), ("0", 0.0), ("-3", None), ("soon", None), ("9" * 40, None)]
)
def test_retry_after_is_read(key, header, wait):
    error, _ = ask(send(429, "", Retry_After=header))
    assert error.wait == wait


def test_retry_after_as_a_date():
    from nesylib.meaning.labellers.patience import retry_after

    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now=1445412450.0) == 30.0
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


@pytest.mark.parametrize(
    "body, said",
    [
        ("<!doctype html><script>alert(1)</script>", "with HTML"),
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        ("[]", "not a chat completion"),
        ("{}", "not a chat completion"),
        ('{"choices": []}', "not a chat completion"),
        ('{"choices": [{"message": null}]}', "not a chat completion"),
        ('{"choices": [5]}', "not a chat completion"),
        ('{"choices": {"0": 1}}', "not a chat completion"),
        (completion(None), "nothing"),
        (completion("  "), "nothing"),
        (completion(["bed"]), "nothing"),
        (completion("bed", finish="length"), "cut off"),
    ],
)
def test_bodies_that_are_no_answer(key, body, said):
    error, _ = ask(send(200, body))
    assert said in str(error) and error.billed and not error.again
    assert "alert" not in str(error)


@pytest.mark.parametrize(
    "usage", [None, (-5, 10), (True, 1.5), ("900", None), (10**30, 1), [], "much"]
)
def test_a_count_of_tokens_that_cannot_be_is_no_count(key, usage):
    reply, _ = ask(says("bed", usage=usage))
    assert None in (reply.tokens_in, reply.tokens_out)


def test_the_environment_is_left_alone(key):
    before = dict(os.environ)
    ask(says("bed"))
    assert dict(os.environ) == before
