"""Where the network and its program meet.

Everything here looks at both sides at once: it watches training by the program that would come
out of it, names what went wrong, and tunes the neurons that a program reads. It stands above
:mod:`nesylib.concepts` and :mod:`nesylib.rules`, which know nothing of each other.
"""

__all__: list[str] = []
