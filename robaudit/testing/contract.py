"""The contract of a classifier, whichever adapter opened it, as a test class to inherit.

In the tests of an adapter, run by pytest::

    from robaudit.testing import AdapterContract

    class TestMine(AdapterContract):
        saved_as = "model.mine"

        def make_classifier(self):
            return robaudit.load("tests/small.mine")

        def load(self, path):
            return robaudit.load(path)

Each check is a method named as a sentence. What a classifier cannot do is
skipped, with the reason.
"""

from robaudit.testing.course_checks import CourseChecks
from robaudit.testing.gradient_checks import ArtChecks, GradientChecks
from robaudit.testing.resuming_checks import ResumingChecks
from robaudit.testing.score_checks import ProberChecks, ScoreChecks
from robaudit.testing.training_checks import SavingChecks
from robaudit.testing.weights_checks import WeightsChecks


class AdapterContract(
    ScoreChecks,
    ProberChecks,
    GradientChecks,
    CourseChecks,
    ResumingChecks,
    WeightsChecks,
    SavingChecks,
    ArtChecks,
):
    """All checks; a subclass gives ``make_classifier``, and ``load`` where the classifier saves.

    ``make_classifier`` makes the same classifier anew each time, which need not
    have a good accuracy, only a small size. ``saved_as`` is the name of the file to
    save. Overriding ``draw_inputs`` tries real inputs, and ``training_plan`` another
    training.
    """
