"""What reports say of how a model was hardened: epochs, examples, seeds, how to repeat it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from robaudit.phrases import printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.record.schema.hardening import (
    HardeningRecord,
    KeptOfSeedRecord,
    RoundRecord,
    RunRecord,
    SpreadRecord,
)
from robaudit.record.schema.numbers import given
from robaudit_report.view import audit as view
from robaudit_report.view import class_losses, how, weight_line, words

METHODS = {
    "feedback": "Feedback learning",
    "reduced": "Reduced feedback learning",
    "adversarial": "Adversarial training",
    "continued": "Training continued without examples",
    "combined": "Combined hardening",
}
_KINDS = {
    "clean": "samples as they are",
    "attacked": "attacked samples",
    "feedback": "boundary-crossing examples",
    "noise": "noisy samples",
}
_NOISES = ("gaussian-noise", "uniform-noise")


@dataclass(frozen=True)
class Epoch:
    """One epoch on validation data; ``round`` and ``epoch`` are 0 for the original."""

    round: int
    epoch: int
    accuracy: float | None
    margin: float | None
    within: bool
    kept: bool
    worst: str = ""

    @property
    def name(self) -> str:
        """Name the epoch."""
        return f"round {self.round}, epoch {self.epoch}" if self.epoch else "original"


@dataclass(frozen=True)
class Made:
    """The examples of one class in one round."""

    name: str
    level: str
    robustness: str
    searched: str
    chosen: str
    examples: str


@dataclass(frozen=True)
class Round:
    """One round of search and training: what was found, in words, and what was made of it.

    ``shown`` marks the round that the model given back is of (without one, the first).
    """

    number: int
    shown: bool
    found: str
    classes: Sequence[Made]


@dataclass(frozen=True)
class Run:
    """One run of the whole with a seed; ``chosen`` marks the one whose model is given back."""

    seed: int
    kept: str
    chosen: bool
    epochs: Sequence[Epoch]
    rounds: Sequence[Round]
    line: weight_line.Line | None


@dataclass(frozen=True)
class Spread:
    """One figure of the models of all seeds."""

    title: str
    before: str
    values: Sequence[str]
    mean: str
    range: str
    deviation: str


def runs(comparison: ComparisonRecord, classes: Sequence[int]) -> list[Run]:
    """List the runs, one a seed, with the examples of some classes."""
    hardening = comparison.hardening
    if hardening is None:
        return []
    return _listed(comparison.before, hardening.runs, hardening.kept, classes)


def runs_so_far(record: AuditRecord, classes: Sequence[int]) -> list[Run]:
    """List the runs of a hardening that was stopped, as far as they came."""
    stopped = given(record.partial, None)
    return [] if stopped is None else _listed(record, given(stopped.training, []), None, classes)


def _listed(
    audit: AuditRecord,
    trained: Sequence[RunRecord],
    best: KeptOfSeedRecord | None,
    classes: Sequence[int],
) -> list[Run]:
    listed: list[Run] = []
    for run in trained:
        chosen = best is not None and best.seed == run.seed
        shown = best.round if best and chosen else int(best is None and not listed)
        listed.append(
            Run(
                seed=run.seed,
                kept=_kept(run),
                chosen=chosen,
                epochs=_epochs(run),
                rounds=[
                    Round(number, number == shown, _found(turn), _made(audit, turn, classes))
                    for number, turn in enumerate(run.rounds, start=1)
                ],
                line=weight_line.line_of(run),
            )
        )
    return listed


def _kept(run: RunRecord) -> str:
    if run.kept is None:
        return "kept no epoch"
    line = given(run.line, None)
    way = f"kept {words.percent(line.kept)} of the way to " if line else "kept "
    return f"{way}round {run.kept.round}, epoch {run.kept.epoch}"


def _epochs(run: RunRecord) -> list[Epoch]:
    original, kept = run.original, run.kept
    chosen = (kept.round, kept.epoch) if kept else (0, 0)
    first = Epoch(0, 0, original.accuracy, original.restricted_mean, True, chosen == (0, 0))
    return [
        first,
        *(
            Epoch(
                number,
                epoch.epoch,
                epoch.accuracy,
                epoch.restricted_mean,
                epoch.within,
                chosen == (number, epoch.epoch),
                class_losses.said_of(epoch.worst_class),
            )
            for number, turn in enumerate(run.rounds, start=1)
            for epoch in turn.epochs
        ),
    ]


def _found(turn: RoundRecord) -> str:
    """Say what a round searched, found and made, and how long that took."""
    parts = []
    if turn.searched:
        share = words.percent(turn.crossed / turn.rays if turn.rays else None)
        parts.append(
            f"{turn.searched:,} training samples searched along {turn.rays:,} rays, of which "
            f"{turn.crossed:,} ({share}) crossed."
        )
        if check := given(turn.search, None):
            parts.append(f"Check of the search: {how.check_sentence(check)}.")
    parts.append(f"{turn.examples:,} examples." if turn.examples else "No examples.")
    if without := given(turn.without_examples, 0):
        parts.append(
            f"{without:,} training samples are of classes without any: where others give their "
            "place to an example, they stay as they are."
        )
    seconds = ", ".join(
        f"{printable(name)} {words.number(value, 1)} s" for name, value in turn.seconds.items()
    )
    return " ".join([*parts, f"Time: {seconds}." if seconds else ""]).strip()


def _made(audit: AuditRecord, turn: RoundRecord, classes: Sequence[int]) -> list[Made]:
    return [
        Made(
            view.class_name(audit, selection.class_index),
            selection.level or "-",
            words.number(selection.robustness),
            *(f"{count:,}" for count in (selection.searched, selection.chosen, selection.examples)),
        )
        for selection in turn.classes
        if selection.class_index in classes
    ]


def _leading(hardening: HardeningRecord) -> tuple[RunRecord, list[RoundRecord]] | None:
    """Give the run whose model is given back (or the first), and its rounds up to that."""
    kept, all_runs = hardening.kept, hardening.runs
    if not all_runs:
        return None
    if kept is None:
        return all_runs[0], all_runs[0].rounds
    kept_run = next((run for run in all_runs if run.seed == kept.seed), all_runs[0])
    return kept_run, kept_run.rounds[: kept.round]


def made_of_classes(comparison: ComparisonRecord) -> dict[int, tuple[int, int]]:
    """Count, for each class, chosen samples and examples that the model was made with."""
    made: dict[int, tuple[int, int]] = {}
    leading = comparison.hardening and _leading(comparison.hardening)
    if leading:
        for turn in leading[1]:
            for selection in turn.classes:
                chosen, examples = made.get(selection.class_index, (0, 0))
                made[selection.class_index] = (
                    chosen + selection.chosen,
                    examples + selection.examples,
                )
    return made


def is_by_level(hardening: HardeningRecord) -> bool:
    """Tell whether the level of a class says how many examples were made of it."""
    by = hardening.plan.get("compensation", "levels")  # records did not always have it
    return hardening.method == "feedback" and by == "levels"


def made_by(comparison: ComparisonRecord) -> str:
    """Say which runs the chosen samples and examples of the classes are of; empty for one."""
    hardening = comparison.hardening
    leading = hardening and _leading(hardening)
    if not hardening or not leading or not made_of_classes(comparison):
        return ""
    (run, rounds), first = leading, hardening.runs[0]
    several = len(hardening.runs) > 1 or len(first.rounds) > 1
    if not several:
        return ""
    turns = "round 1" if len(rounds) == 1 else f"rounds 1 to {len(rounds)} together"
    return f"Chosen samples and examples are those of seed {run.seed}, {turns}."


def spread(hardening: HardeningRecord) -> list[Spread]:
    """List the figures of the models of all seeds."""
    return [
        Spread(
            printable(figure.title),
            words.write(figure.unit, figure.before),
            [words.write(figure.unit, value) for value in figure.values],
            words.write(figure.unit, figure.mean),
            words.interval((figure.lowest, figure.highest), partial(words.write, figure.unit)),
            _deviation(figure),
        )
        for figure in hardening.spread
    ]


def _deviation(figure: SpreadRecord) -> str:
    value, unit = figure.standard_deviation, figure.unit
    if unit == "share" and value is not None:
        return f"{100 * value:.1f} points"
    return words.write(unit, value)


def batches(hardening: HardeningRecord) -> str:
    """Say what kinds of samples the batches of `combined` hardening were of; empty for others."""
    if hardening.method != "combined":
        return ""
    kinds = {name: hardening.plan.get(f"{name}_share") for name in _KINDS}
    shares = [
        f"{words.percent(share)} {_KINDS[name]}"
        for name, share in kinds.items()
        if isinstance(share, float | int) and share
    ]
    return f"Trained on {', '.join(shares)}{_attacked(hardening)}." if shares else ""


def trained_on(hardening: HardeningRecord | None, attack: str) -> str:
    """Add to the title of an attack that the model given back has seen what it makes, if so."""
    if hardening is None or hardening.kept is None:
        return ""
    if attack in _NOISES:
        return ", trained on" if hardening.plan.get("noise_share") else ""
    used = hardening.method == "adversarial" or hardening.plan.get("attacked_share")
    if not used or _adversary(hardening).get("name") != attack:
        return ""
    budget = _budget(hardening)
    return ", trained against" if budget is None else f", trained against within {budget:.3g}"


def _attacked(hardening: HardeningRecord) -> str:
    """Say how far samples were attacked, where some were."""
    name, budget = _adversary(hardening).get("name"), _budget(hardening)
    if not hardening.plan.get("attacked_share") or budget is None:
        return ""
    return f"; attacked by {printable(str(name))} with a budget of {budget:.3g}"


def _adversary(hardening: HardeningRecord) -> Mapping[str, object]:
    """Give the adversary of the plan, empty where it has none."""
    adversary = hardening.plan.get("adversary")
    return adversary if isinstance(adversary, Mapping) else {}


def _budget(hardening: HardeningRecord) -> float | None:
    """Give the budget of the adversary that what is given back was trained against."""
    planned = _adversary(hardening).get("epsilon", _adversary(hardening).get("budget"))
    leading = _leading(hardening)
    budget = given(leading[0].budget, planned) if leading else planned
    return budget if isinstance(budget, float | int) else None


def judged_on(hardening: HardeningRecord) -> str:
    """Say which samples judged epochs, and whether the original may have been trained on them."""
    data = hardening.data
    count, source = f"{data.validation:,} samples", given(data.validation_source, None)
    several = any(len(turn.epochs) > 1 for run in hardening.runs for turn in run.rounds)
    judged = "Each epoch" if several else "The last epoch of each round"
    if source is not None:
        return f"{judged} on {count} of {printable(source)}, which judge all that was trained."
    return (
        f"{judged} on {count} that were held out of the training data. The original may have "
        "been trained on these images, and is then better on them than on others."
    )


def _validation(hardening: HardeningRecord) -> list[tuple[str, str]]:
    data, source = hardening.data, given(hardening.data.validation_source, None)
    if source is None:
        return [("Held out for validation", f"{data.validation:,} samples")]
    return [
        ("Validation data", printable(source)),
        ("Validated on", f"{data.validation:,} samples"),
    ]


def facts(hardening: HardeningRecord) -> list[tuple[str, str]]:
    """List what is needed to harden the model again."""
    data = hardening.data
    return [
        ("Method", METHODS[hardening.method]),
        *(
            (printable(name).replace("_", " ").capitalize(), words.detail(value))
            for name, value in hardening.plan.items()
            if value is not None and name != "method"
        ),
        ("Training data", printable(data.source)),
        ("Training data SHA-256", printable(data.sha256)),
        ("Trained on", f"{data.train:,} samples"),
        *_validation(hardening),
        ("Test data", printable(data.test_source)),
        *(
            (f"File: {printable(name)}", printable(path))
            for name, path in hardening.files.items()
            if path
        ),
    ]
