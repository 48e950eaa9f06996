"""An explanation as a folding tree in plain HTML: no script, no outside file, all text escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .names import printable

if TYPE_CHECKING:
    from .explain import Explanation, RuleTrace


def explanation_html(explanation: Explanation) -> str:
    """The page piece; colours come from the page, marks and words carry the meaning."""
    label = "no answer" if explanation.label is None else printable(explanation.label)
    by = "the default: no rule fires" if explanation.fired is None else explanation.fired.name
    parts = [
        '<div class="nesy-explanation">',
        f"<p><strong>{escape(label)}</strong>, by {escape(by)}</p>",
    ]
    if explanation.fired is not None:
        parts.append(rule_html(explanation.fired, opened=True))
    if explanation.failed:
        parts.append(f"<details><summary>{len(explanation.failed)} tried before</summary>")
        parts += [rule_html(rule) for rule in explanation.failed]
        parts.append("</details>")
    parts.append("</div>")
    return "\n".join(parts)


def rule_html(rule: RuleTrace, opened: bool = False) -> str:
    state = ("fires" if rule.fires else "does not fire") if rule.label is not None else None
    state = state or ("holds" if rule.fires else "does not apply")
    items = [
        f"<li>{'✓' if lit.holds else '✗'} <code>{escape(lit.text)}</code> {escape(lit.words)}</li>"
        for lit in rule.literals
    ]
    items += [f"<li>{rule_html(exception)}</li>" for exception in rule.exceptions]
    return (
        f"<details{' open' if opened else ''}><summary>{escape(rule.name)} {state}: "
        f"{escape(rule.reason)}</summary>\n<code>{escape(rule.text)}</code>\n"
        f"<ul>{''.join(items)}</ul></details>"
    )
