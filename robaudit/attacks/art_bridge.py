"""Any classifier as an estimator of the Adversarial Robustness Toolbox (ART).

ART's attacks, metrics and defences ask an estimator for predictions, losses and
gradients; all of them follow from ``predict`` and ``vjp``. Where there is no
``vjp``, ART sees a black box and refuses attacks that need gradients.

What needs the framework behind a model is out of reach: inner layers
(``get_activations``), and attacks that build an estimator of their own, as
AutoAttack's default ones and AutoProjectedGradientDescent with a ``loss_type`` do.
"""

from pathlib import Path
from typing import Any

import numpy as np

from robaudit.attacks.art_settings import importing_art
from robaudit.batches import batch_size_for, slices
from robaudit.losses import at_logits, cross_entropy, cross_entropy_cotangent, one_hot
from robaudit.requirements import Requirement, needs, requirement
from robaudit.types import Classifier, FloatArray, TrainPlan, pull_back

ART = (
    requirement("adversarial-robustness-toolbox", 'pip install "robaudit[attacks]"'),
    Requirement("packaging", "20", 'pip install "robaudit[attacks]"'),
)
"""ART, and what it imports without saying so."""


def art_estimator(
    classifier: Classifier,
    *,
    preprocessing_defences: Any = None,
    postprocessing_defences: Any = None,
) -> Any:
    """Make a classifier an ART estimator over its own inputs, in its own pixel box.

    With ``vjp`` it is one with loss and class gradients, else (or where the scores
    are labels only) a black box. ``fit`` and ``save`` work where the classifier can
    ``train`` and ``save``; after ``fit``, ``model`` is the new classifier, and the
    one given here is as it was. Defences are ART's own objects.

    Raises MissingDependencyError without ART.
    """
    with needs(ART), importing_art():
        from art.estimators.classification.classifier import (  # noqa: PLC0415 - imports ART
            ClassGradientsMixin,
            ClassifierMixin,
        )
        from art.estimators.estimator import (  # noqa: PLC0415
            BaseEstimator,
            LossGradientsMixin,
            NeuralNetworkMixin,
        )

    class BlackBoxEstimator(_Predictions, ClassifierMixin, NeuralNetworkMixin, BaseEstimator):  # type: ignore[misc]
        """ART's view of a classifier without gradients."""

        estimator_params = [  # noqa: RUF012 - ART adds up plain lists
            *BaseEstimator.estimator_params,
            *NeuralNetworkMixin.estimator_params,
            *ClassifierMixin.estimator_params,
        ]

    class GradientEstimator(
        _Gradients,
        ClassGradientsMixin,  # type: ignore[misc]
        LossGradientsMixin,  # type: ignore[misc]
        BlackBoxEstimator,
    ):
        """ART's view of a classifier with gradients."""

    spec = classifier.spec
    differentiable = classifier.vjp is not None and spec.scores != "labels"
    estimator = (GradientEstimator if differentiable else BlackBoxEstimator)(
        model=classifier,
        clip_values=(spec.low, spec.high),
        channels_first=_channels_first(spec.shape),
        preprocessing_defences=preprocessing_defences,
        postprocessing_defences=postprocessing_defences,
        preprocessing=None,
    )
    estimator.nb_classes = spec.classes
    return estimator


def _channels_first(shape: tuple[int, ...]) -> bool:
    """Tell whether the channels of an input lie on its first axis: the shortest of the two ends."""
    return len(shape) != 3 or shape[0] <= shape[-1]


