"""Where the network and its program meet.

Everything here looks at both sides at once: it watches training by the program that would come
out of it, names what went wrong, and tunes the neurons that a program reads. It stands above
:mod:`nesylib.concepts` and :mod:`nesylib.rules`, which know nothing of each other.

``watch.py``         RuleWatcher: early stopping on the accuracy of the rules
``look.py``          what one look at a network in training measures
``diagnosis.py``     diagnose: which known failure is this, and what to turn
``errors.py``        find_errors: of every wrong picture the rule, what it missed, the wrong bit
``soft_program.py``  a program as a differentiable function of activations
``refining.py``      refine: tune the neurons for the program, learn the program again
"""

from nesylib._lazy import lazy

_WHERE = {  # imported when asked for: watching and tuning need torch, diagnosing does not
    "Diagnosis": "diagnosis",
    "Errors": "errors",
    "Finding": "diagnosis",
    "Refined": "refining",
    "RuleWatcher": "watch",
    "SoftProgram": "soft_program",
    "WrongPicture": "errors",
    "diagnose": "diagnosis",
    "entropy_mass": "look",
    "find_errors": "errors",
    "refine": "refining",
}

__getattr__, __dir__, __all__ = lazy(__name__, _WHERE)
