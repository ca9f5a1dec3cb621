"""Everything that an audit depends on, in one fingerprint; what has none is never kept."""

import hashlib
import platform
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from robaudit.attacks.assessment import AttackPlan
from robaudit.data.images import Images
from robaudit.metrics.gates import Gate
from robaudit.plugins import find_plugins
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.record.audit_record import PACKAGES
from robaudit.requirements import version_of
from robaudit.search.plan import Reference, SearchPlan
from robaudit.storage.fingerprint import fingerprint
from robaudit.types import Classifier

_ADAPTERS = "robaudit.adapters"
_NUMERICS = (*PACKAGES, "h5py", "jaxlib", "pillow", "safetensors", "scipy", "skops", "tf-keras")


def fingerprint_of_audit(
    classifier: Classifier,
    images: Images | None,
    *,
    plan: SearchPlan,
    preprocessing: PreprocessingRequest,
    reference: Reference | None,
    attacks: AttackPlan | None,
    decide: Sequence[Gate] | None,
    device: str,
) -> str | None:
    """Give the SHA-256 of all that `robaudit.scan` depends on; ``None`` where it cannot be known.

    That is the model as it was opened, by its own fingerprint and all facts known of it; the
    images themselves, with what was said of them; what was asked for, of gates only those to
    ``decide``; the code that audits and its adapters'; the versions of what computes; the kind
    of machine and its devices. The size of a batch is left out, as it changes nothing.

    A model has none that may answer differently each time, or whose answers depend on what else
    is in a batch, or that was handed over in memory, of which robaudit knows no file. Who calls
    this answers for the rest: that no code made the model which the fingerprint knows nothing of.
    """
    if not classifier.fingerprint or classifier.randomness or classifier.batch_statistics:
        return None
    try:
        return fingerprint(
            model=facts_of(classifier),
            images=images,
            plan=plan,
            preprocessing=preprocessing,
            reference=reference,
            attacks=attacks,
            # Where a gate was written down does not change what it decides.
            decide=None if decide is None else [replace(gate, source=None) for gate in decide],
            **surroundings(classifier, device),
        )
    except TypeError:  # an adapter says something of it that has no fingerprint
        return None


def surroundings(classifier: Classifier, device: str) -> dict[str, Any]:
    """Give what computes: code, versions, the kind of machine, and its devices."""
    return {
        "device": (device, _devices(classifier.adapter)),
        "code": code_digest(),
        "versions": {name: version_of(name) for name in _NUMERICS},
        "machine": (platform.system(), platform.machine(), platform.python_version()),
    }


def computing(classifier: Classifier, device: str) -> dict[str, str]:
    """Say what computes, each of its parts by itself: see `surroundings`."""
    versions = {name: version_of(name) for name in _NUMERICS}
    return {
        "the code of robaudit": code_digest()[:16],
        "the device": f"{device} of {', '.join(_devices(classifier.adapter)) or 'none'}",
        "the machine": f"{platform.system()} on {platform.machine()}",
        "the version of Python": platform.python_version(),
        **{f"the version of {name}": found for name, found in versions.items() if found},
    }


def facts_of(classifier: Classifier) -> dict[str, Any]:
    """Give all that is known of a model as it was opened, the SHA-256 of its file among it."""
    return {
        "name": classifier.name,
        "sha256": classifier.fingerprint,
        "adapter": classifier.adapter,
        "spec": classifier.spec,
        "capabilities": classifier.capabilities,
        "helpers": (classifier.twin is not None, classifier.logits is not None),
        "doubt": classifier.doubt,
        "declares": classifier.declares,
        "uncalibrated": classifier.uncalibrated,
        "notes": classifier.notes,
        "details": dict(classifier.details),  # files beside its own among them
    }


def _devices(adapter: str) -> tuple[str, ...]:
    """Name the devices that there are for models of an adapter."""
    found = find_plugins(_ADAPTERS).loaded.get(adapter)
    return tuple(found.devices()) if found is not None else ()


@cache
def code_digest() -> str:
    """Give the SHA-256 of robaudit's own code, and that of all adapters, with their versions.

    A version alone would not do: it stays the same while somebody works on the code.
    """
    digest = hashlib.sha256()
    for name in sorted({"robaudit", *_modules_of_adapters()}):
        digest.update(f"{name}\n".encode())
        for path in _sources_of(name):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _modules_of_adapters() -> Iterator[str]:
    return (entry.module.partition(".")[0] for entry in entry_points(group=_ADAPTERS))


def _sources_of(module: str) -> list[Path]:
    found = find_spec(module)
    if found is None or found.origin is None:
        return []
    origin = Path(found.origin)
    return sorted(origin.parent.rglob("*.py")) if found.submodule_search_locations else [origin]
