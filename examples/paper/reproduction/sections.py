"""The results of a data set, and of all of them together, as plain values for the pages."""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from reproduction.budgets import read_choices
from reproduction.compensation import compensation
from reproduction.experiments import BEYOND, PAPER_MODELS, TITLES, Experiments
from reproduction.figures import fgsm_curves, figures
from reproduction.measures import Measures, read_measures
from reproduction.rendering import number_text, sentence
from reproduction.settings import Setting, attack_text
from reproduction.stages import Kept
from reproduction.tables import overview_of, tables

Section = dict[str, Any]

_TITLES = {"mnist": "MNIST", "cifar10": "CIFAR-10", "digits": "Handwritten digits (8x8)"}
_PACKAGES = ("robaudit", "numpy", "torch", "adversarial-robustness-toolbox")

LIMITS = (
    "Units. The paper calls its margins Euclidean, but its steps and reaches only fit root mean "
    "squares: with Euclidean steps of 0.02 no ray of the first Ori. on MNIST crosses. Here they "
    "are RMS, as shares of the pixel range, and in grey levels where the paper counts those.",
    "Reference class. Margins count from the label: a misclassified sample has margin 0. So says "
    "the paper's Algorithm 1; the search that it builds on counts from the prediction.",
    "Clipping. Points on rays are clipped to the pixel range, which the paper does not mention, "
    "and so lie nearer than their nominal distance.",
    "Censoring. R and the mean margin matrix see only rays that cross. When a model improves, long "
    "margins leave the matrix, and rarely joined pairs decide. The restricted mean margin, where "
    "rays that do not cross count as the reach, and the share of rays that cross do not have that.",
    "Samples. Margins are measured on test images, since it is them that a model must not fail on; "
    "the paper measures its training samples. Examples are made of training samples, as there.",
    "Networks. The paper does not give its networks. Ours are small and trained for few epochs. "
    "Its adversarially trained ones come from others, ours go on from Ori.",
    "Budgets. The paper says that it tuned its attacks for display, and not how. Ours are chosen "
    "by one rule, so that Ori. falls about as far as the paper's does.",
    "R_i. Ratios of sums of few crossings vary by factors of ten between seeds; the paper "
    "gives no intervals.",
)


def section(found: Experiments, kept: Kept) -> tuple[Section, Section | None]:
    """Make the section of a data set, and that which goes beyond the paper, if any seed did."""
    measures = read_measures(found, kept)
    setting = measures.setting
    main = {
        "id": setting.dataset,
        "title": _TITLES[setting.dataset],
        "what": _what(setting),
        "settings": _settings(setting, read_choices(kept.folder_of(found.budgets))),
        "seconds": sum(kept.seconds_of(stage) for stage in found.stages),
        "seeds": list(range(setting.seeds)),
        "tables": [*tables(measures), compensation(measures)],
        "figures": figures(measures),
    }
    return main, _beyond(measures) if setting.beyond_seeds else None


def _beyond(measures: Measures) -> Section:
    setting = measures.setting
    seeds = setting.beyond_seeds
    models = {
        name: values[:seeds]
        for name, values in measures.models.items()
        if name in (*PAPER_MODELS, *BEYOND)
    }
    some = Measures(
        setting, measures.class_names, models, measures.levels[:seeds], measures.examples
    )
    table = overview_of(
        some, list(models), f"{setting.dataset}-beyond", f"{_TITLES[setting.dataset]}: all ways"
    )
    table["reading"] = _best_of_both(some)
    figure = fgsm_curves(
        some, ("adversarial", "feedback", *BEYOND), f"{setting.dataset}-beyond-figure"
    )
    figure["title"] = f"{_TITLES[setting.dataset]}: accuracy against the strength of FGSM"
    return {"tables": [table], "figures": [figure]}


def _best_of_both(measures: Measures) -> list[str]:
    """Say how near each way comes to Adv. on gradient attacks and to F.L. on noise."""

    def means(name: str) -> tuple[float, float]:
        found = measures.models[name]
        count = len(found)
        return (
            sum(one.under_gradients for one in found) / count,
            sum(one.under_noise for one in found) / count,
        )

    gradient, noise = means("adversarial")[0], means("feedback")[1]
    behind = {}
    for name in BEYOND:
        attacked, noisy = means(name)
        behind[name] = attacked - gradient, noisy - noise
    nearest = max(behind, key=lambda name: sum(behind[name]))
    return [
        *(
            f"{TITLES[name]}: {number_text(attacked, 'points')} points against Adv. under gradient "
            f"attacks, {number_text(noisy, 'points')} against F.L. under noise."
            for name, (attacked, noisy) in behind.items()
        ),
        sentence(f"Least behind in both together: {TITLES[nearest]}"),
    ]


