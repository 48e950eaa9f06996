"""Every exercise of the book: its stub fails, its solution passes, and wrong answers are told why.

A new exercise needs an entry in ``WRONG``: answers that readers plausibly give, with words that
the message must hold.
"""

import inspect
import math
from math import exp, log

import numpy as np
import pytest
from _html import parse

from nesylib import learn


def no_nan_check(C):
    return C >= 0.5


def nan_counts_as_off(C):
    return np.nan_to_num(C) >= 0.5


def a_list(C):
    return [[value >= 0.5 for value in row] for row in C]


def one_for_all(C):
    return (C >= 0.5).any(axis=1)


def in_place(C):
    if np.isnan(C).any():
        raise ValueError
    C[C >= 0.5] = 1
    C[C < 0.5] = 0
    return C.astype(bool)


def asserts(C):
    assert not np.isnan(C).any()
    return C >= 0.5


def one_pass(rules, facts):
    true = set(facts)
    for head, body in rules:
        if true.issuperset(body):
            true.add(head)
    return true


def is_model(program, guess):
    kept = [(h, pos) for h, pos, neg in program if guess.isdisjoint(neg)]
    return {h for h, pos in kept if guess.issuperset(pos)} == guess


def counts_again(values, positive):
    rows = list(zip(values, positive, strict=True))
    return [
        (v, sum(p for u, p in rows if u <= v), sum(not p for u, p in rows if u <= v))
        for v in sorted(values)
    ]


def counts_per_row(values, positive):
    rows = sorted((v, p) for v, p in zip(values, positive, strict=True) if v is not None)
    marks = [p for _, p in rows]
    return [(v, sum(marks[: i + 1]), i + 1 - sum(marks[: i + 1])) for i, (v, _) in enumerate(rows)]


def unsorted_counts(values, positive):
    return [(v, int(p), int(not p)) for v, p in zip(values, positive, strict=True)]


def any_literal(rules, sequence, default):
    for label, body in rules:
        for place, symbol, wanted in body:
            if (symbol in sequence if place is None else sequence[place] == symbol) == wanted:
                return label
    return default


def never_under_not(rules, sequence, default):
    for label, body in rules:
        if all(s in sequence if p is None else sequence[p] == s for p, s, _ in body):
            return label
    return default


def wherever_it_stands(rules, sequence, default):
    for label, body in rules:
        if all((s in sequence) == wanted for _, s, wanted in body):
            return label
    return default


def last_rule_wins(rules, sequence, default):
    found = default
    for label, body in rules:
        if all(
            (s in sequence if p is None else sequence[p] == s) == wanted for p, s, wanted in body
        ):
            found = label
    return found


def without_sign(symbols, classes, shown, symbol):
    return abs(gain_of_classes_weighted(symbols, classes, shown, symbol))


def gain_over_all(symbols, classes, shown, symbol):
    own = [x for x, s in zip(shown, symbols, strict=True) if s == symbol]
    others = [x for x, s in zip(shown, symbols, strict=True) if s != symbol]
    return round(sum(own) / len(own) - sum(others) / len(others), 4)


def gain_of_classes_weighted(symbols, classes, shown, symbol):
    return gain_of_classes_alike(symbols, classes, shown, symbol, weighted=True)


def gain_of_classes_alike(symbols, classes, shown, symbol, weighted=False):
    found = []
    for c in sorted(set(classes)):
        rows = [i for i, k in enumerate(classes) if k == c]
        own = [shown[i] for i in rows if symbols[i] == symbol]
        others = [shown[i] for i in rows if symbols[i] != symbol]
        if own and others:
            gain = sum(own) / len(own) - sum(others) / len(others)
            found += [gain] * (len(own) if weighted else 1)
    return round(sum(found) / len(found), 4) if found else 0.0


def other_pairs(tp, fn, fp, tn):
    return -round(np.sqrt(tp * fp) + np.sqrt(tn * fp), 3)


def never_none(tp, fn, fp, tn):
    return -round(np.sqrt(tp * fp) + np.sqrt(tn * fn), 3)


def strictly_right(tp, fn, fp, tn):
    return None if tp + tn <= fp + fn else never_none(tp, fn, fp, tn)


def odds_for_accuracy(tp, fn, fp, tn):
    return None if tp * tn == fp * fn or tp * tn < fp * fn else never_none(tp, fn, fp, tn)


def both_conditions(tp, fn, fp, tn):
    return None if tp + tn < fp + fn or tp * tn <= fp * fn else never_none(tp, fn, fp, tn)


def body_only(rules, bits, default):
    def holds(rule):
        return all(bits.get(n, False) == w for n, w in rule["if"].items())

    return next((rule["then"] for rule in rules if holds(rule)), default)


def flat_exceptions(rules, bits, default):
    def holds(rule):
        return all(bits.get(n, False) == w for n, w in rule["if"].items())

    for rule in rules:
        if holds(rule) and not any(holds(e) for e in rule["unless"]):
            return rule["then"]
    return default


def any_exception_stops(rules, bits, default):
    def fires(rule):
        held = all(bits.get(n, False) == w for n, w in rule["if"].items())
        return held and not any(fires(e) for e in rule["unless"])

    for rule in rules:
        if any(fires(e) for e in rule["unless"]):
            return default
        if fires(rule):
            return rule["then"]
    return default


def one_flip(answer, bits, target):
    if answer(bits) == target:
        return []
    for name in sorted(bits):
        if answer(bits | {name: not bits[name]}) == target:
            return [name]
    return None


def flip_in_place(answer, bits, target):
    for name in sorted(bits):
        bits[name] = not bits[name]
        if answer(bits) == target:
            return [name]
    return None


def never_empty(answer, bits, target):
    for name in sorted(bits):
        if answer(bits | {name: not bits[name]}) == target:
            return [name]
    return None


def bare_body(rule, facts):
    return all(name in facts for name in rule[0])


def one_level(rule, facts):
    return bare_body(rule, facts) and not any(bare_body(e, facts) for e in rule[1])


def any_name_of_an_exception(rule, facts):
    blocked = any(
        any(name in facts for name in e[0]) and not any(bare_body(b, facts) for b in e[1])
        for e in rule[1]
    )
    return bare_body(rule, facts) and not blocked


