"""How the experiments of a data set are done, in words and as a list of settings."""

from collections.abc import Sequence
from typing import Any

from reproduction.settings import Setting


def what_is_done(setting: Setting) -> list[str]:
    """Say in words what is trained, searched and measured."""
    search, audit = setting.search, setting.audit
    seeds = "1 seed" if setting.seeds == 1 else f"{setting.seeds} seeds"
    return [
        f"{setting.images:,} training images train the network {setting.network} from scratch "
        f"(Ori.), and then adversarially (Adv.). {search.samples:,} of them are searched along "
        f"{search.directions} random orthogonal directions"
        f"{' both ways' if search.signs == 2 else ''}, {search.steps} steps of "
        f"{search.step:.4g} RMS; examples beyond the crossings retrain Ori. (F.L., Reduced F.L.), "
        "and as many plain training images its control (Continued).",
        f"Each seed has test images of its own, a fifth of all. Its models are all audited on the "
        f"same {audit.samples:,} of them along the same {audit.directions} directions, and "
        f"attacked on the same {setting.attacked:,}, so that differences between models are "
        f"paired. Everything is done for {seeds}, which choose{'s' if setting.seeds == 1 else ''} "
        "training images, weights, samples, directions, examples and test images.",
    ]


def settings_list(setting: Setting) -> list[dict[str, str]]:
    """List what was set, what the paper says of it, and why it was set so."""

    def row(name: str, value: object, paper: str, why: str) -> dict[str, str]:
        return {"name": name, "value": str(value), "paper": paper, "why": why}

    gray = setting.dataset != "cifar10"
    search = setting.search
    retraining = setting.retraining
    scale = "scale" if setting.scale == "small" else ""
    return [
        row("network", setting.network, "a CNN" if gray else "a ResNet", "not given in the paper"),
        row("training images", f"{setting.images:,}", "all", scale),
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
            scale,
        ),
        row(
            "search",
            f"{search.samples:,} x {search.directions} x {search.signs}, "
            f"{search.steps} steps of {search.step:.4g}",
            "1,500 x 784 x 2, 25 steps of 0.02" if gray else "1,500 x 1,000, 63 steps of 2/255",
            scale,
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
            "derived from Madry et al.",
            "the paper gives no numbers of its own",
        ),
        row(
            "augmentation",
            "flips, and shifts by up to 4 pixels, in every training and retraining"
            if setting.augmented
            else "none",
            "Madry et al. flip and crop" if not gray else "none in Madry et al.",
            "",
        ),
        row(
            "test images of a seed",
            f"a fifth: {setting.tested:,} audited, {setting.attacked:,} attacked",
            "not given; margins of training samples",
            "intervals over seeds are to hold for other images too",
        ),
    ]


def _phases(phases: Sequence[Any]) -> str:
    return ", then ".join(f"{one.epochs} epochs at {one.learning_rate:g}" for one in phases)
