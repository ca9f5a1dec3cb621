"""Judging models as they come out of training, and holding on to the one that is kept."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from robaudit.batches import Blocks
from robaudit.hardening.allowance import is_within, worst_class
from robaudit.hardening.averaging import AveragedWeights
from robaudit.hardening.plan import HardeningPlan
from robaudit.hardening.resuming import TrainingKeeper, blocks_of
from robaudit.hardening.runs import Epoch, Kept, Run, best_epoch, is_better
from robaudit.hardening.validation import Judge, Judgement, what_judges
from robaudit.types import Classifier, Progress


@dataclass(frozen=True)
class Judging:
    """Judges classifiers, and keeps what is done of that."""

    judge: Callable[[Classifier], Judgement]
    blocks: Blocks

    def __call__(self, classifier: Classifier) -> Judgement:
        """Judge a classifier, unless that was done before."""
        blocks = blocks_of(self.blocks, classifier, judge=what_judges(self.judge))
        return blocks.done("judgements", Judgement, lambda: self._judged(classifier, blocks))

    def _judged(self, classifier: Classifier, blocks: Blocks) -> Judgement:
        if isinstance(self.judge, Judge):
            return self.judge(classifier, blocks)
        return self.judge(classifier)


class Watched:
    """Judges the epochs that may be kept as they come, and holds on to the best.

    Where the last is kept whatever it does no other is judged, which takes as long as an epoch of
    a small training does.
    """

    def __init__(
        self,
        run: Run,
        judge: Callable[[Classifier], Judgement],
        plan: HardeningPlan,
        keeper: TrainingKeeper,
        average: AveragedWeights | None,
        progress: Progress,
    ) -> None:
        self.run, self._average = run, average
        self._judge, self._plan, self._keeper, self._progress = judge, plan, keeper, progress

    def take_up(self, classifier: Classifier) -> None:
        """Take the classifier of the best epoch of those that were judged before."""
        epoch = best_epoch(self._keeper.epochs, self.run.best, self._plan)
        if epoch is not None:
            self._keep(epoch, self._averaged(classifier))

    def see(self, number: int, classifier: Classifier) -> None:
        """Judge the classifier of one epoch, or the average up to it, if it may be kept."""
        if self._plan.keep == "best" or number == self._plan.epochs:
            self._judge_and_keep(number, self._averaged(classifier))
        self._progress("training", number, self._plan.epochs)

    def _judge_and_keep(self, number: int, classifier: Classifier) -> None:
        epoch = self._keeper.judged(number, classifier, lambda: self._judged(number, classifier))
        if is_better(epoch, self.run.best, self._plan):
            self._keep(epoch, classifier)
            self._keeper.keep_best()

    def _averaged(self, classifier: Classifier) -> Classifier:
        return classifier if self._average is None else self._average.of(classifier)

    def _judged(self, number: int, classifier: Classifier) -> Epoch:
        judgement, original = self._judge(classifier), self.run.original
        within = is_within(judgement, original, self._plan)
        return Epoch(number, judgement, within, worst_class(judgement, original, self._plan))

    def _keep(self, epoch: Epoch, classifier: Classifier) -> None:
        kept = Kept(len(self.run.rounds) + 1, epoch.number)
        self.run = replace(self.run, best=epoch.judgement, kept=kept, classifier=classifier)