def fold_all_short(rule):
    body, exceptions = rule
    folded = tuple((e[0][0][0], not e[0][0][1]) for e in exceptions if len(e[0]) == 1)
    return body + folded, [e for e in exceptions if len(e[0]) > 1]


def fold_without_complement(rule):
    body, exceptions = rule
    return body + tuple(e[0][0] for e in exceptions), []


def fold_as_not(rule):
    body, exceptions = rule
    return body + tuple((e[0][0][0], False) for e in exceptions), []


def fold_first(rule):
    body, exceptions = rule
    return body + tuple((name, not wanted) for e in exceptions for name, wanted in e[0]), []


def fold_while_removing(rule):
    body, left = rule[0], list(rule[1])
    for e in left:
        if len(e[0]) == 1 and not e[1]:
            body += ((e[0][0][0], not e[0][0][1]),)
            left.remove(e)
    return body, left


def all_forbidden(rules, default, facts):
    for label, needed, no in rules:
        if needed <= facts and not (no and no <= facts):
            return label
    return default


def last_that_fires(rules, default, facts):
    for label, needed, forbidden in reversed(rules):
        if needed <= facts and not forbidden & facts:
            return label
    return default


def forbids_nothing(rules, default, facts):
    return next((label for label, needed, _ in rules if needed <= facts), default)


def any_needed(rules, default, facts):
    return next((c for c, need, no in rules if need & facts and not no & facts), default)


def odds_by_division(tp, fn, fp, tn):
    return tp + tn >= fp + fn, tp / (tp + fn) >= fp / (fp + tn)


def forgets_the_bias(features, weights, bias):
    return [sum(w * x for w, x in zip(r, features, strict=True)) >= 0 for r in weights]


def strictly_above_the_plane(features, weights, bias):
    z = [sum(w * x for w, x in zip(r, features, strict=True)) for r in weights]
    return [v + b > 0 for v, b in zip(z, bias, strict=True)]


def sigmoid_by_exp(features, weights, bias):
    z = [sum(w * x for w, x in zip(r, features, strict=True)) for r in weights]
    return [1 / (1 + exp(-v - b)) >= 0.5 for v, b in zip(z, bias, strict=True)]


def reversed_argsort(activations, neuron, k):
    return np.argsort(activations[:, neuron], kind="stable")[::-1][:k].tolist()


def by_row(activations, neuron, k):
    return np.argsort(-activations[neuron], kind="stable")[:k].tolist()


def last_k(activations, neuron, k):
    return np.argsort(activations[:, neuron], kind="stable")[-k:].tolist()


def entropy_of_the_sigmoid(z):
    c = 1 / (1 + math.exp(-z))
    return float(f"{nats(c):.6g}")


def entropy_in_bits(z):
    a = abs(z)
    h = np.log1p(np.exp(-a)) + a * np.exp(-a) / (1 + np.exp(-a))
    return float(f"{h / np.log(2):.6g}")


def softplus_of_z(z):
    s = 1 / (1 + math.exp(-z))
    return float(f"{math.log1p(math.exp(z)) - z * s:.6g}")


def nats(c):
    return 0.0 if c in (0, 1) else -c * math.log(c) - (1 - c) * math.log(1 - c)


def hoyer_without_root(code):
    return round(len(code) - sum(code) / sum(c * c for c in code), 4)


def hoyer_of_active(code):
    on = [c for c in code if c > 0]
    root = math.sqrt(len(on))
    if len(on) < 2:
        return 1.0
    return round((root - sum(on) / math.sqrt(sum(c * c for c in on))) / (root - 1), 4)


def hoyer_with_zero(code):
    norm = math.sqrt(sum(c * c for c in code))
    root = math.sqrt(len(code))
    return round((root - sum(code) / norm) / (root - 1), 4) if norm else 0.0


def tips(beta, gamma, neurons, reduction):
    pull = gamma * neurons if reduction == "sum" else gamma
    return round(1 / (1 + math.exp(-pull / beta)), 4) if beta else 1.0


def row_by_row(picture, side):
    flat = [value for row in picture for value in row]
    if len(flat) % (side * side):
        raise ValueError
    return [flat[i : i + side * side] for i in range(0, len(flat), side * side)]


def cuts_off(picture, side):
    return [
        [picture[top + i][left + j] for i in range(side) for j in range(side)]
        for top in range(0, len(picture) - side + 1, side)
        for left in range(0, len(picture[0]) - side + 1, side)
    ]


def down_first(picture, side):
    return [
        [picture[top + i][left + j] for i in range(side) for j in range(side)]
        for left in range(0, len(picture[0]), side)
        for top in range(0, len(picture), side)
    ]


def attend(query, keys, values, divisor, shift=True):
    match = [sum(q * k for q, k in zip(query, key, strict=True)) / divisor for key in keys]
    weights = np.exp(np.array(match) - max(match)) if shift else [math.exp(m) for m in match]
    mean = np.array(weights) @ np.array(values) / sum(weights)
    return [round(float(v), 3) for v in mean]


def plain_mean(query, keys, values):
    return [round(sum(column) / len(values), 3) for column in zip(*values, strict=True)]


def no_root(query, keys, values):
    return attend(query, keys, values, 1)


def overflows(query, keys, values):
    return attend(query, keys, values, math.sqrt(len(query)), shift=False)


def no_sum(query, keys, values):
    weights = [math.exp(sum(q * k for q, k in zip(query, key, strict=True))) for key in keys]
    return [sum(w * v[0] for w, v in zip(weights, values, strict=True))]


def seen(mask, concepts, share, first=1, strict=False):
    pixels = [value for row in mask for value in row]
    counts = [pixels.count(k + first) for k in range(concepts)]
    return [n > share * len(pixels) if strict else n >= share * len(pixels) for n in counts]


def of_all_objects(mask, concepts, share):
    pixels = [value for row in mask for value in row if value]
    return [bool(pixels) and pixels.count(k + 1) >= share * len(pixels) for k in range(concepts)]


def auc(rows):
    high, low = ([s for s, b in rows if b is wanted] for wanted in (True, False))
    if not high or not low:
        return None
    return sum((h > k) + (h == k) / 2 for h in high for k in low) / len(high) / len(low)


def auc_of_all(scores, bits, classes):
    return auc(list(zip(scores, bits, strict=True)))


def auc_by_class(scores, bits, classes, empty):
    rows = list(zip(scores, bits, classes, strict=True))
    found = [auc([(s, b) for s, b, c in rows if c == label]) for label in set(classes)]
    return round(float(np.mean([empty if f is None else f for f in found])), 3)


