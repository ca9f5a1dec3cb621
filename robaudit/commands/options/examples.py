"""Command lines to begin with, which stand at the end of each command's help."""

from collections.abc import Mapping, Sequence

EXAMPLES: Mapping[str, Sequence[str]] = {
    "scan": (
        "robaudit scan model.onnx --data images.npz",
        "robaudit scan model.onnx --data images.npz --effort quick --attacks quick",
        "robaudit scan model.onnx --data images.npz --fail-under accuracy=0.97",
        "robaudit scan model.onnx --data photos/ --image-size 224x224 --class-names names.txt",
        "robaudit scan weights.pth --factory 'networks.py:small(width=16)' --data mnist.npz",
        "robaudit scan package.module:predict --data images.npz --attack pgd:epsilon=8/255",
        "robaudit scan model.onnx --data images.npz --baseline baseline.npz",
    ),
    "harden": (
        "robaudit harden model.onnx --data images.npz -o hardened/",
        "robaudit harden model.onnx --data images.npz --method adversarial --epochs 3",
    ),
    "examples": ("robaudit examples model.onnx --data images.npz -o examples.npz",),
    "init": (
        "robaudit init model.onnx --data images.npz",
        "robaudit init model.onnx --data images.npz --effort standard --config audit.toml",
    ),
    "baseline": ("robaudit baseline write robaudit-report/ -o baseline.npz",),
    "compare": (
        "robaudit compare before/audit.json after/audit.json",
        "robaudit compare before/ after/ -o comparison/ --force",
    ),
    "report": (
        "robaudit report robaudit-report/",
        "robaudit report robaudit-report/audit.json --format markdown",
    ),
    "merge": ("robaudit merge robaudit-report-1-of-2 robaudit-report-2-of-2 -o merged",),
    "clean": ("robaudit clean robaudit-report",),
    "cache": ("robaudit cache info", "robaudit cache clear"),
    "completion": ("robaudit completion bash", "robaudit completion fish"),
    "adapters": ("robaudit adapters",),
}
