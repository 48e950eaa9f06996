"""The figure of the page on heat-maps: one neuron of each picture, seen by every method."""

from __future__ import annotations

import numpy as np

from nesylib import checkpoints, concepts, data, meaning, viz

ALT = (
    "Three drawn rooms in rows. First the room, then heat-maps of its most active neuron by six "
    "methods: attention and rollout are spread over the room, gradient-attention, direction and "
    "occlusion each single out other patches, random shows noise."
)


def one_neuron_by_every_method() -> None:
    net = checkpoints.load("scenes-P3.1")
    pictures = data.load("scenes/P3.1", "test", n=3, seed=3)
    codes = concepts.encode(net, pictures)
    with viz.figure(alt=ALT, size=(9.4, 4.4), nrows=3, ncols=7) as (_, axes):
        for row, (picture, neuron) in enumerate(zip(pictures.images, codes.argmax(1), strict=True)):
            show(axes[row, 0], picture)
            axes[row, 0].set_ylabel(f"neuron {neuron}")
            for ax, method in zip(axes[row, 1:], meaning.HEAT_MAPS, strict=True):
                heat = meaning.heat_maps(net, picture[None], [neuron], method=method)[0, 0]
                show(ax, picture, heat)
                if row == 0:
                    ax.set_title(method.replace("gradient-", "gradient-\n"), fontsize=9)
        axes[0, 0].set_title("picture", fontsize=9)


def show(ax, picture: np.ndarray, heat: np.ndarray | None = None) -> None:
    """The picture, grey under its map where one is given; each map has a scale of its own."""
    image = picture.transpose(1, 2, 0)
    if heat is None:
        ax.imshow(image)
    else:
        ax.imshow(image.mean(2), cmap="gray")
        large = meaning.upsample(heat, image.shape[:2], "nearest")
        ax.imshow(large, cmap=viz.SEQUENTIAL, alpha=0.65)
    ax.set_xticks([])
    ax.set_yticks([])