def with_itself(labels):
    return [list(labels).count(label) for label in labels]


def classes_counted(labels):
    return [list(labels).count(label) - 1 for label in sorted(set(labels))]


def neighbours_only(labels):
    return [
        sum(labels[j] == x for j in (i - 1, i + 1) if 0 <= j < len(labels))
        for i, x in enumerate(labels)
    ]


def as_the_formula_stands(similarities, positive, temperature):
    z = [s / temperature for s in similarities]
    pulls = [v for v, p in zip(z, positive, strict=True) if p]
    if not pulls:
        return None
    return round(log(sum(exp(v) for v in z)) - sum(pulls) / len(pulls), 4)


def mean_inside_the_log(similarities, positive, temperature):
    z = [s / temperature for s in similarities]
    pulls = [exp(v) for v, p in zip(z, positive, strict=True) if p]
    return round(log(sum(map(exp, z))) - log(sum(pulls) / len(pulls)), 4) if pulls else None


def negatives_only_below(similarities, positive, temperature):
    z = [s / temperature for s in similarities]
    pulls = [v for v, p in zip(z, positive, strict=True) if p]
    pushes = [exp(v) for v, p in zip(z, positive, strict=True) if not p]
    return round(log(sum(pushes)) - sum(pulls) / len(pulls), 4)


def sum_over_positives(similarities, positive, temperature):
    z = [s / temperature for s in similarities]
    top = max(z)
    push = top + log(sum(exp(v - top) for v in z))
    return round(sum(push - v for v, p in zip(z, positive, strict=True) if p), 4)


def to_the_truth(rules, network, labels):
    same = [r == y for r, y in zip(rules, labels, strict=True)]
    wrong = [s for s, n, y in zip(same, network, labels, strict=True) if n != y]
    return sum(same) / len(same), sum(wrong) / len(wrong) if wrong else None


def none_is_an_agreement(rules, network, labels):
    same = [r == n for r, n in zip(rules, network, strict=True)]
    wrong = [s for s, n, y in zip(same, network, labels, strict=True) if n != y]
    return sum(same) / len(same), sum(wrong) / len(wrong) if wrong else None


def zero_for_none(rules, network, labels):
    whole, wrong = none_is_an_agreement(rules, network, labels)
    return whole, wrong or 0.0


def only_overall(rules, network, labels):
    return none_is_an_agreement(rules, network, labels)[0]


def share_of_all(one, other):
    return sum(a and b for a, b in zip(one, other, strict=True)) / len(one)


def share_equal(one, other):
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)


def no_silent_neurons(one, other):
    either = sum(a or b for a, b in zip(one, other, strict=True))
    return sum(a and b for a, b in zip(one, other, strict=True)) / either


def only_the_dead(one, other):
    if not any(one) or not any(other):
        return 0.0
    return no_silent_neurons(one, other)


def straight_line(done, low, high):
    return (done - low) / (high - low)


def clipped_line(done, low, high):
    return min(1.0, max(0.0, (done - low) / max(high - low, 1e-9)))


def clock_from_low(done, low, high):
    return 0.0 if done < low else min(1.0, done / max(high, 1e-9))


def best_of_all(looks, patience):
    best = max(range(len(looks)), key=lambda i: (looks[i][0], -looks[i][1]))
    return best, min(best + patience, len(looks) - 1)


def accuracy_only(looks, patience):
    best = 0
    for i, look in enumerate(looks):
        best = i if look[0] > looks[best][0] else best
        if i - best >= patience:
            return best, i
    return best, len(looks) - 1


def later_of_equals(looks, patience):
    best = 0
    for i, (accuracy, size) in enumerate(looks):
        best = i if (accuracy, -size) >= (looks[best][0], -looks[best][1]) else best
        if i - best >= patience:
            return best, i
    return best, len(looks) - 1


def never_stops(looks, patience):
    best = max(range(len(looks)), key=lambda i: (looks[i][0], -looks[i][1]))
    return best, len(looks) - 1


def first_rule_only(rules, bits, target):
    for label, body in rules:
        if label == target:
            return [name for name, wanted in body.items() if bits.get(name, False) != wanted]


def absent_only(rules, bits, target):
    lacking = [[n for n in body if not bits.get(n)] for label, body in rules if label == target]
    return min(lacking, key=len) if lacking else None


def none_as_empty(rules, bits, target):
    lacking = [
        [n for n, wanted in body.items() if bits.get(n, False) != wanted]
        for label, body in rules
        if label == target
    ]
    return min(lacking, key=len, default=[])


def any_wrong_bit(program, seen, truth, label):
    if program(seen) == label:
        return "right"
    return "bits" if any(seen[name] != so for name, so in truth.items()) else "rules"


def only_what_is_known(program, seen, truth, label):
    if program(seen) == label:
        return "right"
    return "bits" if program(truth) == label else "rules"


def never_right(program, seen, truth, label):
    return "bits" if program(seen | truth) == label else "rules"


