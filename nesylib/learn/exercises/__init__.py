"""The exercises, one module per chapter, each with a tuple ``EXERCISES``.

Stub and solution are real functions: tests show that the stub fails and the solution passes.
"""

__all__: list[str] = []
