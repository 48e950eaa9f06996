"""A language model as labeller, against a real local server that behaves well and badly."""

import base64
import io
import json

import numpy as np
import pytest
from local_model import hang, local_model, names, says, send

from nesylib.meaning.labellers import (
    Answers,
    Budget,
    ChatWords,
    Endpoint,
    Evidence,
    Labeller,
    Patience,
)
from nesylib.meaning.labellers.budget import Spent

KEY = "sk-very-secret-0123456789"
WORDS = ("bed", "sink", "lamp")


def seen_of(neurons=4, silent=()):
    rng = np.random.default_rng(0)
    codes = rng.random((12, neurons)) * 0.4 + 0.6
    codes[:, list(silent)] = 0.1
    top = np.argsort(-codes, axis=0)[:5].T
    images = rng.integers(0, 256, (12, 3, 16, 16), np.uint8)
    return Evidence(images, codes, range(neurons), top, rng.random((neurons, 5, 2, 2)))


class Waits(list):
    """A sleep that only notes how long."""

    def __call__(self, seconds):
        self.append(seconds)


@pytest.fixture
def asking(tmp_path, monkeypatch):
    """``asking(behave, ...)`` -> labels, the server, the labeller, the waits."""
    monkeypatch.setenv("TEST_KEY", KEY)
    ports = [0]  # the address is part of the question: each server comes back at the same one

    def run(behave, evidence=None, **options):
        waits = Waits()
        options = {
            "words": WORDS,
            "answers": Answers(tmp_path / "answers"),
            "patience": Patience(**({"sleep": waits} | options.pop("patience", {}))),
        } | options
        timeout = options.pop("timeout", 5.0)
        with local_model(behave, ports[0]) as model:
            ports[0] = model.port
            endpoint = Endpoint(options.pop("url", model.url), "m", "TEST_KEY", timeout)
            labeller = ChatWords(endpoint, **options)
            labels = labeller.label(seen_of() if evidence is None else evidence)
        return labels, model, labeller, waits

    return run


def test_every_neuron_gets_its_own_question_and_names(asking):
    behave = [says(names((word, 4), ("lamp", 2))) for word in ("bed", "sink", "bed", "lamp")]
    labels, model, labeller, _ = asking(behave, seen_of(5, silent=[2]))
    assert labels.names[0] == [("bed", 0.8), ("lamp", 0.4)]
    assert labels.best() == {0: "bed", 1: "sink", 3: "bed", 4: "lamp"}
    assert "never on" in labels.missing[2] and len(model.seen) == 4
    assert isinstance(labeller, Labeller)
    assert labeller.spent()["tokens in"] == 3600 and labeller.spent()["tokens out"] == 80


def test_two_neurons_of_one_name_have_predicates_of_their_own(asking):
    labels, *_ = asking(says(names(("bed", 4))))
    assert labels.written() == {0: "bed1", 1: "bed2", 2: "bed3", 3: "bed4"}


def test_the_question_holds_the_list_and_a_picture(asking):
    from PIL import Image

    _, model, *_ = asking(says(names(("bed", 1))), seen_of(1))
    text, picture = model.seen[0].parts
    assert '["bed", "sink", "lamp"]' in text["text"] and "5 pictures" in text["text"]
    head, data = picture["image_url"]["url"].split(",")
    assert head == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        assert image.format == "JPEG" and image.size == (2 * 260 + 12, 3 * 128 + 24)


def test_free_words(asking):
    labels, model, *_ = asking(says(names(("四柱床", 4))), seen_of(1), words=None)
    assert labels.best() == {0: "四柱床"} and labels.written() == {0: "concept1"}
    assert "one to three plain English words" in model.seen[0].parts[0]["text"]


def test_no_common_thing_is_told(asking):
    labels, *_ = asking(says(names()), seen_of(1))
    assert labels.missing == {0: "the model sees nothing in common"}


# What goes wrong and may pass


def test_a_busy_server_is_asked_again_after_the_time_it_wants(asking):
    labels, model, labeller, waits = asking(
        [send(429, "", Retry_After="7"), send(500, "<html>"), says(names(("bed", 5)))], seen_of(1)
    )
    assert labels.best() == {0: "bed"} and len(model.seen) == 3
    assert waits[0] == 7.0 and 1.0 <= waits[1] <= 2.0
    assert labeller.spent()["repeated"] == 2 and labeller.spent()["requests"] == 3


def test_waits_double_up_to_a_limit():
    patience = Patience(retries=50, first_wait=1, longest_wait=20)
    waits = [patience.wait(i, None) for i in range(50)]
    assert all(0.5 * min(2**i, 20) <= w <= min(2**i, 20) for i, w in enumerate(waits))
    assert patience.wait(50, None) is None and patience.wait(0, 21) is None