def beyond_section(parts: Sequence[Section]) -> Section | None:
    """Put together what goes beyond the paper on each data set."""
    if not parts:
        return None
    return {
        "id": "beyond",
        "title": "Beyond the paper",
        "what": [
            "Is there one model that keeps Adv.'s accuracy under gradient attacks and F.L.'s under "
            "noise? Five ways were tried, all on the same seeds: several rounds of search and "
            "retraining; examples along the gradients of each chosen sample besides the random "
            "ones; feedback learning on top of Adv.; going on with adversarial training with "
            "F.L.'s examples among the images, all of which are attacked; and the same where "
            "half of each batch is attacked and the other half left as it is."
        ],
        "settings": [],
        "tables": [table for part in parts for table in part["tables"]],
        "figures": [figure for part in parts for figure in part["figures"]],
    }


def results(
    sections: Sequence[Section],
    beyond: Sequence[Section],
    *,
    scale: str,
    machine: str,
    command: str,
    when: str,
) -> Section:
    """Put the sections of all data sets together."""
    summary = [
        f"{one['title']}. {' '.join(table['reading'])}"
        for one in sections
        for table in one["tables"]
        if table["id"] in ("table-3", "compensation")
    ]
    return {
        "title": "Feedback learning on " + " and ".join(one["title"] for one in sections),
        "command": command,
        "when": when,
        "scale": scale,
        "machine": machine,
        "versions": {
            "Python": platform.python_version(),
            **{name: version(name) for name in _PACKAGES},
        },
        "seconds": sum(one["seconds"] for one in sections),
        "summary": summary,
        "datasets": list(sections),
        "beyond": beyond_section(beyond),
        "limits": list(LIMITS),
    }


def _what(setting: Setting) -> list[str]:
    search, audit = setting.search, setting.audit
    seeds = "1 seed" if setting.seeds == 1 else f"{setting.seeds} seeds"
    return [
        f"{setting.images:,} training images train the network {setting.network} from scratch "
        f"(Ori.), and then adversarially (Adv.). {search.samples:,} of them are searched along "
        f"{search.directions} random orthogonal directions"
        f"{' both ways' if search.signs == 2 else ''}, {search.steps} steps of "
        f"{search.step:.4g} RMS; examples beyond the crossings retrain Ori. (F.L., Reduced F.L.), "
        "and as many plain training images its control (Continued).",
        f"All models are audited on the same {audit.samples:,} test images along the same "
        f"{audit.directions} directions, and attacked on {setting.attacked:,} of the test images. "
        f"Everything is done for {seeds}, which choose"
        f"{'s' if setting.seeds == 1 else ''} training images, weights, samples, directions and "
        "examples.",
    ]


def _settings(setting: Setting, budgets: Mapping[str, Mapping[str, float]]) -> list[dict[str, str]]:
    """List what was set, what the paper says of it, and why it was set so."""

    def row(name: str, value: object, paper: str, why: str) -> dict[str, str]:
        return {"name": name, "value": str(value), "paper": paper, "why": why}

    gray = setting.dataset != "cifar10"
    search = setting.search
    retraining = setting.retraining
    rows = [
        row("network", setting.network, "a CNN" if gray else "a ResNet", "not given in the paper"),
        row("training images", f"{setting.images:,}", "all", "scale"),
        row(
            "training",
            _phases(setting.original),
            "after Madry et al.",
            "Adam in batches of " + str(setting.batch_size),
        ),
        row(
            "adversarial training",
            f"{_phases(setting.adversarial)}, from Ori. on; PGD {setting.adversary:.4g}, "
            f"{setting.adversary_steps} steps",
            "Madry et al., 0.3, 40 steps" if gray else "Madry et al., 8/255, 7 steps",
            "scale; from scratch the small network stayed at one answer" if gray else "scale",
        ),
        row(
            "search",
            f"{search.samples:,} x {search.directions} x {search.signs}, "
            f"{search.steps} steps of {search.step:.4g}",
            "1,500 x 784 x 2, 25 steps of 0.02" if gray else "1,500 x 1,000, 63 steps of 2/255",
            "scale",
        ),
        row(
            "samples chosen of a class of high, medium, low level",
            ", ".join(f"{100 * share:.0f} %" for share in setting.shares),
            "20, 100, 150 of 150",
            "the paper's shares",
        ),
        row("examples of a sample", setting.per_sample, "40", ""),
        row(
            "retraining",
            f"{_phases((retraining,))}, the last epoch kept",
            "not given",
            "",
        ),
    ]
    for name, one in budgets.items():
        rows.append(
            row(
                f"budget: {name}",
                attack_text(name, one["budget"], setting).partition(":")[2],
                "not given",
                f"{100 * one['holds']:.1f} % of what Ori. has right holds; wanted, after the "
                f"paper's Ori.: {100 * one['wanted']:.1f} %",
            )
        )
    return rows


def _phases(phases: Sequence[Any]) -> str:
    return ", then ".join(f"{one.epochs} epochs at {one.learning_rate:g}" for one in phases)
