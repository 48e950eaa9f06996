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
``symbol_rules.py``  SymbolRules: rules that ask which symbol stands where in a sequence
"""

from nesylib._lazy import lazy

_WHERE = {  # imported when asked for: watching and tuning need torch, diagnosing does not
    "Diagnosis": "diagnosis",
    "Errors": "errors",
    "Evidence": "symbol_rules",
    "Finding": "diagnosis",
    "Refined": "refining",
    "RuleWatcher": "watch",
    "SoftProgram": "soft_program",
    "SymbolRules": "symbol_rules",
    "WrongPicture": "errors",
    "diagnose": "diagnosis",
    "entropy_mass": "look",
    "find_errors": "errors",
    "refine": "refining",
    "symbol_table": "symbol_rules",
}

__getattr__, __dir__, __all__ = lazy(__name__, _WHERE)
