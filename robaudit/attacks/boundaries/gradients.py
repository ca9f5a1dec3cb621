"""What asks a classifier for gradients of its scores: those of its logits, where it has them."""

from robaudit.errors import UsageError
from robaudit.losses import at_logits
from robaudit.types import Classifier, VectorJacobianProduct, why_no_gradients


def with_gradients(
    classifier: Classifier, purpose: str
) -> tuple[Classifier, VectorJacobianProduct]:
    """Give what offers a classifier's scores with their gradients, and these.

    Raises UsageError, which names the ``purpose``, where there are none.
    """
    scored = at_logits(classifier)
    if scored.vjp is None or scored.spec.scores == "labels":
        why = why_no_gradients(classifier)
        raise UsageError(
            f"{classifier.name} has no gradients" + (f" ({why})" if why else ""),
            expected=f"a classifier with `vjp` {purpose}",
        )
    return scored, scored.vjp
