"""The plot of a training: what it draws, says, and where it stays silent."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from nesylib import viz
from nesylib.viz import training

ROWS = [
    dict(epoch=e, total=9 / e, supcon=4.0 / e, entropy=0.6 / e, l1=0.2 / e, active=20 - e)
    for e in range(1, 7)
]
LOOKS = pd.DataFrame(
    dict(epoch=[2, 4, 6], rules=[9, 5, 3], predicates=[12, 6, 3], accuracy=[0.7, 0.8, 0.9])
    | dict(entropy_mass=[8.0, 4.0, 1.0], active=[1, 1, 1])
).set_index("epoch")


def axes_of(monkeypatch, *args, **options):
    """The axes as they are when the figure is finished."""
    kept = []
    real = viz.Figure.__exit__

    def keep(self, *error):
        for ax in self._figure.axes:
            lines = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
            kept.append((ax.get_title(loc="left"), lines, [t.get_text() for t in ax.texts]))
        return real(self, *error)

    monkeypatch.setattr(viz.Figure, "__exit__", keep)
    made = viz.training_figure(*args, display=False, **options)
    return made, kept


def test_four_panels_with_what_was_measured(monkeypatch):
    made, axes = axes_of(monkeypatch, ROWS, LOOKS)
    panels = {title: lines for title, lines, _ in axes[:4]}
    assert list(panels["losses"]) == ["contrastive", "entropy", "L1"]
    assert panels["losses"]["contrastive"][1] == [2, 2.0]
    active = panels["bits that are on, per picture"]["active"]
    assert active == [[e, 20 - e] for e in range(1, 7)]  # not the looks' own
    assert panels["undecided bits, per picture"]["entropy mass"] == [[2, 8], [4, 4], [6, 1]]
    assert panels["the program"]["rules"] == [[2, 9], [4, 5], [6, 3]]
    assert axes[4][1]["accuracy (right axis)"] == [[2, 0.7], [4, 0.8], [6, 0.9]]
    assert set(made.pngs) == {"light", "dark"} and made.pngs["light"] != made.pngs["dark"]


def test_the_alternative_text_has_the_numbers():
    text = viz.training_figure(ROWS, LOOKS, display=False).alt
    for words in ("over 6 epochs", "rules 9 to 3", "contrastive 4 to 0.667", "0.700 to 0.900"):
        assert words in text


def test_without_looks_it_says_so_and_entropy_becomes_bits(monkeypatch):
    _, axes = axes_of(monkeypatch, ROWS, neurons=10)
    assert axes[3][2] == ["not measured"]
    curve = axes[2][1]["entropy mass"]
    assert curve[0] == [1, pytest.approx(10 * 0.6 / np.log(2))]


def test_nan_and_an_epoch_without_losses_are_left_out(monkeypatch):
    rows = [ROWS[0] | {"supcon": float("nan")}, ROWS[1], {"epoch": 3}]
    _, axes = axes_of(monkeypatch, rows)
    assert axes[0][1]["contrastive"] == [[2, 2.0]]


def test_history_and_frame_give_one_picture():
    from nesylib.concepts import History

    frame = viz.training_figure(History(ROWS).frame(), display=False)
    assert frame.pngs == viz.training_figure(History(ROWS), display=False).pngs


def test_nothing_to_draw():
    with pytest.raises(ValueError, match="train first"):
        viz.training_figure([])


def test_in_a_script_it_only_remembers(monkeypatch):
    monkeypatch.setattr(training, "training_figure", lambda *a, **k: pytest.fail("drawn"))
    with viz.TrainingPlot() as plot:
        for row in ROWS:
            plot(row)
    assert plot.rows == ROWS
    plot(ROWS[0])
    assert plot.rows == ROWS[:1]  # a new training


def test_in_a_notebook_one_output_is_updated(monkeypatch):
    shown = []

    class Handle:
        def update(self, data, raw):
            shown.append(("update", data))

    def display(data, raw, display_id):
        shown.append(("display", data))
        return Handle()

    monkeypatch.setattr("nesylib.progress._in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    with viz.TrainingPlot(every=0) as plot:
        for row in ROWS[:3]:
            plot(row)
    assert [kind for kind, _ in shown] == ["display", "update", "update", "update"]
    assert shown[-1][1]["text/plain"].startswith("Training over 3 epochs")
    assert shown[-1][1]["text/html"].count("<img") == 2
    shown.clear()
    with viz.TrainingPlot(every=1e9) as slow:
        for row in ROWS:
            slow(row)
    assert [kind for kind, _ in shown] == ["display", "update"]  # the first and the last


def test_importing_it_brings_no_matplotlib():
    code = "import sys, nesylib.viz; assert not {'matplotlib', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
