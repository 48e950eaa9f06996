"""FOLD-SE written plainly: dictionaries that count, lists of rows, no arrays.

The oracle for the library's search. It shares nothing with it: a row is a tuple of cells (True or
False, a string, a float, None), a literal is (column number, operator, value), a rule is
(body, exceptions).
"""

from collections import Counter
from math import floor, sqrt

COMPLEMENT = {"==": "!=", "!=": "==", "=<": "!=<", "!=<": "=<", ">": "!>", "!>": ">"}


def complement(literal):
    column, op, value = literal
    return column, COMPLEMENT[op], value


def holds(literal, row):
    column, op, value = literal
    cell = row[column]
    if op in ("!=", "!=<", "!>"):
        return not holds(complement(literal), row)
    if op == "==":
        return cell == value
    if not isinstance(cell, float):
        return False
    return cell <= value if op == "=<" else cell > value


def fires(rule, row):
    body, exceptions = rule
    return all(holds(lit, row) for lit in body) and not any(fires(e, row) for e in exceptions)


def admissible(admit, tp, fn, fp, tn):
    return tp + tn >= fp + fn if admit == "accuracy" else tp * tn >= fp * fn


def score(tp, fn, fp, tn):
    return -(sqrt(tp * fp) + sqrt(tn * fn))


def string_order(value):
    return (value is None, value != "1", value or "")


def count(column, rows):
    return Counter(r[column] for r in rows)


def candidates(column, kind, pos, neg):
    """Every literal of a column with its (tp, fp), in the order in which ties are broken."""
    tp, fp = count(column, pos), count(column, neg)
    values = set(tp) | set(fp)
    if kind == "boolean":
        yield (column, "==", True), tp[True], fp[True]
        return
    numbers = sorted(v for v in values if isinstance(v, float))
    for v in numbers:
        low = sum(tp[u] for u in numbers if u <= v), sum(fp[u] for u in numbers if u <= v)
        high = sum(tp[u] for u in numbers if u > v), sum(fp[u] for u in numbers if u > v)
        yield (column, "=<", v), *low
        yield (column, ">", v), *high
    for v in sorted(values - set(numbers), key=string_order):
        yield (column, "==", v), tp[v], fp[v]


def best_literal(kinds, pos, neg, used, admit):
    best, best_score = None, None
    columns = [c for c, k in enumerate(kinds) if k != "numeric"]
    columns += [c for c, k in enumerate(kinds) if k == "numeric"]
    for column in columns:
        for literal, tp, fp in candidates(column, kinds[column], pos, neg):
            if literal in used or complement(literal) in used:
                continue
            for choice, t, f in (
                (literal, tp, fp),
                (complement(literal), len(pos) - tp, len(neg) - fp),
            ):
                fn, tn = len(pos) - t, len(neg) - f
                if not admissible(admit, t, fn, f, tn) or t * tn == f * fn:
                    continue
                if best is None or score(t, fn, f, tn) > best_score:
                    best, best_score = choice, score(t, fn, f, tn)
    return best


def learn_rule(kinds, pos, neg, used, ratio, least, admit="accuracy"):
    body = []
    while True:
        literal = best_literal(kinds, pos, neg, used + body, admit)
        if literal is None:
            return body, []
        body.append(literal)
        pos = [r for r in pos if holds(literal, r)]
        neg = [r for r in neg if holds(literal, r)]
        if len(neg) <= ratio * len(pos):
            break
    if not neg:
        return body, []
    return body, learn_rule_set(kinds, neg, pos, used + body, ratio, least, admit)


def learn_rule_set(kinds, pos, neg, used, ratio, least, admit="accuracy"):
    rules = []
    while pos:
        rule = learn_rule(kinds, pos, neg, used, ratio, least, admit)
        covered = [fires(rule, r) for r in pos] if rule[0] else []
        if sum(covered) == 0 or sum(covered) < least:
            break
        pos = [r for r, c in zip(pos, covered, strict=True) if not c]
        rules.append(rule)
    return rules


def fold_se(kinds, rows, labels, positive, ratio, tail):
    pos = [r for r, y in zip(rows, labels, strict=True) if y == positive]
    neg = [r for r, y in zip(rows, labels, strict=True) if y != positive]
    return learn_rule_set(kinds, pos, neg, [], ratio, floor(tail * len(rows)))


def fold_sem(kinds, rows, labels, n_classes, ratio, tail, scheme):
    """Rules as (class, rule), and the default class or None."""
    alive = list(zip(rows, labels, strict=True))
    at_start, retired, rules = Counter(labels), set(), []
    admit = "odds" if scheme == "repaired" else "accuracy"
    while len({y for _, y in alive}) > 1:
        sizes = Counter(y for _, y in alive if y not in retired)
        if not sizes:
            break
        target = max(range(n_classes), key=lambda c: sizes[c])
        pos = [r for r, y in alive if y == target]
        neg = [r for r, y in alive if y != target]
        rule = learn_rule(kinds, pos, neg, [], ratio, floor(tail * len(rows)), admit)
        hits = sum(fires(rule, r) for r in pos) if rule[0] else 0
        if hits == 0 or hits < floor(tail * len(rows)):
            if scheme == "published":
                return rules, None
            retired.add(target)
            continue
        rules.append((target, rule))
        alive = [(r, y) for r, y in alive if not fires(rule, r)]
    left = Counter(y for _, y in alive) or at_start
    return rules, max(range(n_classes), key=lambda c: left[c])
