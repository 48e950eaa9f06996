"""How fast scenes are drawn: ``python benchmarks/scenes.py [pictures]``.

CPU milliseconds a picture in one process, and pictures a second with one and two processes
(starting the second one included).
"""

from __future__ import annotations

import sys
import time

from nesylib.data import load
from nesylib.data.scenes import CLASS_SETS


def one(name: str, n: int, size: int, workers: int) -> tuple[float, float]:
    """Wall and CPU seconds of drawing ``n`` pictures."""
    wall, cpu = time.perf_counter(), time.process_time()
    load(name, n=n, size=size, workers=workers)
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    print(f"{'class set':<14}{'size':>5}{'CPU ms/picture':>16}{'1 process':>12}{'2 processes':>13}")
    for class_set in CLASS_SETS:
        for size in (64, 224) if class_set == "P5" else (64,):
            count = n if size == 64 else max(n // 8, 64)
            name = f"scenes/{class_set}"
            load(name, n=64, size=size, workers=1)
            wall, cpu = one(name, count, size, 1)
            both, _ = one(name, count, size, 2)
            print(
                f"{name:<14}{size:>5}{1000 * cpu / count:>16.2f}"
                f"{count / wall:>10.0f}/s{count / both:>11.0f}/s"
            )


if __name__ == "__main__":
    main()
