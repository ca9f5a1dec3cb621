"""Where an image classifier breaks, for which classes, and how sure that is.

>>> import robaudit
>>> classifier = robaudit.load("examples/digits.onnx")
>>> images = robaudit.read_images("examples/digits.npz")
>>> audit = robaudit.scan(classifier, images, plan="quick")
>>> robaudit.make_record(audit)["plan"]["samples"]
600

These names are what most users need, and are loaded when they are first asked
for. `robaudit.hardening` has the stages of `harden`, one by one. What else adapters and
reports need is public where it is defined, in the files at the top: `robaudit.errors`,
`types`, `phrases`, `requirements`, `model_files`, `opening`, `predicting`, `batches`,
`losses`, `user_code` and `plugins`, and in `robaudit.record` with its `schema`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robaudit.attacks.art_bridge import art_estimator as art_estimator
    from robaudit.attacks.assessment import AttackPlan as AttackPlan
    from robaudit.attacks.attack_images import attack_images as attack_images
    from robaudit.attacks.boundaries.detection import measure_detection as measure_detection
    from robaudit.attacks.boundaries.opt_margin import OptMargin as OptMargin
    from robaudit.attacks.boundaries.opt_margin import opt_margin as opt_margin
    from robaudit.attacks.boundaries.region import region_classifier as region_classifier
    from robaudit.attacks.boundaries.subspace import (
        adversarial_directions as adversarial_directions,
    )
    from robaudit.attacks.catalogue import parse_attack as parse_attack
    from robaudit.attacks.common_corruptions.error import corruption_error as corruption_error
    from robaudit.attacks.run import robust_accuracy as robust_accuracy
    from robaudit.attacks.torch_bridge import torch_module as torch_module
    from robaudit.audit import Audit as Audit
    from robaudit.audit import scan as scan
    from robaudit.comparison import compare as compare
    from robaudit.data.files import read_images as read_images
    from robaudit.data.images import Images as Images
    from robaudit.data.memory.in_memory import images_from_arrays as images_from_arrays
    from robaudit.errors import RobauditError as RobauditError
    from robaudit.hardening.harden import harden as harden
    from robaudit.hardening.plan import HardeningPlan as HardeningPlan
    from robaudit.hardening.plan import hardening_preset as hardening_preset
    from robaudit.opening import OpenOptions as OpenOptions
    from robaudit.plugins import Adapter as Adapter
    from robaudit.plugins import Report as Report
    from robaudit.plugins import TextLayout as TextLayout
    from robaudit.plugins import load as load
    from robaudit.preprocessing.candidates import PreprocessingRequest as PreprocessingRequest
    from robaudit.record import make_record as make_record
    from robaudit.record.margin_threshold import read_margin_threshold as read_margin_threshold
    from robaudit.record.read import read_findings as read_findings
    from robaudit.record.write import write_audit as write_audit
    from robaudit.search.plan import SearchPlan as SearchPlan
    from robaudit.search.plan import preset as preset
    from robaudit.storage.memory import keep_freed_memory as keep_freed_memory
    from robaudit.types import Classifier as Classifier
    from robaudit.types import InputSpec as InputSpec
    from robaudit.types import Samples as Samples
    from robaudit.types import TrainPlan as TrainPlan

__version__ = "0.1.0"

_HOMES = {  # the public names, and where each is defined
    "Adapter": "robaudit.plugins",
    "AttackPlan": "robaudit.attacks.assessment",
    "Audit": "robaudit.audit",
    "Classifier": "robaudit.types",
    "HardeningPlan": "robaudit.hardening.plan",
    "Images": "robaudit.data.images",
    "InputSpec": "robaudit.types",
    "OpenOptions": "robaudit.opening",
    "OptMargin": "robaudit.attacks.boundaries.opt_margin",
    "PreprocessingRequest": "robaudit.preprocessing.candidates",
    "Report": "robaudit.plugins",
    "RobauditError": "robaudit.errors",
    "Samples": "robaudit.types",
    "SearchPlan": "robaudit.search.plan",
    "TextLayout": "robaudit.plugins",
    "TrainPlan": "robaudit.types",
    "adversarial_directions": "robaudit.attacks.boundaries.subspace",
    "art_estimator": "robaudit.attacks.art_bridge",
    "attack_images": "robaudit.attacks.attack_images",
    "compare": "robaudit.comparison",
    "corruption_error": "robaudit.attacks.common_corruptions.error",
    "harden": "robaudit.hardening.harden",
    "hardening_preset": "robaudit.hardening.plan",
    "images_from_arrays": "robaudit.data.memory.in_memory",
    "keep_freed_memory": "robaudit.storage.memory",
    "load": "robaudit.plugins",
    "make_record": "robaudit.record",
    "measure_detection": "robaudit.attacks.boundaries.detection",
    "opt_margin": "robaudit.attacks.boundaries.opt_margin",
    "parse_attack": "robaudit.attacks.catalogue",
    "preset": "robaudit.search.plan",
    "read_findings": "robaudit.record.read",
    "read_images": "robaudit.data.files",
    "read_margin_threshold": "robaudit.record.margin_threshold",
    "region_classifier": "robaudit.attacks.boundaries.region",
    "robust_accuracy": "robaudit.attacks.run",
    "scan": "robaudit.audit",
    "torch_module": "robaudit.attacks.torch_bridge",
    "write_audit": "robaudit.record.write",
}

__all__ = list(_HOMES)
__all__ += ["__version__"]


def __getattr__(name: str) -> Any:
    """Load a public name from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'robaudit' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names, whether they are loaded or not."""
    return list(__all__)
