"""What to train a model on elsewhere: examples, or training images of several kinds."""

from dataclasses import dataclass, replace

import numpy as np

from robaudit.batches import pace_for, slices
from robaudit.data.images import Images
from robaudit.hardening.abilities import check_can_make_examples
from robaudit.hardening.budget import within_reach
from robaudit.hardening.examples import Examples, make_examples
from robaudit.hardening.harden import Training, training_data
from robaudit.hardening.mixed_batches import MixedBatches
from robaudit.hardening.plan import HardeningPlan, default_adversary, hardening_preset
from robaudit.hardening.room import check_room
from robaudit.hardening.training_search import search_training_samples
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.preprocessing.prepare import Prepared, prepare
from robaudit.search.plan import Effort
from robaudit.types import Classifier, FloatArray, IntArray, Progress, no_progress

_FIND_IT = PreprocessingRequest()


@dataclass(frozen=True)
class FeedbackExamples:
    """Examples made for a model, to train it on elsewhere, and what they were made from."""

    prepared: Prepared
    training: Training
    examples: Examples


def make_feedback_examples(
    classifier: Classifier,
    train: Images,
    *,
    plan: HardeningPlan | Effort = "standard",
    preprocessing: PreprocessingRequest = _FIND_IT,
    batch_size: int | None = None,
    progress: Progress = no_progress,
) -> FeedbackExamples:
    """Search training images and make examples of them; nothing is trained."""
    check_room(train)
    if isinstance(plan, str):
        plan = hardening_preset(plan, classifier.spec, method="feedback")
    prepared = prepare(
        classifier,
        train,
        preprocessing,
        count=plan.search.samples,
        seed=plan.seed,
        pace=pace_for(classifier.spec, batch_size, progress=progress),
    )
    check_can_make_examples(prepared.classifier, plan)
    training = training_data(prepared, train)
    searched = search_training_samples(
        prepared.classifier,
        training.x,
        training.y,
        plan,
        batch_size=batch_size,
        progress=progress,
    )
    examples = make_examples(
        searched,
        plan,
        training.y,
        classifier=prepared.classifier,
        x=training.x,
        batch_size=batch_size,
        progress=progress,
    )
    return FeedbackExamples(prepared, training, examples)


@dataclass(frozen=True)
class MixedImages:
    """Inputs x (n, *shape), one for each of ``training``, and their ``kinds`` (n,) in `KINDS`."""

    prepared: Prepared
    training: Training
    x: FloatArray
    kinds: IntArray


def mix_images(
    made: FeedbackExamples, plan: HardeningPlan, *, progress: Progress = no_progress
) -> MixedImages:
    """Mix training images as an epoch of ``combined`` hardening does, on the model as it is.

    Attacks have the whole budget: how far the training is that comes of it, nobody knows here.
    """
    prepared, training = made.prepared, made.training
    spec = prepared.classifier.spec
    pace = pace_for(spec, None, progress=progress)
    plan = within_reach(prepared.classifier, training.x, training.y, plan, pace)
    mixing = MixedBatches(
        replace(plan.mixture, budget_ramp=0.0),
        plan.adversary or default_adversary(spec),
        made.examples.inputs(training.x, spec),
        made.examples.label,
        samples=len(training.x),
        seed=plan.seed,
    )
    x, kinds = np.array(training.x), np.zeros(len(training.x), dtype=np.int64)
    for part in slices(len(x), plan.batch_size):
        x[part], kinds[part] = mixing.mix(prepared.classifier, x[part], training.y[part])
        progress("mixing", part.stop, len(x))
    return MixedImages(prepared, training, x, kinds)
