"""What every report says of a comparison, in words and in numbers ready to print."""

from collections.abc import Sequence
from dataclasses import dataclass

from robaudit.phrases import called, printable
from robaudit.record.schema.comparison import ComparisonRecord, DifferenceRecord
from robaudit.record.schema.numbers import given
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import audit as view
from robaudit_report.view import hardening as hardening_view
from robaudit_report.view.changes import BETTER, WORSE, Change, is_clear, make_change, mark

_NOISE_SEEN = " The model after was trained on noise, which some of them are."
CLASS_FIGURES = ("accuracy", "restricted-mean-margin", "crossing-rate", "class-robustness")


@dataclass(frozen=True)
class ClassRow:
    """One class before and after; ``places`` are its margins as shares of the reach."""

    index: int
    name: str
    changes: Sequence[Change | None]
    level_before: str
    level_after: str
    chosen: str
    examples: str
    places: tuple[float, float] | None


def title(comparison: ComparisonRecord) -> str:
    """Name the models before and after."""
    return f"{view.title(comparison.before)} → {view.title(comparison.after)}"


def outcome(comparison: ComparisonRecord) -> str:
    """Say what hardening came to, and what it was trained on; empty where there was none."""
    hardening = comparison.hardening
    if not hardening:
        return ""
    said = printable(hardening.outcome), hardening_view.batches(hardening)
    return " ".join(filter(None, said))


def verdict(comparison: ComparisonRecord) -> str:
    """Sum up what changed."""
    return " ".join(printable(sentence) for sentence in comparison.verdict)


def warnings(comparison: ComparisonRecord) -> list[str]:
    """List what to know first: of the comparison, then of either audit."""
    sentences = [printable(text) for text in comparison.warnings]
    before, after = comparison.before.warnings, comparison.after.warnings
    parts = (
        ("Before and after", [text for text in before if text in after]),
        ("Before", [text for text in before if text not in after]),
        ("After", [text for text in after if text not in before]),
    )
    said = set(comparison.warnings)
    for whose, texts in parts:
        sentences += [f"{whose}: {printable(text)}" for text in texts if text not in said]
    return sentences


def headline(comparison: ComparisonRecord) -> list[Change]:
    """List the changes of the whole."""
    meanings = _meanings(comparison)
    return [
        make_change(row, note=meanings.get(row.name, "") or _over(row))
        for row in comparison.differences
        if row.class_index is None and row.attack_name is None
    ]


def _over(row: DifferenceRecord) -> str:
    """Say which samples a figure is over, where not over all."""
    count = given(row.samples, None)
    return f"Over the {count:,} samples right at the start on both models." if count else ""


def _meanings(comparison: ComparisonRecord) -> dict[str, str]:
    before, after = comparison.before, comparison.after
    reach = f"{before.plan.reach:g}"
    noise_seen = hardening_view.trained_on(comparison.hardening, "gaussian-noise")
    worst = [view.worst_class(audit, audit.inequality) for audit in (before, after)]
    return {
        "accuracy": f"Share of all {called(before.data.image_shape)} of the split that are "
        "classified as labelled.",
        "restricted-mean-margin": "How far a random direction can be followed before the class "
        f"changes, on average; rays that never cross count as {reach}.",
        "crossing-rate": f"Share of rays on which the class changes within {reach}.",
        "worst-class-margin": "The smallest restricted mean margin of any class. Found before and "
        f"after for {worst[0]}."
        if worst[0] == worst[1]
        else "The smallest restricted mean margin of any class. Found before for "
        f"{worst[0]}; after, for {worst[1]}.",
        "model-robustness": "Mean margins summed over all pairs of classes (Eq. 2); pairs never "
        f"reached count as {reach}. It depends on the effort.",
        "gini": "0 when all classes have the same restricted mean margin, towards 1 when one has "
        "it all.",
        "max-min": "How far the classes' restricted mean margins lie apart.",
        "closest-boundary": "Median distance of the samples attacked to the nearest point of "
        "another class, by the attacks and rays of both: RMS, as a share of the pixel range; where "
        "nothing was found it counts as 1.",
        "mean-corruption-error": "Share of pictures that are wrong under the common corruptions of "
        "ImageNet-C, over all of them and their severities." + (_NOISE_SEEN if noise_seen else ""),
        "detection": "The least area under the ROC curve of a detector on the attack that it was "
        "trained on.",
    }