class _Predictions:
    """What ART asks of every classifier; ``_model`` is one of robaudit's."""

    _model: Classifier
    _fits = 0
    _apply_preprocessing: Any
    _apply_postprocessing: Any

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Give the shape of one input."""
        return self._model.spec.shape

    def predict(self, x: Any, batch_size: int | None = None, **_options: Any) -> FloatArray:
        """Compute scores in batches: (n, *shape) -> (n, classes), after ART's defences."""
        scores = self._scores(self._prepared(x), batch_size)
        return np.asarray(self._apply_postprocessing(preds=scores, fit=False))

    def compute_loss(self, x: Any, y: Any, reduction: str = "none", **_options: Any) -> FloatArray:
        """Compute the cross-entropy: (n,), or a scalar for the reductions "mean" and "sum"."""
        logits = at_logits(self._model)  # where probabilities are 1 the loss would be 0
        scores = self._scores(self._prepared(x), model=logits)
        losses = cross_entropy(scores, self._targets(y), logits.spec.scores)
        if reduction == "none":
            return losses
        return np.asarray(losses.mean() if reduction == "mean" else losses.sum())

    def compute_loss_from_predictions(self, pred: Any, y: Any, **_options: Any) -> FloatArray:
        """Compute the cross-entropy of scores (n, classes): (n,)."""
        scores = np.asarray(pred)
        return cross_entropy(scores, self._targets(y), self._model.spec.scores)

    def fit(
        self, x: Any, y: Any, batch_size: int = 128, nb_epochs: int = 20, **options: Any
    ) -> None:
        """Go on training, and be the new classifier from then on.

        ``learning_rate`` and ``seed`` are taken from ``options``; without a seed each
        call has its own, the number of calls before it. An optimizer's state does not
        outlive a call.
        """
        if self._model.train is None:
            raise NotImplementedError(
                f"{self._model.name} cannot be trained: its classifier has no `train`"
            )
        pixels, targets = self._apply_preprocessing(
            np.asarray(x, dtype=np.float32), self._targets(y), fit=True
        )
        plan = TrainPlan(
            epochs=nb_epochs,
            batch_size=batch_size,
            learning_rate=options.get("learning_rate"),
            seed=options.get("seed", self._fits),
        )
        self._model = self._model.train(pixels, targets.argmax(axis=1), plan)
        self._fits += 1

    def save(self, filename: str, path: str | None = None) -> None:
        """Write the model in its framework's own format; without a path to ART's data folder."""
        from art import config  # noqa: PLC0415 - imports ART

        if self._model.save is None:
            raise NotImplementedError(
                f"{self._model.name} cannot be saved: its classifier has no `save`"
            )
        if path is None:
            Path(config.ART_DATA_PATH).mkdir(parents=True, exist_ok=True)
        self._model.save(Path(path or config.ART_DATA_PATH) / filename)

    def get_activations(self, *_arguments: Any, **_options: Any) -> FloatArray:
        """Raise NotImplementedError: a classifier is its inputs and its scores."""
        raise NotImplementedError("inner layers cannot be read through robaudit")

    def clone_for_refitting(self) -> Any:
        """Raise NotImplementedError: a classifier is trained on, never from scratch."""
        raise NotImplementedError("a classifier of robaudit cannot be trained from scratch")

    def _prepared(self, x: Any) -> FloatArray:
        """Bring inputs into float32, since some attacks compute in float64, and apply defences."""
        pixels, _ = self._apply_preprocessing(np.asarray(x, dtype=np.float32), None, fit=False)
        return np.asarray(pixels)

    def _scores(
        self, x: FloatArray, batch_size: int | None = None, model: Classifier | None = None
    ) -> FloatArray:
        model, spec = model or self._model, self._model.spec
        parts = slices(len(x), batch_size or batch_size_for(spec))
        empty = np.zeros((0, spec.classes), dtype=np.float32)  # also the least type that comes out
        return np.concatenate([empty, *(model.predict(x[part]) for part in parts)])

    def _targets(self, y: Any) -> FloatArray:
        """Bring labels (n,) or (n, 1), one-hot rows or probabilities to probabilities.

        ART marks every best class of a tie; the first of them counts.
        """
        targets, classes = np.asarray(y), self._model.spec.classes
        if targets.ndim == 2 and targets.shape[1] > 1:
            if not np.isin(targets, (0, 1)).all():
                return targets
            targets = targets.argmax(axis=1)
        return one_hot(targets.ravel().astype(np.int64), classes)


class _Gradients(_Predictions):
    """What ART asks of classifiers with gradients."""

    _apply_preprocessing_gradient: Any

    def loss_gradient(self, x: Any, y: Any, **_options: Any) -> FloatArray:
        """Differentiate each input's own loss: like x, not divided by how many there are."""
        pixels, targets, logits = self._prepared(x), self._targets(y), at_logits(self._model)
        self._check_gradients(logits)
        found = [pixels[:0]]
        for part in slices(len(pixels), batch_size_for(logits.spec)):
            scores, pull = pull_back(logits, pixels[part])
            found.append(pull(cross_entropy_cotangent(scores, targets[part], logits.spec.scores)))
            del pull  # what the adapter keeps for it, before the next pass
        gradients = np.concatenate(found)
        return np.asarray(self._apply_preprocessing_gradient(x, gradients))

    def class_gradient(self, x: Any, label: Any = None, **_options: Any) -> FloatArray:
        """Differentiate scores: (n, classes, *shape), or (n, 1, *shape) for one class an input.

        ``label`` is a class, or one for each input, or ``None`` for all classes.
        Raises ValueError for labels that do not exist.
        """
        pixels, model = self._prepared(x), self._model
        classes = model.spec.classes
        if label is None:
            wanted = np.tile(np.arange(classes), (len(pixels), 1))
        else:
            wanted = np.broadcast_to(np.asarray(label), len(pixels))[:, None]
        if not np.isin(wanted, np.arange(classes)).all():
            raise ValueError(f"label {label}, for a model of {classes} classes")
        self._check_gradients(model)
        found = [np.zeros((0, wanted.shape[1], *pixels.shape[1:]), dtype=np.float32)]
        for part in slices(len(pixels), batch_size_for(model.spec)):
            _, pull = pull_back(model, pixels[part])
            columns = [pull(one_hot(column, classes)) for column in wanted[part].T]
            found.append(np.stack(columns, axis=1))
            del pull  # what the adapter keeps for it, before the next pass
        gradients = np.concatenate(found)
        return np.asarray(self._apply_preprocessing_gradient(x, gradients))

    def _check_gradients(self, model: Classifier) -> None:
        if model.vjp is None:
            raise NotImplementedError(f"{self._model.name} gives no gradients since it was trained")