def shares_of_concepts_only(heat, mask, concepts):
    cut = sorted(heat)[len(heat) // 2]
    kept = [h if h >= cut else 0 for h in heat]
    inside = [
        sum(h for h, m in zip(kept, mask, strict=True) if m == c + 1) for c in range(concepts)
    ]
    return [h / sum(inside) for h in inside] if sum(kept) else None


def shares_above_the_cut(heat, mask, concepts):
    cut = sorted(heat)[len(heat) // 2]
    kept = [h if h > cut else 0 for h in heat]
    inside = [
        sum(h for h, m in zip(kept, mask, strict=True) if m == c + 1) for c in range(concepts)
    ]
    return [h / sum(kept) for h in inside] if sum(kept) else None


def shares_without_a_cut(heat, mask, concepts):
    whole = sum(heat)
    if not whole:
        return None
    pairs = list(zip(heat, mask, strict=True))
    return [sum(h for h, m in pairs if m == c + 1) / whole for c in range(concepts)]


def shares_cut_before_sorting(heat, mask, concepts):
    cut = heat[len(heat) // 2]
    kept = [h if h >= cut else 0 for h in heat]
    return shares_without_a_cut(kept, mask, concepts)


def numbers_of_one_neuron(names):
    return ["_".join(f"{c}1" for c in concepts) or None for concepts in names]


def empty_texts(names):
    return [text or "" for text in learn.exercise("naming.written").solution_code(names)]


def one_counter(names):
    texts = ["_".join(f"{c}{n}" for c in concepts) for n, concepts in enumerate(names, 1)]
    return [text or None for text in texts]


def over_all_classes(neuron, cue, labels):
    on = [n for n, c in zip(neuron, cue, strict=True) if c]
    off = [n for n, c in zip(neuron, cue, strict=True) if not c]
    return sum(on) / len(on) - sum(off) / len(off)


def every_class_counts(neuron, cue, labels):
    steps = []
    for label in sorted(set(labels)):
        rows = [i for i, y in enumerate(labels) if y == label]
        on = [neuron[i] for i in rows if cue[i]]
        off = [neuron[i] for i in rows if not cue[i]]
        steps.append(sum(on) / max(len(on), 1) - sum(off) / max(len(off), 1))
    return sum(steps) / len(steps)


def only_with_the_cue(neuron, cue, labels):
    on = [n for n, c in zip(neuron, cue, strict=True) if c]
    return sum(on) / len(on)


def without_signs(neuron, cue, labels):
    steps = []
    for label in sorted(set(labels)):
        rows = [i for i, y in enumerate(labels) if y == label]
        on = [neuron[i] for i in rows if cue[i]]
        off = [neuron[i] for i in rows if not cue[i]]
        if on and off:
            steps.append(abs(sum(on) / len(on) - sum(off) / len(off)))
    return sum(steps) / len(steps) if steps else None


def two_exceptions_deep(rules, forbidden):
    found = set()
    for i, rule in enumerate(rules, 1):
        below = [a for e in rule["unless"] for a in e["unless"]]
        for part in [rule, *rule["unless"], *below]:
            found |= {(i, n) for n in part["reads"] if n in forbidden}
    return sorted(found)


def bodies_only(rules, forbidden):
    return sorted(
        (i, n) for i, rule in enumerate(rules, 1) for n in set(rule["reads"]) & set(forbidden)
    )


def first_exceptions_only(rules, forbidden):
    found = set()
    for i, rule in enumerate(rules, 1):
        for part in [rule, *rule["unless"]]:
            found |= {(i, n) for n in part["reads"] if n in forbidden}
    return sorted(found)


def from_zero(rules, forbidden):
    def read(rule):
        return set(rule["reads"]).union(*map(read, rule["unless"]))

    return sorted((i, n) for i, rule in enumerate(rules) for n in read(rule) & set(forbidden))


def sharpens_before_centring(scores, centre, temperature):
    z = [s / temperature - c for s, c in zip(scores, centre, strict=True)]
    up = [exp(v - max(z)) for v in z]
    return [round(v / sum(up), 4) for v in up]


def plain_softmax(scores, centre, temperature):
    if temperature <= 0:
        raise ValueError
    up = [exp((s - c) / temperature) for s, c in zip(scores, centre, strict=True)]
    return [round(v / sum(up), 4) for v in up]


def without_temperature(scores, centre, temperature):
    up = [exp(s - c - max(scores)) for s, c in zip(scores, centre, strict=True)]
    return [round(v / sum(up), 4) for v in up]


def rounds_on_the_way(student, momentum):
    teacher, path = student[0], []
    for weight in student:
        teacher = round(momentum * teacher + (1 - momentum) * weight, 4)
        path.append(teacher)
    return path


def shares_swapped(student, momentum):
    teacher, path = student[0], []
    for weight in student:
        teacher = (1 - momentum) * teacher + momentum * weight
        path.append(round(teacher, 4))
    return path


def with_itself_too(alike, symbols, v):
    n = len(symbols)
    pairs = [(a, b) for a in range(n) for b in range(n)]
    within = [alike[a][b] for a, b in pairs if symbols[a] == symbols[b] == v]
    across = [alike[a][b] for a, b in pairs if (symbols[a] == v) != (symbols[b] == v)]
    return round(sum(within) / len(within) - sum(across) / len(across), 4)


def within_alone(alike, symbols, v):
    own = [k for k, s in enumerate(symbols) if s == v]
    pairs = [alike[a][b] for a in own for b in own if a < b]
    return round(sum(pairs) / len(pairs), 4)


def all_other_pairs(alike, symbols, v):
    n = len(symbols)
    pairs = [(a, b) for a in range(n) for b in range(a + 1, n)]
    within = [alike[a][b] for a, b in pairs if symbols[a] == symbols[b] == v]
    across = [alike[a][b] for a, b in pairs if not symbols[a] == symbols[b] == v]
    return round(sum(within) / len(within) - sum(across) / len(across), 4)


def mean_on_the_object(weights, shows):
    on = [w for w, there in zip(weights, shows, strict=True) if there]
    return round(sum(on) / len(on) / sum(weights), 4)


def shares_of(symbols):
    return [symbols.count(s) / len(symbols) for s in set(symbols)]


def squared_to_rows(h, codebook):
    return [sum((a - b) ** 2 for a, b in zip(h, row, strict=True)) for row in codebook]


def sum_for_mean(h, codebook, beta):
    squared = squared_to_rows(h, codebook)
    return squared.index(min(squared)), round((1 + beta) * min(squared), 4)


def last_of_equals(h, codebook, beta):
    squared = squared_to_rows(h, codebook)
    best = max(j for j, value in enumerate(squared) if value == min(squared))
    return best, round((1 + beta) * min(squared) / len(h), 4)


def the_last_draw(scores, noise):
    noisy = [s - log(-log(u)) for s, u in zip(scores, noise, strict=True)]
    return max(range(len(noisy)), key=lambda j: (noisy[j], j))


def endless_noise(scores, noise):
    noisy = [s - (log(-log(u)) if u < 1 else -99) for s, u in zip(scores, noise, strict=True)]
    return noisy.index(max(noisy))


def commitment_alone(h, codebook, beta):
    squared = squared_to_rows(h, codebook)
    return squared.index(min(squared)), round(beta * min(squared) / len(h), 4)


def first_k_vote(near, labels, k, temperature):
    votes = {}
    for i in sorted(range(len(near)), key=lambda i: -near[i])[:k]:
        votes[labels[i]] = votes.get(labels[i], 0.0) + exp(near[i] / temperature)
    return max(sorted(votes), key=votes.get)


def votes_alike(near, labels, k, temperature):
    last = sorted(near, reverse=True)[k - 1]
    voters = [y for c, y in zip(near, labels, strict=True) if c >= last]
    return max(sorted(set(voters)), key=voters.count)


def everybody_votes(near, labels, k, temperature):
    return max(sorted(set(labels)), key=labels.count)


def one_answer_a_class(symbols, labels):
    pairs = [(symbols.count(s), s) for s in set(symbols)]
    right, taken = 0, set()
    for _, symbol in sorted(pairs, reverse=True):
        mine = [y for s, y in zip(symbols, labels, strict=True) if s == symbol]
        free = [y for y in mine if y not in taken]
        if free:
            best = max(sorted(set(free)), key=free.count)
            taken.add(best)
            right += free.count(best)
    return round(right / len(labels), 4)


def commonest_of_all(symbols, labels):
    return round(max(map(labels.count, labels)) / len(labels), 4)


def bags_for_sequences(symbols, labels):
    def bag(symbol):
        return tuple(sorted(symbol)) if isinstance(symbol, tuple) else symbol

    right = 0
    for symbol in {bag(s) for s in symbols}:
        mine = [y for s, y in zip(symbols, labels, strict=True) if bag(s) == symbol]
        right += max(mine.count(y) for y in mine)
    return round(right / len(labels), 4)


def softmax_of(scores):
    raised = [exp(s) for s in scores]
    return [round(r / sum(raised), 4) for r in raised]


def mask_after_softmax(scores):
    rows = [softmax_of(row) for row in scores]
    return [[w if j <= i else 0.0 for j, w in enumerate(row)] for i, row in enumerate(rows)]


def without_own_place(scores):
    return [
        softmax_of(row[:i]) + [0.0] * (len(row) - i) if i else [0.0] * len(row)
        for i, row in enumerate(scores)
    ]


def tokens_every_step(length, tokens, kept):
    return (length if kept else length * (length + 1) // 2), length * tokens


WRONG = {
    "bias.high_accuracy": [
        ("a", "same source"),
        ("c", "noisy bed bit"),
        ("d", "happens to fit"),
    ],
    "bias.mixed_neuron": [
        ("a", "it was the same neuron"),
        ("c", "not among the columns"),
        ("d", "the network stays"),
    ],
    "bias.follows": [
        (over_all_classes, "Cue and class never part"),
        (every_class_counts, "Cue and class never part"),
        (only_with_the_cue, "Cue and class never part"),
        (without_signs, "the sign counts"),
    ],
    "bias.violations": [
        (bodies_only, "by its exception"),
        (first_exceptions_only, "the exception of an exception"),
        (two_exceptions_deep, "three exceptions down"),
        (from_zero, "Only rule 1 reads neuron 2"),
    ],
    "naming.lot": [
        ("a", "prefers what is large"),
        ("c", "six times"),
        ("d", "Nothing in the procedure"),
    ],
    "naming.class": [
        ("a", "bedroom detector"),
        ("b", "may be one"),
        ("d", "no pair to compare"),
    ],
    "naming.shares": [
        (shares_of_concepts_only, "background counts"),
        (shares_above_the_cut, "what equals the cut stays"),
        (shares_without_a_cut, "are set to 0"),
        (shares_cut_before_sorting, "Sorted: 1, 2, 6, 8"),
    ],
    "naming.written": [
        (numbers_of_one_neuron, "run over all neurons"),
        (one_counter, "for each concept on its own"),
        (empty_texts, "No concepts: None"),
    ],
    "together.stuck": [
        ("a", "would get a much larger share"),
        ("c", "only one: any common direction"),
        ("d", "sits on a known value"),
    ],
    "together.ideal": [
        ("a", "labels are all they see"),
        ("c", "a cosine above 0"),
        ("d", "entropy is largest"),
    ],
    "together.strength": [
        (straight_line, "none below 0"),
        (clipped_line, "full weight at once"),
        (clock_from_low, "Half-way between low and high"),
    ],
    "together.best_look": [
        (accuracy_only, "the smaller wins"),
        (later_of_equals, "the earlier stays"),
        (best_of_all, "it was never taken"),
        (never_stops, "it was never taken"),
    ],
    "quickstart.binarize": [
        (lambda C: C > 0.5, "Exactly 0.5 counts as true"),
        (lambda C: np.round(C).astype(bool), "Rounding won't do"),
        (no_nan_check, "NaN is neither yes nor no"),
        (nan_counts_as_off, "expected: a ValueError"),
        (asserts, "got: AssertionError"),
        (a_list, "got: a list"),
        (one_for_all, "of shape (2,)"),
        (in_place, "work on a copy"),
        (np.zeros((2, 2)), "not a function"),
    ],
    "quickstart.apply_rule": [
        (lambda bits: bits["bed"], "`not ab1(X)` blocks"),
        (lambda bits: bits["bed"] and not bits["desk"], "The pillow undoes the exception"),
        (lambda bits: bits["bed"] and bits["pillow"], "A bed, no desk"),
        (lambda bits: bits["bed"] and (bits["pillow"] and bits["desk"]), "Without a desk"),
        (
            lambda bits: bits["bed"] and not (bits["desk"] and not bits["pillow"]),
            "What isn't in the facts is false",
        ),
        (lambda bits: not (bits.get("desk") and not bits.get("pillow")), "Without a bed"),
        (lambda bits: "bedroom" if bits.get("bed") else "other", "got: 'bedroom'"),
        (lambda bits: print(end=""), "Is there a `return`?"),
    ],
    "quickstart.exception": [
        ("a", "The comma means and"),
        ("c", "can't conclude the opposite"),
        ("d", "not a statement that it is false"),
        ("e", "one of the letters a, b, c, d"),
        (2, "This is an int"),
    ],
    "logic_programs.add_a_fact": [
        ("a", "what ab1 said changes too"),
        ("c", "could not be derived before"),
        ("d", "They can't both hold"),
    ],
    "logic_programs.how_many": [
        ("a", "passes the constraint"),
        ("c", "without the last line"),
        ("d", "doesn't justify itself"),
        (1, "This is an int"),
    ],
    "logic_programs.consequences": [
        (
            lambda rules, facts: {h for h, body in rules if set(body) <= set(facts)},
            "The facts belong",
        ),
        (
            lambda rules, facts: set(facts) | {h for h, b in rules if any(a in facts for a in b)},
            "The comma means and",
        ),
        (one_pass, "one pass is not enough"),
        (lambda rules, facts: sorted(facts), "expected: {"),
        (lambda rules, facts: {h for h, _ in rules} | set(facts), "The comma means and"),
    ],
    "logic_programs.is_answer_set": [
        (lambda program, guess: True, "bedroom follows but is not in the guess"),
        (is_model, "A circle supports nothing"),
        (lambda program, guess: False, "so the rule stays"),
        (lambda program, guess: guess, "got: {"),
    ],
    "literals.missing": [
        ("a", "would not be complements"),
        ("c", "is no number, not 0"),
        ("d", "never hold together"),
    ],
    "literals.copies": [
        ("a", "weighs the heaps by their sizes"),
        ("b", "grow by the same factor"),
        ("c", "the other way round"),
    ],
    "literals.score": [
        (other_pairs, "expected: -3.873"),
        (never_none, "Wrong on 9 of 10 rows"),
        (strictly_right, "expected: -5.605"),
        (odds_for_accuracy, "wrong on 70 of 100 rows"),
        (both_conditions, "expected: -29.155"),
        (lambda tp, fn, fp, tn: np.sqrt(tp * fp), "expected: -3.873"),
    ],
    "literals.running_counts": [
        (unsorted_counts, "the thresholds must"),
        (counts_again, "Equal numbers are one threshold"),
        (counts_per_row, "Equal numbers are one threshold"),
    ],
    "running_and_explaining.which_rule": [
        ("a", "with a television and a desk ab1 holds"),
        ("b", "there is a bed"),
        ("d", "The rules below are still tried"),
    ],
    "running_and_explaining.right_for_a_false_reason": [
        ("a", "The bit was on"),
        ("c", "the same false bit"),
        ("d", "never given a true bit"),
    ],
    "running_and_explaining.first_rule": [
        (body_only, "The exception holds"),
        (flat_exceptions, "exception to the exception"),
        (any_exception_stops, "The exception holds and stops the first rule"),
        (lambda rules, bits, default: default, "A bed, no suitcase"),
        (lambda rules, bits, default: all(bits[n] for n in rules[0]["if"]), "KeyError"),
    ],
    "running_and_explaining.fewest_changes": [
        (one_flip, "expected: ['bed', 'desk']"),
        (lambda answer, bits, target: sorted(bits), "A bed is all that is missing"),
        (flip_in_place, "work on a copy"),
        (never_empty, "nothing to change"),
    ],
    "case_study.small_flip": [
        ("a", "The rules may be wrong"),
        ("c", "can be perfect"),
        ("d", "its class"),
    ],
    "case_study.too_late": [
        ("a", "both there"),
        ("c", "by a falsehood"),
        ("d", "Two rules fire"),
    ],
    "case_study.what_was_missing": [
        (first_rule_only, "The first rule lacks two things"),
        (absent_only, "`not stove` fails"),
        (none_as_empty, "No rule says bathroom"),
    ],
    "case_study.whose_fault": [
        (any_wrong_bit, "Three bits are wrong"),
        (only_what_is_known, "KeyError"),
        (never_right, "A right answer is no error"),
    ],
    "rules_and_exceptions.swapped": [
        ("a", "an exception must spare them"),
        ("b", "needs no exception for it"),
        ("d", "nothing to tell apart"),
    ],
    "rules_and_exceptions.ratio_zero": [
        ("a", "may leave positives uncovered"),
        ("b", "It can have many"),
        ("c", "negatives that were let in"),
    ],
    "rules_and_exceptions.fires": [
        (bare_body, "The exception fires"),
        (one_level, "The rocket blocks the exception"),
        (any_name_of_an_exception, "All names of an exception's body"),
        (lambda rule, facts: False, "the default holds"),
    ],
    "rules_and_exceptions.fold": [
        (fold_without_complement, "Birds unless penguins"),
        (fold_as_not, "The complement of `not wild`"),
        (fold_first, "An exception of two literals stays"),
        (fold_all_short, "An exception with exceptions of its own"),
        (fold_while_removing, "skips one"),
    ],
    "layer.longer_weights": [
        ("a", "those below shrink"),
        ("c", "Dividing by the length would"),
        ("d", "their sum keeps its sign"),
    ],
    "layer.how_many": [
        ("a", "A needs far fewer"),
        ("c", "on for it, off for the others"),
        ("d", "only 32 codes"),
    ],
    "layer.bits": [
        (forgets_the_bias, "the bias moves the plane"),
        (strictly_above_the_plane, "Exactly on the plane"),
        (sigmoid_by_exp, "an exponential would overflow"),
        (lambda features, weights, bias: weights[0][0] > 0, "got: True"),
    ],
    "layer.top_pictures": [
        (reversed_argsort, "the smaller number first"),
        (by_row, "expected: [4, 1]"),
        (last_k, "expected: [4, 1]"),
        (lambda activations, neuron, k: int(activations[:, neuron].argmax()), "expected: [4, 1]"),
    ],
    "symbol_maps.kept": [
        ("a", "move the sum and not the choice"),
        ("c", "about the whole picture, too"),
        ("d", "Nobody looked"),
    ],
    "symbol_maps.everyone": [
        ("a", "the same region"),
        ("c", "theirs look the same"),
        ("d", "only where the decoder looked"),
    ],
    "symbol_maps.gain": [
        (with_itself_too, "the one pair of fives"),
        (within_alone, "the one pair of fives"),
        (all_other_pairs, "expected: 0.5"),
    ],
    "symbol_maps.surplus": [
        (
            lambda w, s: round(sum(x for x, t in zip(w, s, strict=True) if t) - sum(s) / len(s), 4),
            "no opinion",
        ),
        (
            lambda w, s: round(sum(x for x, t in zip(w, s, strict=True) if t) / sum(w), 4),
            "no opinion",
        ),
        (mean_on_the_object, "no opinion"),
    ],
    "supcon.two_views": [
        ("a", "both copies of picture 1 count"),
        ("c", "not its own positive"),
        ("d", "Its own other copy is a positive"),
    ],
    "supcon.shrunk": [
        ("a", "divides by the length"),
        ("c", "no activation is above 0.4"),
        ("d", "not in angle"),
    ],
    "supcon.positives": [
        (with_itself, "one positive each"),
        (classes_counted, "one positive each"),
        (neighbours_only, "equal labels need not be neighbours"),
    ],
    "supcon.one_anchor": [
        (as_the_formula_stands, "OverflowError"),
        (mean_inside_the_log, "outside the logarithm"),
        (negatives_only_below, "One positive and two negatives"),
        (sum_over_positives, "ln(4)"),
    ],
    "many_classes.order": [
        ("a", "the first rule decides before"),
        ("c", "kitchens may have more lamps"),
        ("d", "The arrow points the other way"),
    ],
    "many_classes.tail": [
        ("a", "more than one row"),
        ("b", "43 a rule, 200 a class"),
        ("d", "more than the 43"),
    ],
    "many_classes.answer": [
        (last_that_fires, "The first that fires"),
        (forbids_nothing, "The bed forbids the first rule"),
        (any_needed, "All needed names must hold"),
        (all_forbidden, "One forbidden name is enough"),
    ],
    "many_classes.admit": [
        (lambda tp, fn, fp, tn: (tp + tn >= fp + fn,) * 2, "likelier among the positives"),
        (lambda tp, fn, fp, tn: (tp + tn > fp + fn, tp * tn > fp * fn), "Equality is allowed"),
        (odds_by_division, "ZeroDivisionError"),
        (lambda tp, fn, fp, tn: (tp > fp, tp * tn >= fp * fn), "expected: (True, False)"),
    ],
    "symbol_decoder.whose_query": [
        ("b", "the picture would read the text"),
        ("c", "teacher's self-attention"),
        ("d", "the other half of the block"),
    ],
    "symbol_decoder.who_changes": [
        ("a", "read the symbol that it wrote"),
        ("c", "hides position 3"),
        ("d", "reaches further back"),
    ],
    "symbol_decoder.causal": [
        (mask_after_softmax, "only itself"),
        (lambda scores: [softmax_of(row) for row in scores], "only itself"),
        (without_own_place, "only itself"),
    ],
    "symbol_decoder.work": [
        (lambda length, tokens, kept: (length, tokens), "1 + 2 + 3 + 4"),
        (lambda length, tokens, kept: (1 if kept else length, tokens), "1 + 2 + 3 + 4"),
        (tokens_every_step, "the tokens once for all four"),
    ],
    "discrete_symbols.cold": [
        ("a", "falls faster than 1 / T"),
        ("b", "0.88 and 0.12"),
        ("d", "never means less weight"),
    ],
    "discrete_symbols.second_best": [
        ("a", "taken through the blend"),
        ("c", "added and subtracted"),
        ("d", "takes part in the softmax"),
    ],
    "discrete_symbols.draw": [
        (lambda z, u: z.index(max(z)), "larger noise"),
        (lambda z, u: max(range(len(z)), key=lambda j: z[j] + u[j]), "not u"),
        (lambda z, u: u.index(max(u)), "the best wins"),
        (the_last_draw, "the first"),
        (endless_noise, "raise a ValueError"),
    ],
    "discrete_symbols.perplexity": [
        (lambda s: round(-sum(p * log(p) for p in shares_of(s)), 4), "not the entropy"),
        (lambda s: float(len(set(s))), "between 1 and 2"),
        (lambda s: round(1 / sum(p * p for p in shares_of(s)), 4), "between 1 and 2"),
    ],
    "discrete_symbols.nearest": [
        (sum_for_mean, "over two numbers is 0.5"),
        (last_of_equals, "the first counts"),
        (commitment_alone, "over two numbers is 0.5"),
    ],
    "probing.four_symbols": [
        ("a", "worth more than guessing"),
        ("c", "the same symbol, the same answer"),
        ("d", "chance among four classes"),
    ],
    "probing.first_twenty": [
        ("a", "They are the first twenty"),
        ("c", "stop at twenty"),
        ("d", "makes it dangerous"),
    ],
    "probing.vote": [
        (first_k_vote, "asks the first one only"),
        (votes_alike, "Votes are weighted"),
        (everybody_votes, "Only the nearest votes"),
    ],
    "probing.ceiling": [
        (one_answer_a_class, "two symbols may be answered"),
        (commonest_of_all, "answered with class 5"),
        (bags_for_sequences, "(1, 2) is not (2, 1)"),
    ],
    "symbol_rules.anywhere": [
        ("a", "one table for all positions"),
        ("c", "asks everywhere"),
        ("d", "cannot know that the eight differ"),
    ],
    "symbol_rules.look_up": [
        ("b", "composes nothing"),
        ("c", "cover enough pictures"),
        ("d", "the same answer for the same symbol"),
    ],
    "symbol_rules.answer": [
        (any_literal, "No rule holds"),
        (never_under_not, "there is no 4"),
        (wherever_it_stands, "not first"),
        (last_rule_wins, "The first one answers"),
    ],
    "symbol_rules.gain": [
        (gain_over_all, "within a class nothing can be told"),
        (gain_of_classes_alike, "two pictures of 7"),
        (without_sign, "may be negative"),
    ],
    "entropy.at_one_half": [
        ("a", "on the top of the hill"),
        ("c", "the sigmoid wins"),
        ("d", "depends on where a neuron stands"),
    ],
    "entropy.which_neuron": [
        ("a", "0.99 is more certain"),
        ("b", "nearly a toss"),
        ("d", "before you look"),
    ],
    "entropy.from_logit": [
        (entropy_of_the_sigmoid, "exp(-z) overflows"),
        (entropy_in_bits, "ln 2"),
        (softplus_of_z, "work with exp(-abs(z))"),
        (lambda z: float(f"{nats(1 / (1 + math.exp(-abs(z)))):.6g}"), "loses its digits"),
        (lambda z: z * z, "0.693"),
    ],
    "entropy.information": [
        (lambda c: round(nats(sum(c) / len(c)), 4), "always undecided"),
        (lambda c: round(sum(map(nats, c)) / len(c), 4), "on for half of them"),
        (lambda c: round(nats(sum(c) / len(c)) - sum(map(nats, c)), 4), "tells nothing either"),
        (lambda c: -c[0] * math.log(c[0]), "Sure of each picture"),
    ],
    "self_distillation.stuck": [
        ("a", "has not moved below"),
        ("c", "the loss would be near 0"),
        ("d", "points back to uniform"),
    ],
    "self_distillation.both_trained": [
        ("b", "need not be hit"),
        ("c", "cheaper agreement"),
        ("d", "both lower it"),
    ],
    "self_distillation.teacher_says": [
        (sharpens_before_centring, "before the division"),
        (plain_softmax, "Subtract the largest"),
        (without_temperature, "Divide by the temperature"),
    ],
    "self_distillation.teacher_path": [
        (rounds_on_the_way, "not what you go on with"),
        (shares_swapped, "A tenth of the way"),
        (lambda student, momentum: student, "A tenth of the way"),
        (lambda student, momentum: [student[0]] * len(student), "A tenth of the way"),
    ],
    "sparsity.twice_as_wide": [
        ("a", "twice as large"),
        ("c", "if the new neurons were all off"),
        ("d", "does not notice"),
    ],
    "sparsity.half_as_loud": [
        ("a", "cannot notice"),
        ("b", "compares directions only"),
        ("d", "near one half they have the most"),
    ],
    "sparsity.hoyer": [
        (hoyer_without_root, "as sparse as can be"),
        (hoyer_of_active, "the neurons that are off count too"),
        (hoyer_with_zero, "expected: a ValueError"),
        (lambda code: 1.0, "All alike"),
    ],
    "sparsity.tipping_point": [
        (lambda beta, gamma, neurons, reduction: 0.5, "The sigmoid of 1"),
        (lambda b, g, n, r: round(1 / (1 + math.exp(-g / b)), 4), "4 times as strong"),
        (tips, "there is no tipping point"),
        (lambda b, g, n, r: g / b, "Entropy alone"),
    ],
    "vit.shuffled": [
        ("a", "the same"),
        ("c", "its token moves with it"),
        ("d", "computed from the patch tokens"),
    ],
    "vit.twice_the_side": [
        ("a", "patches fill an area"),
        ("b", "the number of tokens"),
        ("d", "computed from"),
    ],
    "vit.patches": [
        (row_by_row, "A patch is a square, not a stretch of a row"),
        (cuts_off, "nothing may be cut off"),
        (down_first, "the second patch is to the right"),
        (lambda picture, side: np.zeros((4, 4)), "A patch is a square"),
    ],
    "vit.collect": [
        (plain_mean, "Divide by the square root of d"),
        (no_root, "Divide by the square root of d"),
        (overflows, "subtract the largest match first"),
        (no_sum, "A query of zeros matches all alike"),
    ],
    "pictures.good_probe": [
        ("a", "only the class would give the same number"),
        ("c", "doesn't follow either"),
        ("d", "measured on held-out pictures"),
    ],
    "pictures.near_copies": [
        ("b", "nearly the same picture"),
        ("c", "New signs are the hard case"),
        ("d", "one of the letters a, b, c"),
    ],
    "pictures.visible": [
        (lambda mask, concepts, share: seen(mask, concepts, share, first=0), "written k + 1"),
        (lambda mask, concepts, share: seen(mask, concepts, share, strict=True), "Concept k is"),
        (of_all_objects, "The share is one of all pixels"),
        (lambda mask, concepts, share: seen(mask, 3, share), "expected: [False, True]"),
    ],
    "pictures.auc_within": [
        (auc_of_all, "knows only the class ties"),
        (lambda s, b, c: auc_by_class(s, b, c, empty=0.5), "that class is left out"),
        (lambda s, b, c: auc_by_class(s, b, c, empty=0.0), "that class is left out"),
        (lambda s, b, c: 1.0, "knows only the class ties"),
    ],
    "fidelity.levels": [
        ("a", "the same side of the cut"),
        ("c", "tells bathrooms from the others"),
        ("d", "one cut has two sides"),
    ],
    "fidelity.chance": [
        ("a", "mostly say one"),
        ("c", "always answering bedroom"),
        ("d", "they do agree"),
    ],
    "fidelity.fidelity": [
        (to_the_truth, "expected: (0.5, 0.0)"),
        (none_is_an_agreement, "No answer agrees with nothing"),
        (zero_for_none, "not a division by zero"),
        (only_overall, "expected: (0.5, 0.0)"),
    ],
    "fidelity.jaccard": [
        (share_of_all, "with none is left out"),
        (share_equal, "with none is left out"),
        (no_silent_neurons, "ZeroDivisionError"),
        (only_the_dead, "as silent as never on"),
    ],
}


def right_answer(ex):
    return ex.right if isinstance(ex, learn.Predict) else ex.solution_code


@pytest.mark.parametrize("name", learn.names())
def test_solution_passes(name):
    ex = learn.exercise(name)
    result = ex.check(right_answer(ex), strict=True)
    assert result.passed and result.message


@pytest.mark.parametrize("name", learn.names())
def test_nothing_and_the_stub_fail(name):
    ex = learn.exercise(name)
    assert "no answer yet" in ex.check().message
    if isinstance(ex, learn.Build):
        assert "isn't written yet" in ex.check(ex.stub).message
        taken, wanted = (inspect.signature(f) for f in (ex.solution_code, ex.stub))
        assert taken == wanted and ex.stub.__name__ == ex.solution_code.__name__
        assert ex.stub.__doc__


@pytest.mark.parametrize("name", learn.names())
def test_wrong_answers_fail_with_a_helpful_message(name):
    assert len(WRONG.get(name, ())) >= 3, f"add plausible wrong answers of {name} to WRONG"
    ex = learn.exercise(name)
    for answer, said in WRONG[name]:
        result = ex.check(answer)
        assert not result.passed, f"{name}: {said}"
        assert said in result.message


@pytest.mark.parametrize("name", learn.names())
def test_every_case_and_option_explains_itself(name):
    ex = learn.exercise(name)
    if isinstance(ex, learn.Build):
        assert len(ex.cases) >= 3
        assert all(case.why for case in ex.cases)
    else:
        assert len({option.feedback for option in ex.options}) == len(ex.options)


@pytest.mark.parametrize("name", learn.names())
def test_card_hints_and_solution(name):
    ex = learn.exercise(name)
    assert len(ex.hints) >= 2 and ex.reason and ex.minutes > 0
    tree = parse(ex.repr_html())
    assert ex.title in tree.text
    for _ in ex.hints:
        parse(ex.hint().repr_html())
    assert ex.reason.split("`")[0].strip() in parse(ex.solution().repr_html()).text


def test_wrong_answers_belong_to_exercises():
    assert set(WRONG) <= set(learn.names())
