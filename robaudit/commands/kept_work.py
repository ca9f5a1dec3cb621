"""What a command keeps of its work, so that the same command goes on where it stopped."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from robaudit.batches import Blocks, Keeping
from robaudit.commands.from_options import code_of
from robaudit.commands.supervision import tell_keeping
from robaudit.commands.watch import GOES_ON
from robaudit.data.images import Images
from robaudit.errors import ClassifierError, OutputError, RobauditError
from robaudit.phrases import printable
from robaudit.record.work_fingerprint import work_on
from robaudit.storage.work_folder import Owner, WorkFolder
from robaudit.types import Classifier


class KeptWork:
    """The work of a command whose results go to the folder of its options."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._folder = WorkFolder(options.out, self._tell)
        self._keeping: Keeping | None = None
        self._begun = False

    def blocks(
        self,
        classifier: Classifier,
        images: Images | None,
        is_to_stop: Callable[[], bool],
    ) -> Blocks:
        """Give the blocks of work on a model and data, as far as these can be told from others.

        Raises UsageError where the folder holds unfinished work on others.
        """
        options = self._options
        work = work_on(classifier, images, device=options.device, code=code_of(options))
        if work is None:
            self._tell(
                "what is done is not kept: code makes this model, and it does not answer the same "
                "each time, so it cannot be told from another"
            )
            return Blocks(Keeping(is_to_stop=is_to_stop))
        journal = self._folder.journal(
            Owner(options.model, work.model, images.source if images else "none", work.data)
        )
        tell_keeping(keeps=True)
        self._keeping = Keeping(journal, is_to_stop, self._tell)
        return Blocks(self._keeping, work.whole)

    def begin(self) -> None:
        """Begin to work in the folder. Raises UsageError where another run does."""
        self._folder.open()
        self._begun = True
        if self._options.fresh:
            self._folder.clear()

    def finish(self) -> None:
        """Remove what was kept, since the results are whole, unless it is to stay."""
        if self._keeping is None:  # what lies there is work of others
            return
        if self._options.keep_blocks:
            self._keeping.write()
        else:
            self._folder.clear()

    def save(self, error: BaseException) -> None:
        """Write what there is where something ended the work, and say how to go on."""
        if self._keeping is None or _is_of_what_was_asked(error):
            return
        if not isinstance(error, OutputError):
            self._keeping.write()
        if self._folder.has_work:
            self._tell(f"what was done is kept in {self._folder.folder}: {GOES_ON}")

    def end(self) -> None:
        """Leave the folder to others."""
        if self._begun:
            self._folder.close()
            tell_keeping(keeps=False)

    def _tell(self, sentence: str) -> None:
        if not self._options.quiet:
            sys.stderr.write(f"{printable(sentence)}\n")


def _is_of_what_was_asked(error: BaseException) -> bool:
    """Tell whether the same command would come to the same error again."""
    return isinstance(error, RobauditError) and not isinstance(error, OutputError | ClassifierError)


@contextmanager
def kept_work(options: argparse.Namespace) -> Iterator[KeptWork]:
    """Work inside this in the folder of the results: what is done is kept if it is ended."""
    work = KeptWork(options)
    try:
        yield work
    except BaseException as error:
        work.save(error)
        raise
    finally:
        work.end()