def attack_changes(comparison: ComparisonRecord) -> list[Change]:
    """List the changes of robust accuracy, one an attack that ran on both models."""
    attacks = comparison.before.attacks
    short = {
        attack.name
        for audit in (comparison.before, comparison.after)
        for attack in audit.attacks
        if attack_view.doubt_of(attack)
    }
    budgets = [
        attack_view.budget(attack) + ("; given too little for it" if attack.name in short else "")
        for attack in attacks
    ]
    return [
        make_change(
            row, _attack_title(comparison, row), "" if row.attack is None else budgets[row.attack]
        )
        for row in comparison.differences
        if row.attack_name is not None
    ]


def _attack_title(comparison: ComparisonRecord, row: DifferenceRecord) -> str:
    """Name the attack of a difference, and say whether the model after was trained on it."""
    if row.attack is None:
        return printable(row.attack_name or "an attack")
    attack = comparison.before.attacks[row.attack]
    seen = hardening_view.trained_on(comparison.hardening, attack.name)
    return f"{printable(attack.title)}{seen}"


def searched_classes(comparison: ComparisonRecord) -> list[int]:
    """List the classes that were compared."""
    return sorted(
        {row.class_index for row in comparison.differences if row.class_index is not None}
    )


def shown_classes(comparison: ComparisonRecord) -> list[int]:
    """List the classes that reports show: all, or those of many that changed most.

    First comes the worst before.
    """
    margins = _margins(comparison)

    def rank(index: int) -> tuple[bool, float]:
        margin = margins.get(index)
        if margin is None or margin.difference is None or margin.before is None:
            return True, float("inf")
        clear = is_clear(margin)
        return not clear, -abs(margin.difference) if clear else margin.before

    chosen = sorted(searched_classes(comparison), key=rank)[: view.MOST_CLASSES]
    worst_first = view.searched_classes(comparison.before)
    place = {index: number for number, index in enumerate(worst_first)}
    return sorted(chosen, key=lambda index: place.get(index, len(place)))


def _margins(comparison: ComparisonRecord) -> dict[int, DifferenceRecord]:
    """Give the change of margin of each class."""
    return {
        row.class_index: row
        for row in comparison.differences
        if row.class_index is not None and row.name == "restricted-mean-margin"
    }


def _places(margin: DifferenceRecord | None, reach: float) -> tuple[float, float] | None:
    if margin is None or margin.before is None or margin.after is None:
        return None
    return margin.before / reach, margin.after / reach


def omission(comparison: ComparisonRecord) -> str:
    """Say how many classes are not shown, if any."""
    shown, classes = len(shown_classes(comparison)), comparison.before.model.classes
    if shown == classes:
        return ""
    return (
        f"Shown are {shown} of {classes} classes: those whose margin changed most clearly, then "
        "those with the smallest margins before."
    )


def class_rows(comparison: ComparisonRecord) -> list[ClassRow]:
    """List what is said of each class shown."""
    before, after = comparison.before, comparison.after
    changes = {
        (row.class_index, row.name): make_change(row)
        for row in comparison.differences
        if row.class_index is not None
    }
    made, margins = hardening_view.made_of_classes(comparison), _margins(comparison)
    reach = before.plan.reach
    rows = []
    for index in shown_classes(comparison):
        chosen, examples = made.get(index, (None, None))
        rows.append(
            ClassRow(
                index=index,
                name=view.class_name(before, index),
                changes=[changes.get((index, name)) for name in CLASS_FIGURES],
                level_before=before.inequality.levels[index] or "none",
                level_after=after.inequality.levels[index] or "none",
                chosen="-" if chosen is None else f"{chosen:,}",
                examples="-" if examples is None else f"{examples:,}",
                places=_places(margins.get(index), reach),
            )
        )
    return rows


def clear_of_classes(comparison: ComparisonRecord) -> list[Change]:
    """List the clear changes of the classes shown: titles are classes, notes are figures."""
    return [
        make_change(row, view.class_name(comparison.before, index), printable(row.title))
        for index in shown_classes(comparison)
        for row in comparison.differences
        if row.class_index == index and is_clear(row)
    ]


def count_of_classes(comparison: ComparisonRecord) -> str:
    """Say of how many classes the margin changed clearly."""
    marks = [
        mark(margin) for margin in _margins(comparison).values() if margin.difference is not None
    ]
    if not marks:
        return ""
    better, worse = marks.count(BETTER), marks.count(WORSE)
    return (
        f"Of {len(marks)} classes, the margin is clearly better in {better}, clearly worse in "
        f"{worse}."
    )
