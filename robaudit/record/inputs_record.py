"""The part of an audit's record that says what was audited."""

from typing import Any

import numpy as np

from robaudit.audit import Audit
from robaudit.preprocessing.choice import Candidate, PreprocessingChoice
from robaudit.preprocessing.class_order import ClassOrder
from robaudit.preprocessing.normalisation import Preprocessing
from robaudit.record.schema.inputs import (
    CandidateRecord,
    ClassOrderRecord,
    DataRecord,
    DeclarationRecord,
    InputRecord,
    LeadRecord,
    ModelRecord,
    PreprocessingRecord,
)
from robaudit.types import Declaration


def describe_model(audit: Audit) -> ModelRecord:
    """Write down the model of an audit."""
    classifier = audit.classifier
    spec = classifier.spec
    return ModelRecord(
        name=classifier.name,
        sha256=classifier.fingerprint,
        adapter=classifier.adapter,
        input=InputRecord(shape=list(spec.shape), low=spec.low, high=spec.high),
        classes=spec.classes,
        class_names=list(spec.class_names) if spec.class_names else None,
        scores=spec.scores,
        capabilities=list(classifier.capabilities),
        details=dict(classifier.details),
    )


def describe_data(audit: Audit) -> DataRecord:
    """Write down the images of an audit, and how they were brought to the model."""
    images = audit.prepared.images
    counts = None
    if images.labels is not None:
        counts = np.bincount(images.labels, minlength=audit.classifier.spec.classes).tolist()
    return DataRecord(
        source=images.source,
        split=images.split,
        sha256=images.sha256,
        synthetic=images.synthetic,
        samples=len(images),
        labelled=images.labels is not None,
        class_counts=counts,
        image_shape=list(images.image_shape),
        pixel_range=list(images.pixel_range),
        preprocessing=_preprocessing(audit.prepared.choice, audit.classifier.declares),
        reference=audit.reference,
    )


def _preprocessing(
    choice: PreprocessingChoice, declares: Declaration | None
) -> PreprocessingRecord:
    candidates, order = choice.candidates, choice.order
    lead = None
    if len(candidates) > 1:
        lead = LeadRecord(
            accuracy=candidates[0].accuracy - candidates[1].accuracy,
            cross_entropy=candidates[1].loss - candidates[0].loss,
        )
    return PreprocessingRecord(
        **_steps_of(choice.preprocessing),
        how=choice.how,
        clear=choice.clear,
        lead=lead,
        tried_on=choice.samples,
        candidates=[_candidate(candidate) for candidate in candidates],
        tried=choice.tried,
        declared=None if declares is None else _declaration(declares),
        class_order=None if order is None else _class_order(order),
    )


def _declaration(declares: Declaration) -> DeclarationRecord:
    return DeclarationRecord(
        source=declares.source,
        mean=None if declares.mean is None else list(declares.mean),
        std=None if declares.std is None else list(declares.std),
        input_range=None if declares.input_range is None else list(declares.input_range),
        channels=declares.channels,
    )


def _class_order(order: ClassOrder) -> ClassOrderRecord:
    return ClassOrderRecord(
        class_of_output=[None if c < 0 else c for c in order.class_of_output.tolist()],
        accuracy=order.accuracy,
        accuracy_in_order=order.accuracy_in_order,
        samples=order.samples,
    )


def _steps_of(preprocessing: Preprocessing) -> dict[str, Any]:
    return {
        "name": preprocessing.name,
        "mean": list(preprocessing.mean),
        "std": list(preprocessing.std),
        "layout": preprocessing.arrangement.layout,
        "channels": preprocessing.arrangement.channels,
        "exchanged": preprocessing.arrangement.exchanged,
        "inverted": preprocessing.inverted,
    }


def _candidate(candidate: Candidate) -> CandidateRecord:
    return CandidateRecord(
        **_steps_of(candidate.preprocessing),
        accuracy=candidate.accuracy,
        cross_entropy=candidate.loss,
        not_numbers=candidate.not_numbers,
    )