def test_a_server_that_wants_a_long_wait_is_not_waited_for(asking):
    labels, model, _, waits = asking(send(429, "", Retry_After="3600"), seen_of(1))
    assert "asks to wait 3600 s" in labels.missing[0] and not waits and len(model.seen) == 1


def test_retries_come_to_an_end(asking):
    labels, model, _, waits = asking(send(503, ""), seen_of(1), patience=dict(retries=2))
    assert labels.missing == {0: "the endpoint answers 503"}
    assert len(model.seen) == 3 and len(waits) == 2


def test_one_slow_answer_is_asked_for_again(asking):
    labels, _, labeller, _ = asking([hang(1.5), says(names(("bed", 5)))], seen_of(1), timeout=0.5)
    assert labels.best() == {0: "bed"}
    assert labeller.spent()["of these estimated"] > 0, "the slow answer may have been charged for"


# What goes wrong for one neuron


@pytest.mark.parametrize(
    "bad, said",
    [
        (says("It is a bed!"), "no usable answer: the answer is not JSON"),
        (says('{"names": ["bed"]}'), "no usable answer: a name is not"),
        (says(names(("couch", 5))), "no usable answer: 'couch' is not on the list"),
        (says(names(("bed", 6))), "no usable answer: a count of pictures that is not from 0 to 5"),
        (says(names(("<script>alert(1)</script>", 5))), "is not on the list"),
        (send(200, "<html><script>alert(1)</script></html>", "text/html"), "answered with HTML"),
        (send(200, '{"error": {"message": "no"}}'), "not a chat completion"),
        (send(200, b"x" * 400_000), "larger than"),
        (send(400, '{"error": {"message": "bad picture"}}'), "answers 400: bad picture"),
    ],
)
def test_the_run_goes_on_and_says_what_is_missing(asking, bad, said):
    good = says(names(("sink", 3)))
    asked = 2 if "usable" in said or "list" in said else 1
    behave = [good, *[bad] * asked, good]
    labels, model, *_ = asking(behave)
    assert labels.best() == {0: "sink", 2: "sink", 3: "sink"}
    assert said in labels.missing[1] and len(model.seen) == 3 + asked
    page = labels.frame()._repr_html_()
    assert "<script>" not in page and "sink" in page


def test_an_unusable_answer_is_asked_about_once_more(asking):
    labels, model, *_ = asking([says("bed"), says(names(("bed", 5)))], seen_of(1))
    assert labels.best() == {0: "bed"}
    assert "the answer is not JSON" in model.seen[1].parts[2]["text"]


def test_a_free_name_with_a_script_is_never_a_name(asking):
    labels, *_ = asking(says(names(("<img src=x onerror=alert(1)>", 5))), seen_of(1), words=None)
    assert "is not a word" in labels.missing[0] and not labels.best()
    assert "<img" not in labels.frame()._repr_html_()


def test_a_neuron_without_a_map_leaves_the_others_alone(asking):
    evidence = seen_of(3)
    evidence.maps[1, 0] = np.nan
    labels, model, *_ = asking(says(names(("bed", 5))), evidence)
    assert set(labels.best()) == {0, 2} and "NaN" in labels.missing[1] and len(model.seen) == 2


# What goes wrong for all


def test_a_refused_key_ends_asking_and_is_not_shown(asking):
    refused = send(401, json.dumps({"error": {"message": f"Incorrect API key: {KEY}"}}))
    labels, model, *_ = asking(refused)
    assert len(model.seen) == 1 and "check the key in TEST_KEY" in labels.missing[0]
    assert labels.missing[3].startswith("not asked: the endpoint answers 401")
    assert KEY not in repr(labels) + str(labels.frame().to_dict())


def test_a_server_that_is_down_is_left_alone_after_three_neurons(asking):
    with local_model(says("")) as gone:
        url = gone.url
    labels, *_ = asking(says(""), seen_of(6), url=url, patience=dict(retries=1))
    assert "ConnectionRefused" in labels.missing[2]
    assert labels.missing[3] == "not asked: the endpoint failed for 3 neurons in a row"
    assert set(labels.missing) == set(range(6))


def test_failures_between_answers_do_not_stop_the_run(asking):
    bad, good = send(400, ""), says(names(("bed", 5)))
    labels, *_ = asking([bad, bad, good, bad, bad, good], seen_of(6))
    assert set(labels.best()) == {2, 5}


def test_no_key_at_all(asking, monkeypatch):
    monkeypatch.delenv("TEST_KEY")
    labels, model, *_ = asking(says(names(("bed", 5))))
    assert not model.seen and "TEST_KEY is not set" in labels.missing[0]


# What it may cost


def test_requests_are_capped_repetitions_included(asking):
    behave = [says(names(("bed", 5))), send(500, ""), says(names(("sink", 5)))]
    labels, model, *_ = asking(behave, budget=Budget(requests=3))
    assert len(model.seen) == 3 and labels.best() == {0: "bed", 1: "sink"}
    assert labels.missing[2] == "not asked: the cap of 3 requests is reached"


