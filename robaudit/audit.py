"""The audit itself: from a classifier and images to all that is known of it.

Data flows one way here: preprocessing, clean accuracy, choice of samples,
search, margins, inequality, attacks.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal, NoReturn

from robaudit.attacks.assessment import (
    Assessment,
    AttackPlan,
    assess,
    assess_share,
    attack_all,
)
from robaudit.attacks.measuring import check_measuring
from robaudit.attacks.outcome import Targets
from robaudit.attacks.to_precision import Results, attack_to, check_attacking, is_of_attacks
from robaudit.batches import Blocks, Pace, ShareDone, Stopped, pace_for
from robaudit.data.images import Images
from robaudit.data.memory.in_memory import as_images
from robaudit.data.sampling import balanced_rows
from robaudit.errors import UsageError
from robaudit.metrics.clean_accuracy import (
    CleanAccuracy,
    clean_accuracy,
    predict_all,
    predict_samples,
)
from robaudit.metrics.consistency import Consistency, measure_consistency
from robaudit.metrics.deciding import Looks, check_deciding, decide_gates
from robaudit.metrics.figures import Figure
from robaudit.metrics.gates import Gate
from robaudit.metrics.headlines import headline_estimates
from robaudit.metrics.inequality import Inequality, measure_inequality
from robaudit.metrics.margins import Margins, measure_margins
from robaudit.metrics.precision import Reached, search_to
from robaudit.metrics.right_at_start import (
    RightAtStart,
    measure_right_at_start,
    right_estimates,
)
from robaudit.metrics.sharing import check_sharing
from robaudit.metrics.stages import Search
from robaudit.metrics.tally import tally_rays
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.preprocessing.opened import open_for
from robaudit.preprocessing.prepare import Prepared, prepare
from robaudit.search.boundary_search import Crossings, search_rays
from robaudit.search.directions import check_count, random_directions
from robaudit.search.plan import Effort, Reference, SearchPlan, preset
from robaudit.search.rays import Rays
from robaudit.stats.randomness import Stream, generator
from robaudit.types import (
    Classifier,
    Estimate,
    FloatArray,
    IntArray,
    Progress,
    Samples,
    no_progress,
)

_FIND_IT = PreprocessingRequest()
_MOST_MADE_UP = 5000
"""So many synthetic inputs are made at most where as many are searched as a precision takes."""
DRAWS = 5
"""How often a model is searched that answers differently each time."""

_ALIKE = (
    f"With --randomised the model was audited over {DRAWS} draws, and each gave the same figures: "
    "it does not seem to answer differently each time, and is reported on as one that does not."
)

MOST_CLASSES = 5000
"""A model of more classes than this has more pairs of them than a record can hold."""


@dataclass(frozen=True)
class Partial:
    """How far an audit came that was stopped: in which stage, of so many samples asked for."""

    stage: Literal["search", "attacks", "draws"]
    samples: int


@dataclass(frozen=True)
class Audit:
    """All that one scan found out; `robaudit.record` writes it down.

    ``predicted`` (n,) is the class of every image. ``samples`` are those searched,
    ``origin`` and ``start`` (S,) their reference and predicted classes; ``right_at_start``
    measures those of them where the two are the same, ``consistency`` how logit margins go
    with their margins.
    ``assessment`` is what attacks made of them, where any were asked for.
    ``seconds`` is what each stage took. ``draws`` are the headline figures of each draw of a
    model that answers differently each time and was audited so; all else is of the first.
    ``reached`` is what came of asking for a precision, where one was asked for, ``looks`` how
    often gates were looked at, where the search went on until they were decided. ``partial`` says
    how far it came, where it was stopped: all else is of what there was then.
    """

    prepared: Prepared
    plan: SearchPlan
    reference: Reference
    clean: CleanAccuracy
    predicted: IntArray
    samples: Samples
    origin: IntArray
    start: IntArray
    directions: FloatArray
    rays: Rays
    crossings: Crossings
    margins: Margins
    inequality: Inequality
    right_at_start: RightAtStart | None
    batch_size: int
    seconds: dict[str, float]
    assessment: Assessment | None = None
    draws: tuple[dict[Figure, Estimate], ...] = ()
    reached: Reached | None = None
    looks: Looks | None = None
    consistency: Consistency | None = None
    partial: Partial | None = None

    @property
    def classifier(self) -> Classifier:
        """The classifier over pixels, in the layout of its input."""
        return self.prepared.classifier


def scan(
    model: object,
    images: object = None,
    *,
    plan: SearchPlan | Effort = "standard",
    preprocessing: PreprocessingRequest = _FIND_IT,
    reference: Reference | None = None,
    attacks: AttackPlan | None = None,
    decide: Sequence[Gate] | None = None,
    randomised: bool = False,
    batch_size: int | None = None,
    memory: int | None = None,
    progress: Progress = no_progress,
    blocks: Blocks | None = None,
) -> Audit:
    """Audit a classifier on images, or on synthetic ones where there are none.

    ``model`` is a `Classifier`, or what `robaudit.load` opens: a path, or a live object whose
    shapes the images may show. ``images`` are `Images`, or what `images_from_arrays` takes:
    arrays, tensors, a data set or loader that gives (image, label), the path of data.
    What ``preprocessing`` leaves open is found by trying, where there are labels.
    The ``reference`` class of a sample is its label where there are labels, else
    the prediction. ``attacks`` are run on the samples searched. ``batch_size``
    changes the speed of the search and nothing else; without one it is found by trying,
    and a batch may then take ``memory`` bytes (by default half of what is free).
    With gates to ``decide`` the samples of the plan are the most that are searched, and no more
    are than it takes until those on figures of the search are decided. What is done is kept in
    ``blocks``, whose keys tell the model and the images from others, and not done again; an audit
    that is stopped through them is of the first samples, or without some attacks: `Audit.partial`.

    A model that gives other answers to the same question is refused, unless it is known to be
    ``randomised``: then it is searched several times over, and attacked once. Where each time
    gives the same figures, it is no such model, and that is noted.

    Raises DataError for images that do not fit the model, NotAuditableError for
    a model that turns out to be no classifier, Stopped where nothing can be told yet. Where
    ``blocks`` are those of one share of a run, it does these, and raises ShareDone.
    """
    images = None if images is None else as_images(images)
    classifier = open_for(model, images)
    if isinstance(plan, str):
        plan = preset(plan, classifier.spec)
    _check_size(plan, classifier)
    if blocks is not None and blocks.keeping.share is not None:
        check_sharing(plan, decide, randomised=randomised)
    if decide is not None:
        check_deciding(decide, plan, real=images is not None, randomised=randomised)
    check_attacking(plan.precision, attacks, randomised=randomised)
    check_measuring(attacks.measures if attacks is not None else ())
    clock, pace = _Clock(), pace_for(classifier.spec, batch_size, memory, progress, blocks)
    prepared = prepare(
        classifier,
        images,
        preprocessing,
        count=plan.samples if plan.precision is None else min(plan.samples, _MOST_MADE_UP),
        seed=plan.seed,
        pace=pace,
        randomised=randomised,
    )
    clock.lap("preparing")
    audit = scan_prepared(
        prepared, pace, plan=plan, reference=reference, attacks=attacks, decide=decide
    )
    if randomised and audit.partial is None:
        audit = _over_draws(audit, pace, plan, reference)
        clock.lap("further draws")
    return replace(audit, seconds={**clock.seconds, **audit.seconds})


def _over_draws(audit: Audit, pace: Pace, plan: SearchPlan, reference: Reference | None) -> Audit:
    """Search a model that answers differently each time again, and again; see `Audit.draws`."""
    prepared = audit.prepared
    try:
        others = [
            scan_prepared(
                prepared,
                pace.within(f"draw {draw}").depending_on(draw=draw),
                plan=plan,
                reference=reference,
            )
            for draw in range(2, DRAWS + 1)
        ]
    except Stopped:
        return replace(audit, partial=Partial("draws", audit.plan.samples))
    if any(other.partial for other in others):
        return replace(audit, partial=Partial("draws", audit.plan.samples))
    draws = tuple(map(headlines_of, (audit, *others)))
    if all(draw == draws[0] for draw in draws):
        return replace(audit, prepared=replace(prepared, notes=(*prepared.notes, _ALIKE)))
    return replace(audit, draws=draws)


def scan_prepared(
    prepared: Prepared,
    pace: Pace,
    *,
    plan: SearchPlan,
    reference: Reference | None = None,
    attacks: AttackPlan | None = None,
    decide: Sequence[Gate] | None = None,
) -> Audit:
    """Audit a classifier that was brought together with images; see `scan`."""
    clock = _Clock()
    classifier, images, spec = prepared.classifier, prepared.images, prepared.classifier.spec
    _check_size(plan, classifier)
    reference = _reference(reference, images)
    pace = pace.depending_on(
        choice=prepared.choice.preprocessing,
        order=prepared.choice.order,
        synthetic=images.sha256 if images.synthetic else None,
        gradients=classifier.vjp is not None,
    )
    predicted, scale = predict_all(prepared, pace)
    known = predicted if images.labels is None else images.labels
    rows = _choose(known, images, plan)
    predicted = predict_samples(prepared, predicted, rows, scale, pace)
    clock.lap("clean accuracy")

    plan = replace(plan, samples=len(rows))
    asked, stopped = plan.samples, list[Partial]()
    directions = random_directions(
        spec.shape, plan.directions, seed=plan.seed, pixel_range=spec.high - spec.low
    )
    clock.lap("directions")

    origins = predicted if reference == "prediction" else known

    def targets_of(part: slice) -> Targets:
        arrangement, taken = prepared.choice.preprocessing.arrangement, rows[part]
        x = prepared.inputs(taken)
        return Targets(x, origins[taken], predicted[taken], scale, arrangement, taken)

    def search(part: SearchPlan, first: int) -> tuple[Rays, Crossings]:
        targets = targets_of(slice(first, first + part.samples))
        found = search_rays(
            classifier,
            *(targets.x, targets.origin, directions, part, pace),
            predicted=(targets.start, scale),
            first=first,
        )
        if len(found[0].sample_origin) < part.samples:
            stopped.append(Partial("search", asked))
        return found

    def attack(part: slice) -> Results:
        wanted = attacks or AttackPlan(())
        return attack_all(classifier, targets_of(part), wanted, seed=plan.seed, pace=pace)

    if pace.blocks.keeping.share is not None:
        _do_share(classifier, search, targets_of, plan, attacks, pace)
    reached, looks, results = None, None, None
    if decide:
        (rays, crossings), plan, looks = decide_gates(decide, search, plan, spec.classes)
    elif is_of_attacks(plan.precision):
        results, plan, reached = attack_to(plan.precision, attack, plan, attacks)
        rays, crossings = search(plan, 0)
    elif plan.precision is not None:
        (rays, crossings), plan, reached = search_to(plan.precision, search, plan, spec.classes)
    else:
        rays, crossings = search(plan, 0)
    partial, plan = next(iter(stopped), None), rays.plan
    rows, targets = rows[: plan.samples], targets_of(slice(plan.samples))
    clock.lap("search")

    margins = measure_margins(tally_rays(rays, spec.classes), plan)
    inequality = measure_inequality(margins, plan)
    right_at_start, consistency = (
        measure_right_at_start(margins.tally, plan),
        measure_consistency(classifier, targets.x, margins.tally, plan, pace.batch_size),
    )
    clock.lap("measuring")
    assessment = None
    if attacks is not None and (attacks.attacks or attacks.measures) and partial is None:
        assessment = assess(classifier, targets, rays, plan, attacks, pace, results)
        clock.lap("attacks")
        partial = Partial("attacks", asked) if assessment.interrupted else None
    return Audit(
        prepared=prepared,
        plan=plan,
        reference=reference,
        clean=clean_accuracy(predicted, images.labels, spec.classes),
        predicted=predicted,
        samples=Samples(targets.x, None if images.labels is None else images.labels[rows], rows),
        origin=targets.origin,
        start=targets.start,
        directions=directions,
        rays=rays,
        crossings=crossings,
        margins=margins,
        inequality=inequality,
        right_at_start=right_at_start,
        batch_size=crossings.batch_size,
        seconds=clock.seconds,
        assessment=assessment,
        reached=reached,
        looks=looks,
        consistency=consistency,
        partial=partial,
    )


def _do_share(
    classifier: Classifier,
    search: Search,
    targets_of: Callable[[slice], Targets],
    plan: SearchPlan,
    attacks: AttackPlan | None,
    pace: Pace,
) -> NoReturn:
    """Do one share of a run, and raise ShareDone: what follows hangs on all samples."""
    with suppress(ShareDone):
        rays, _ = search(plan, 0)
        if len(rays.sample_origin) < plan.samples:
            raise Stopped
    if attacks is not None:
        assess_share(classifier, targets_of(slice(None)), plan, attacks, pace)
    raise ShareDone


def _reference(asked: Reference | None, images: Images) -> Reference:
    """Say which class of a sample counts as its own."""
    if asked is None:
        return "prediction" if images.labels is None else "label"
    if asked == "label" and images.labels is None:
        raise UsageError("reference label, but there are no labels", expected="labelled data")
    return asked


def _choose(known: IntArray, images: Images, plan: SearchPlan) -> IntArray:
    """Choose the rows to search, in their order, by the classes known of all images (n,)."""
    rows = balanced_rows(known, plan.samples, plan.seed)
    if images.labels is None:  # classes are the model's: the order must not be, to be compared
        rows = rows[rows.argsort()][generator(plan.seed, Stream.SAMPLES, 2).permutation(len(rows))]
    return rows


def _check_size(plan: SearchPlan, classifier: Classifier) -> None:
    check_count(plan.directions, classifier.spec.dimension)
    if classifier.spec.classes > MOST_CLASSES:
        raise UsageError(
            f"{classifier.name} has {classifier.spec.classes:,} classes",
            expected=f"at most {MOST_CLASSES:,}: the record holds a margin for each pair",
        )


def headlines_of(audit: Audit) -> dict[Figure, Estimate]:
    """Give the headline figures of an audit, of its first draw where there are several."""
    return {
        **headline_estimates(audit.clean.overall, audit.margins, audit.inequality),
        **right_estimates(audit.right_at_start),
    }


class _Clock:
    """Writes down how long each stage took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = time.perf_counter()
        self.seconds[stage] = now - self._last
        self._last = now
