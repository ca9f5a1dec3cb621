"""What a command keeps of its work, so that the same command goes on where it stopped."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from robaudit.batches import Blocks, Keeping, Share
from robaudit.commands.from_options import code_of
from robaudit.commands.supervision import tell_keeping
from robaudit.commands.watch import GOES_ON
from robaudit.data.images import Images
from robaudit.errors import ClassifierError, OutputError, RobauditError, UsageError
from robaudit.phrases import printable
from robaudit.record.audit_fingerprint import computing
from robaudit.record.work_fingerprint import work_on
from robaudit.storage.fingerprint import fingerprint
from robaudit.storage.shard import (
    BLOCKS,
    MANIFEST,
    Manifest,
    Shard,
    check_same,
    take_back,
    write_shard,
)
from robaudit.storage.work_folder import Owner, WorkFolder
from robaudit.types import Classifier


class KeptWork:
    """The work of a command whose results go to the folder of its options.

    It may be one share of a run, or go on from all ``shards`` of one.
    """

    def __init__(self, options: argparse.Namespace, shards: Sequence[Shard] = ()) -> None:
        self._options, self._shards = options, shards
        self._share: Share | None = getattr(options, "shard", None)  # a hardening has none
        self._folder = WorkFolder(options.out, self._tell)
        self._keeping: Keeping | None = None
        self._manifest: Manifest | None = None
        self._begun = False

    def blocks(
        self,
        classifier: Classifier,
        images: Images | None,
        is_to_stop: Callable[[], bool],
        **asked: Any,
    ) -> Blocks:
        """Give the blocks of work on a model and data, as far as these can be told from others.

        Raises UsageError where the folder holds unfinished work on others, or where shards are
        of another run: of another model, data, or not as ``asked`` for.
        """
        options = self._options
        work = work_on(classifier, images, device=options.device, code=code_of(options))
        if work is None and (self._share or self._shards):
            raise UsageError(
                "shards of a model that code makes, and that does not answer the same each time",
                expected="one that can be told from others",
            )
        if work is None:
            self._tell(
                "what is done is not kept: code makes this model, and it does not answer the same "
                "each time, so it cannot be told from another"
            )
            return Blocks(Keeping(is_to_stop=is_to_stop))
        owner = Owner(options.model, work.model, images.source if images else "none", work.data)
        if self._shards or self._share:
            share = self._share or Share(1, self._shards[0].manifest.of)
            manifest = self._manifest = Manifest(
                share.number,
                share.of,
                options.command_line,
                **vars(owner),
                asked=fingerprint(**asked),
                computing=computing(classifier, options.device),
            )
            for first in self._shards[:1]:
                here = replace(manifest, began_with=first.manifest.began_with)
                check_same(first, here, "what is asked for here")
        if self._share and not options.fresh:
            take_back(options.out, self._folder.own, manifest)
        journal = self._folder.journal(owner, beside=[shard.blocks for shard in self._shards])
        tell_keeping(keeps=True)
        self._keeping = Keeping(journal, is_to_stop, self._tell, share=self._share)
        return Blocks(self._keeping, work.whole)

    def as_named_in_shards(self, images: Images | None) -> Images | None:
        """Call images what they are called in the shards, wherever they lie by now."""
        if images is None or not self._shards:
            return images
        return replace(images, source=self._shards[0].manifest.data)

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

    def hand_over(self) -> list[Path]:
        """Leave the blocks of a share that is done, with what they are, as its results."""
        if self._keeping is None or self._manifest is None:
            raise ValueError("this is no share of a run")
        self._keeping.write()
        manifest = replace(self._manifest, began_with=self._keeping.began_with)
        write_shard(self._options.out, self._folder.own, manifest)
        self._folder.clear()
        return [self._options.out / name for name in (MANIFEST, BLOCKS)]

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
def kept_work(options: argparse.Namespace, shards: Sequence[Shard] = ()) -> Iterator[KeptWork]:
    """Work inside this in the folder of the results: what is done is kept if it is ended."""
    work = KeptWork(options, shards)
    try:
        yield work
    except BaseException as error:
        work.save(error)
        raise
    finally:
        work.end()
