"""The terms of a page: what they mean, at its end, and links to that from where they stand."""

import re
from collections.abc import Mapping

from markupsafe import Markup, escape
from msgspec import UNSET

from robaudit.record.schema.audit import AuditRecord

TERMS = {
    "verdict": "What all gates come to, together: pass, fail, or inconclusive, where what was "
    "measured cannot tell. Without gates there is none, and the weakest point stands in its place.",
    "gate": "A figure, and what it must reach. It fails where the whole interval lies on the wrong "
    "side of that, and is inconclusive where the interval straddles it.",
    "baseline": "An earlier audit along the same directions from the same samples. Better and "
    "worse are said of what differs from it by more than chance.",
    "ray": "A walk from one sample along one direction, in equal steps, until the class changes or "
    "the reach is passed. It starts from the sample's reference class: its label, or the "
    "prediction.",
    "reach": "How far rays are walked at most: the length of a step times their number.",
    "margin": "The distance of the first point on a ray that is in another class. Root mean square "
    "over all pixels, as a share of the pixel range, so that it means the same for small and "
    "large images.",
    "restricted mean margin": "The mean margin, in which rays that never cross count as the reach.",
    "crossing rate": "The share of rays on which the class changes within the reach.",
    "clean accuracy": "The share of unchanged samples that are classified as labelled.",
    "adjacent class": "The class at that first point.",
    "right at the start": "A sample that the model puts in its reference class. The others lie at "
    "no distance from the boundary, and their rays count as crossed at once: figures over all "
    "samples, as in the paper, tell of accuracy too.",
    "inequality (Gini)": "How unlike the classes' restricted mean margins are: 0 where all are the "
    "same, towards 1 where one class has all of it.",
    "class robustness (R_i)": "Summed margins of crossings into class i over those out of it "
    "(Eq. 3 of the paper). Above 1 the class gains more ground than it loses.",
    "level": "The rank by class robustness that the paper chooses examples by: the top 20% of "
    "classes are high, the bottom 50% low, also where they differ by no more than chance. Classes "
    "without R_i, and equals, have no level.",
    "interval": "95%, of the mean over the population that the samples were drawn from, each class "
    "weighing the same, with other samples and other directions: both are counted as drawn. Each "
    "bound is Student's after one more sample was seen, at the end of what is possible. Of figures "
    "that spread between classes, all spreads that noise could make look like what was found; of R "
    "and R_i by the jackknife.",
    "cannot be told": "Several classes seem to differ, and may not. A class is named as the worst "
    "where it lies below each other one by more than chance: all such sentences of a page "
    "together are wrong in fewer than one audit in twenty.",
}

ATTACK_TERMS = {
    "attack": "A method that looks for an adversarial example of a sample: an input close to it "
    "that the model puts in another class.",
    "budget": "How large a change may be to count, as a share of the pixel range. L-inf is the "
    "largest change of any one pixel, L2 the Euclidean length of the whole change.",
    "robust accuracy": "The share of samples that are in their reference class and for which the "
    "attack found no adversarial example within its budget.",
    "given too little": "An attack with so few steps, or queries, that it could not reach the end "
    "of its budget, or see what it can do: what it left standing may fall to the same attack.",
    "trust flag": "A sign that attacks look weaker than they should, so that the model only seems "
    "to be robust.",
}

_OLDER_INTERVAL = (
    "95%, by bootstrap over samples, with directions taken as given, as records of this age have "
    "it; those of R and R_i are several times too narrow."
)

_OTHER_WORDS = {
    "lowest robust accuracy": "robust accuracy",
    "worst class margin": "restricted mean margin",
    "rays crossed": "crossing rate",
    "accuracy": "clean accuracy",
    "gates": "gate",
    "attacks": "attack",
    "trust flags": "trust flag",
}
"""What stands on a page for a term, beside the term itself."""


def terms(record: AuditRecord) -> dict[str, str]:
    """Give what the words of a page mean, in its record."""
    older = record.inequality.worst_alike is UNSET
    return {**TERMS, "interval": _OLDER_INTERVAL} if older else TERMS


def place(term: str) -> str:
    """Name the place of a term's explanation on its page.

    >>> place("class robustness (R_i)")
    'term-class-robustness-r-i'
    """
    return "term-" + "-".join(re.findall(r"[a-z0-9]+", term.lower()))


class Glossary:
    """The explained terms of one page."""

    def __init__(self, terms: Mapping[str, str]) -> None:
        self.terms = terms
        self._known = {term.lower(): term for term in terms}

    def link(self, term: str, text: str = "") -> Markup:
        """Link a text to the explanation of what it stands for; it is the term unless given.

        Where the page does not explain that, the text stays as it is.
        """
        name = term.lower()
        known = self._known.get(_OTHER_WORDS.get(name, name))
        if known is None:
            return escape(text or term)
        link = Markup('<a class="term" href="#{}">{}</a>')
        return link.format(place(known), text or term)
