"""A progress line shows where it can be seen and leaves nothing behind."""

import io
import sys

from nesylib import progress
from nesylib.progress import Progress, track


def test_track_yields_all_and_is_silent_in_a_log(capsys):
    assert list(track(range(5), "encode")) == list(range(5))
    shown = capsys.readouterr()
    assert shown.out == shown.err == ""


def test_a_terminal_gets_a_bar_that_is_cleared(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    line = Progress(3, "training")
    line.update(3)
    line.say("epoch 1 of 1")
    line.close()
    assert "training" in terminal.getvalue()
    assert terminal.getvalue().rstrip(" ").endswith("\r")


def test_a_notebook_gets_one_updated_line_that_ends_empty(monkeypatch):
    import IPython.display

    sent = []

    class Handle:
        def update(self, data, raw):
            sent.append(data)

    def display(data, raw, display_id):
        sent.append(data)
        return Handle()

    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(progress, "EVERY", 0.0)
    monkeypatch.setattr(IPython.display, "display", display)
    line = Progress(4, "training <x>")
    line.update()
    line.say("loss 1.0")
    line.update()
    line.close()
    assert 'value="1" max="4"' in sent[1]["text/html"] and "&lt;x&gt;" in sent[1]["text/html"]
    assert "loss 1.0" in sent[2]["text/plain"] and "s left" in sent[2]["text/plain"]
    assert sent[-1] == {"text/plain": ""}
    assert Progress(4, shown=False)._handle is None