def test_tokens_are_capped_before_they_are_spent(asking):
    budget = Budget(tokens=6000, picture_tokens=2000)
    _, model, *_ = asking(says(names(("bed", 5)), usage=(2500, 100)), budget=budget)
    assert len(model.seen) == 2 and budget.used_in + budget.used_out == 5200


def test_money_is_capped(asking):
    budget = Budget(price=0.01, price_in=2.0, price_out=8.0)
    labels, model, labeller, _ = asking(says(names(("bed", 5)), usage=(1000, 50)), budget=budget)
    assert 0 < len(model.seen) < 4 and labeller.spent()["price"] <= 0.01
    assert "cap of 0.01 on the price" in labels.missing[3]


def test_without_counts_the_estimate_is_charged(asking):
    budget = Budget(tokens=7000)
    _, model, labeller, _ = asking(says(names(("bed", 5)), usage=None), budget=budget)
    assert labeller.spent()["of these estimated"] == budget.used_in + budget.used_out > 2000
    assert len(model.seen) == 2


def test_a_cap_on_money_needs_prices():
    with pytest.raises(ValueError, match="price list"):
        Budget(price=1.0)
    with pytest.raises(ValueError, match="finite"):
        Budget(requests=-1)
    with pytest.raises(Spent):
        Budget(requests=0).check(1, 1)


# What is kept


def test_answers_are_asked_for_once(asking):
    first, model, *_ = asking(says(names(("bed", 5))))
    again, other, labeller, _ = asking(send(500, ""))
    assert first.names == again.names and len(model.seen) == 4 and not other.seen
    assert labeller.spent()["from disk"] == 4 and labeller.spent()["requests"] == 0


def test_an_interrupted_run_goes_on_where_it_stopped(asking):
    class Stop(Exception):
        pass

    def stop(seconds):
        raise Stop

    behave = [says(names(("bed", 5))), says(names(("sink", 5))), send(500, "")]
    with pytest.raises(Stop):
        asking(behave, patience=dict(sleep=stop))
    labels, model, *_ = asking(says(names(("lamp", 5))))
    assert labels.best() == {0: "bed", 1: "sink", 2: "lamp", 3: "lamp"} and len(model.seen) == 2


def test_other_words_other_pictures_or_another_model_are_another_question(asking, tmp_path):
    asking(says(names(("bed", 5))), seen_of(1))
    _, model, *_ = asking(says(names(("bed", 5))), seen_of(1), words=("bed", "sofa"))
    assert len(model.seen) == 1
    evidence = seen_of(1)
    evidence.images[evidence.top[0, 0], 0, 3, 3] ^= 255
    _, model, *_ = asking(says(names(("bed", 5))), evidence)
    assert len(model.seen) == 1


def test_files_hold_neither_key_nor_address_nor_picture(asking, tmp_path):
    _, model, *_ = asking(says(names(("bed", 5))), seen_of(1))
    (path,) = (tmp_path / "answers").iterdir()
    kept = json.loads(path.read_text())
    assert set(kept) == {"text", "model", "tokens_in", "tokens_out"}
    assert KEY not in path.read_text() and model.url not in path.read_text()


def test_failures_are_not_kept(asking, tmp_path):
    asking([says("no JSON")], seen_of(1))
    assert not (tmp_path / "answers").exists() or not list((tmp_path / "answers").iterdir())


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"text": 5}', '{"text": "<script>"}', "[" * 99_999, "\x00\xff"]
)
def test_a_damaged_or_changed_file_counts_as_none(asking, tmp_path, content):
    asking(says(names(("bed", 5))), seen_of(1))
    (path,) = (tmp_path / "answers").iterdir()
    path.write_text(content)
    labels, model, *_ = asking(says(names(("sink", 5))), seen_of(1))
    assert labels.best() == {0: "sink"} and len(model.seen) == 1


def test_a_folder_that_cannot_be_written_costs_a_warning_only(asking, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.warns(UserWarning, match="paid for again"):
        labels, *_ = asking(says(names(("bed", 5))), answers=Answers(tmp_path / "file" / "x"))
    assert len(labels.best()) == 4


def test_nothing_need_be_kept(asking, tmp_path):
    asking(says(names(("bed", 5))), answers=False)
    assert not (tmp_path / "answers").exists()


def test_spent_budget_still_reads_what_is_on_disk(asking):
    asking(says(names(("bed", 5))))
    labels, *_ = asking(says(""), budget=Budget(requests=0))
    assert len(labels.best()) == 4


@pytest.mark.parametrize(
    "wrong", [dict(words=[]), dict(words="bed"), dict(asks=0), dict(at_most=0), dict(max_tokens=0)]
)
def test_settings_that_make_no_sense(wrong):
    with pytest.raises(ValueError):
        ChatWords(Endpoint("https://host/v1", "m"), **wrong)
