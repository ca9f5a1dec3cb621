"""The results of a data set, and of all of them together, as plain values for the pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from reproduction.agreement import as_rows, in_words
from reproduction.beyond import beyond_part, beyond_section
from reproduction.budget_table import budget_table
from reproduction.budgets import read_choices
from reproduction.claims import findings
from reproduction.compensation import compensation
from reproduction.descriptions import settings_list, what_is_done
from reproduction.experiments import Experiments
from reproduction.figures import figures
from reproduction.measures import Measures, read_measures
from reproduction.stages import Kept
from reproduction.tables import tables

Section = dict[str, Any]

_TITLES = {"mnist": "MNIST", "cifar10": "CIFAR-10", "digits": "Handwritten digits (8x8)"}
LAYOUT = 2
"""The version of the record's layout: 2 has an abstract, an agreement and a control."""

ABSTRACT = (
    'This is a reproduction of "Feedback Learning for Improving the Robustness of Neural '
    'Networks" by Chang Song, Zuoguan Wang and Hai Li, done anew from its text alone, with the '
    "paper's numbers beside ours.",
    "Feedback learning walks from training samples along random directions until the predicted "
    "class changes, makes examples a little beyond these crossings, each with the label of its "
    "sample, and goes on training the model with them; vulnerable classes get more of them "
    "(compensation).",
    "The models: Ori. is trained plainly; Adv. is trained on adversarial examples (PGD); F.L. is "
    "Ori. retrained by feedback learning; Reduced F.L. is the same without compensation, with as "
    "many samples of every class. The controls: Continued is Ori. trained on with as many plain "
    "images as F.L. has examples; Reduced, same budget is Reduced F.L. with exactly as many "
    "examples as F.L., evenly over classes.",
    "The terms: a ray is a walk from an image along one direction; its margin is the distance at "
    "which the class changes; the reach is how far rays go; the restricted mean margin counts "
    "rays that do not cross as the reach. R (Eq. 2) adds up the mean margins between all pairs of "
    "classes. R_i (Eq. 3) of a class is what crosses into it over what crosses out of it; by it "
    "a class has a level: high (robust), medium or low (vulnerable).",
)

DONE_DIFFERENTLY = (
    "Units. The paper calls its margins Euclidean, but its steps and reaches only fit root mean "
    "squares. Here they are RMS, as shares of the pixel range, and in grey levels where the paper "
    "counts those.",
    "Reference class. Margins count from the label: a misclassified sample has margin 0. So says "
    "the paper's Algorithm 1; the search that it builds on counts from the prediction.",
    "Clipping. Points on rays are clipped to the pixel range, which the paper does not mention, "
    "and so lie nearer than their nominal distance.",
    "Censoring. R and the mean margin matrix see only rays that cross. When a model improves, long "
    "margins leave the matrix, and rarely joined pairs decide. The restricted mean margin, where "
    "rays that do not cross count as the reach, and the share of rays that cross do not have that.",
    "Samples. Margins are measured on test images, since it is them that a model must not fail on; "
    "the paper measures its training samples. Examples are made of training samples, as there.",
    "Seeds. Each seed has a fifth of the test images to itself, and all of its models are "
    "measured on them, so that an interval over seeds is one over images too; the paper has one "
    "model of each kind and no intervals.",
    "Networks. The paper does not give its networks. Ours are small and trained for few epochs "
    "at the small scale. Its adversarially trained ones come from others, ours go on from Ori.",
    "Budgets. The paper says that it tuned its attacks for display, and not how. Ours are found "
    "by one rule, under which the share that holds of what Ori. classifies correctly is the "
    "paper's accuracy.",
    "R_i. Ratios of sums of few crossings vary by factors of ten between seeds; the paper "
    "gives no intervals.",
)


def section(found: Experiments, kept: Kept) -> tuple[Section, Section | None]:
    """Make the section of a data set, and that which goes beyond the paper, if any seed did."""
    return section_of(
        read_measures(found, kept),
        read_choices(kept.folder_of(found.budgets)),
        kept.made_by(found.stages),
    )


def section_of(
    measures: Measures, budgets: Mapping[str, Mapping[str, float]], made: Mapping[str, Any]
) -> tuple[Section, Section | None]:
    """Make both sections from what was measured; ``made`` says when and with what."""
    setting = measures.setting
    title = _TITLES[setting.dataset]
    shown = [*tables(measures), compensation(measures), budget_table(setting, budgets)]
    judged = findings(measures, {table["id"]: table for table in shown})
    main = {
        "id": setting.dataset,
        "title": title,
        "what": what_is_done(setting),
        "settings": settings_list(setting),
        **made,
        "seeds": list(range(setting.seeds)),
        "tables": shown,
        "figures": figures(measures),
        "agreement": as_rows(judged),
        "verdict": in_words(title, judged),
    }
    return main, beyond_part(measures, title) if setting.beyond_seeds else None


def results(
    sections: Sequence[Section],
    beyond: Sequence[Section],
    *,
    made: Mapping[str, Any],
    scale: str,
    machine: str,
    command: str,
    when: str,
) -> Section:
    """Put the sections of all data sets together; ``made`` says when and with what."""
    summary = [one["verdict"] for one in sections if one["verdict"]]
    summary += [
        f"{one['title']}. {text}"
        for one in sections
        for table in one["tables"]
        if table["id"] == "compensation"
        for text in table["reading"]
    ]
    last = beyond_section(beyond)
    summary += [f"Beyond the paper. {text}" for text in (last["what"][1:] if last else ())]
    return {
        "layout": LAYOUT,
        "title": "Feedback learning on " + " and ".join(one["title"] for one in sections),
        "command": command,
        "when": when,
        "scale": scale,
        "machine": machine,
        **made,
        "abstract": list(ABSTRACT),
        "summary": summary,
        "datasets": list(sections),
        "beyond": last,
        "limits": list(DONE_DIFFERENTLY),
    }
