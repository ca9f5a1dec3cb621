"""Which options every command has. Only parsing is imported here, so that help comes at once."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

from robaudit import __version__
from robaudit.commands.gates import parse_gate
from robaudit.commands.options.argument_parser import COMMAND, Parser
from robaudit.commands.options.attacks import attack_options
from robaudit.commands.options.command import Argument, Command, one_of_words
from robaudit.commands.options.engines import ENGINE, OF_SHARDS, SHARD, WORKERS
from robaudit.commands.options.examples import EXAMPLES as EXAMPLES_OF
from robaudit.commands.options.groups import (
    DEVICES,
    FORCE,
    FORCE_OTHER,
    KEPT_WORK,
    MODEL,
    NO_CACHE,
    OF_AUDITS,
    PRECISION,
    QUIET,
    SEARCH,
    SETTINGS,
    data_options,
    output_option,
)
from robaudit.commands.options.hardening import (
    EXAMPLES,
    KINDS_OF_EXAMPLES,
    MIXTURE,
    TRAINING,
    TRAINING_SEARCH,
)
from robaudit.commands.options.option import Option
from robaudit.commands.options.outputs import GATES, OUTPUTS
from robaudit.commands.options.values import memory, parsed, path
from robaudit.metrics.gates import GATEABLE
from robaudit.search.plan import Reference

_QUICK = replace(next(option for option in SEARCH if option.name == "effort"), default="quick")

_FAIL_UNDER = Option(
    "--fail-under",
    "exit with 1 when METRIC is on the wrong side of VALUE, with 4 when that is not "
    f"sure; repeatable; METRIC: {', '.join(GATEABLE)} (crossing-rate, gini and "
    "mean-corruption-error must stay below); robust-accuracy is that under the "
    "strongest unless an ATTACK is named",
    "METRIC[:ATTACK]=VALUE",
    parse_gate,
    repeatable=True,
    default=[],
    words=tuple(f"{metric}=" for metric in GATEABLE),
)

_FAIL_ON = Option(
    "--fail-on",
    "worse: exit with 1 when the comparison says that something became worse by more than chance",
    choices=("worse",),
)

_FORMATS = ("html", "json", "text", "markdown", "summary", "sarif", "junit", "annotations")

SHELLS = ("bash", "zsh", "fish")
"""Those that can be told what to complete."""


_MODEL = (Argument("model", "MODEL", help="the model: a file, or package.module:function"),)

COMMANDS = (
    Command(
        "scan",
        "audit a model: margins, inequality between classes, a report",
        "Walk from images along random directions until the model's class "
        "changes, and report margins, inequality between classes and how sure that is.",
        _MODEL,
        (
            output_option("folder for audit.json, report.html and rays.npz", "robaudit-report"),
            FORCE_OTHER,
            QUIET,
            _FAIL_UNDER,
            Option(
                "--decide",
                "search as many samples as it takes until each of these gates is decided, or "
                "there are no more (up to --samples)",
                default=False,
            ),
            Option(
                "--baseline",
                "hold the audit against an earlier one, searched and attacked as that was: its "
                "audit.json, or a file of robaudit baseline write; exit with 1 when a figure that "
                "is gated, by default accuracy, that of the worst class and that under the "
                "strongest adversary, is worse by more than chance",
                "FILE",
                path,
            ),
            Option(
                "--update-baseline",
                "put this audit in the place of the baseline where it is better by more than "
                "chance in something gated, and shown to be within max-drop in all else",
                default=False,
            ),
            NO_CACHE,
            *KEPT_WORK,
            SHARD,
            WORKERS,
            *ENGINE,
        ),
        (
            (
                "data",
                (
                    *data_options(),
                    Option(
                        "--reference",
                        "the class that a ray must leave (default: the label where there are "
                        "labels)",
                        choices=get_args(Reference),
                    ),
                ),
            ),
            (
                "model and preprocessing",
                (
                    *(DEVICES if option.name == DEVICES.name else option for option in MODEL),
                    Option(
                        "--randomised",
                        "audit a model that answers differently each time, over several draws",
                        default=False,
                    ),
                ),
            ),
            (
                "search",
                (
                    *SEARCH,
                    Option(
                        "--memory",
                        "without --batch-size the fastest is found by trying, among those of "
                        "batches that take no more than this, such as 500M or 2G (default: half "
                        "of what is free)",
                        "SIZE",
                        memory,
                    ),
                ),
            ),
            ("attacks", attack_options()),
            ("results in other formats", OUTPUTS),
            ("settings", SETTINGS),
        ),
        "Options can be set in robaudit.toml or [tool.robaudit] of pyproject.toml, gates too: "
        "robaudit init writes such a file. "
        "Without --data, a file MODEL.npz beside the model is used, else synthetic inputs.",
    ),
    Command(
        "harden",
        "retrain a model on boundary-crossing examples, and compare before and after",
        "Search training images, make examples that cross the decision boundary, "
        "more of them for vulnerable classes, go on training on them, keep the best epoch, "
        "and compare the model with what it was.",
        _MODEL,
        (
            output_option(
                "folder for the model, comparison.json, report.html and the rest",
                "robaudit-hardened",
            ),
            FORCE,
            QUIET,
            _FAIL_UNDER,
            _FAIL_ON,
            *KEPT_WORK,
            *ENGINE,
        ),
        (
            (
                "data",
                (
                    *data_options("train"),
                    Option(
                        "--test-data",
                        "images to compare on (default: the part test of --data, or val, else a "
                        "fifth held out)",
                        "FILE",
                        path,
                    ),
                    Option(
                        "--validation-data",
                        "images that the model was not trained on, to choose what is kept by "
                        "(default: the --validation-share of the training data)",
                        "FILE",
                        path,
                    ),
                ),
            ),
            ("model and preprocessing", MODEL),
            ("training", TRAINING),
            ("batches of combined", MIXTURE),
            ("examples", (*TRAINING_SEARCH, *EXAMPLES)),
            (
                "search, before and after",  # the same samples in both
                [option for option in SEARCH if option is not PRECISION],
            ),
            ("attacks, before and after", attack_options("quick")),
            ("results in other formats", GATES),
            ("settings", SETTINGS),
        ),
        "The data is split into training, validation and test images: by its own "
        "parts (train, test) where it has some.",
    ),
    Command(
        "examples",
        "write boundary-crossing examples, or mixed images, to train a model on elsewhere",
        "Search training images and write the examples that robaudit harden would train on.",
        _MODEL,
        (output_option("where to", "examples.npz", "FILE"), FORCE, QUIET),
        (
            ("data", data_options("train")),
            ("model and preprocessing", MODEL),
            ("examples", (*KINDS_OF_EXAMPLES, *TRAINING_SEARCH, *EXAMPLES)),
            ("search", [option for option in SEARCH if option not in OF_AUDITS]),
            ("settings", SETTINGS),
        ),
    ),
    Command(
        "init",
        "write settings and gates that a model passes today",
        "Scan a model, and write a file with what was found of it, and with gates that it passes "
        "on new samples in 95 of 100 cases.",
        _MODEL,
        (
            Option(
                "--config",
                "the file to write (default: %(default)s)",
                "FILE",
                path,
                default=Path("robaudit.toml"),
            ),
            FORCE,
            QUIET,
        ),
        (
            ("data", data_options()),
            ("model and preprocessing", MODEL),
            ("search", [_QUICK if o.name == "effort" else o for o in SEARCH if o is not PRECISION]),
            ("attacks", attack_options("quick")),
        ),
    ),
    Command(
        "compare",
        "say what changed between two audits, and whether that is more than chance",
        "Compare two audits of the same images, samples and directions, sample "
        "by sample: margins, classes, accuracy and attacks.",
        [
            Argument(
                when,
                f"{when.upper()}.json",
                path,
                f"the audit.json {when}, with its rays.npz beside it; or their folder",
            )
            for when in ("before", "after")
        ],
        (
            output_option("folder for comparison.json and report.html", "robaudit-comparison"),
            FORCE,
            QUIET,
            _FAIL_UNDER,
            _FAIL_ON,
        ),
        (("results in other formats", GATES), ("settings", SETTINGS)),
    ),
    Command(
        "baseline",
        "make one small file of an audit, for scan --baseline",
        "Write what it takes to hold later audits against this one to a file that is small enough "
        "to commit.",
        (
            one_of_words("action", "what to do", "write"),
            Argument("audit", "AUDIT.json", path, "an audit.json, or the folder that holds it"),
        ),
        (output_option("where to", "robaudit-baseline.npz", "FILE"), FORCE, QUIET),
    ),
    Command(
        "report",
        "write a report again from an audit.json or a comparison.json",
        "Write a report again from the record of an audit, or from a comparison.",
        (
            Argument(
                "record", "AUDIT.json", path, "an audit.json, a comparison.json, or their folder"
            ),
        ),
        (
            Option(
                "--format",
                f"which format (default: %(default)s): {', '.join(_FORMATS)}",
                "FORMAT",
                short="-f",
                default="html",
                words=_FORMATS,
            ),
            output_option(
                "where to (default: report.html beside the record; other formats are printed)",
                None,
                "FILE",
            ),
            Option(
                "--force",
                "overwrite a FILE that is no report of this format, too",
                default=False,
            ),
        ),
    ),
    Command(
        "cache",
        "say what is kept of audits, or remove it",
        "Audits of models that have not changed are taken from a folder for caches.",
        (one_of_words("action", "what to do", "info", "clear"),),
        epilog="ROBAUDIT_CACHE names another folder, or is off; ROBAUDIT_CACHE_SIZE says how large "
        "it may grow, such as 500M (default: 1G).",
    ),
    Command(
        "merge",
        "put the shards of a scan together, and finish it",
        "Read what the shards of a scan have done, made with robaudit scan --shard, and finish "
        "the scan: the results are those of one run that did everything.",
        (Argument("shards", "DIR", path, "the folders of all shards", several=True),),
        (
            output_option("folder for audit.json, report.html and rays.npz", "robaudit-report"),
            *(FORCE_OTHER, QUIET, *KEPT_WORK, *OF_SHARDS),
        ),
        (("results in other formats", OUTPUTS),),
    ),
    Command(
        "clean",
        "remove what a run that was ended has kept in the folder of its results",
        "Remove what was kept to go on from where a run was ended. Results stay.",
        (Argument("folder", "FOLDER", path, "the folder of the results"),),
    ),
    Command(
        "completion",
        "write what lets a shell complete commands, options and their values",
        "Write a script that lets a shell complete commands, options and their values.",
        (one_of_words("shell", "which shell is to read it", *SHELLS),),
        epilog="bash: source <(robaudit completion bash) in ~/.bashrc; zsh: the same with zsh in "
        "~/.zshrc, below compinit; fish: robaudit completion fish | "
        "source in ~/.config/fish/config.fish",
    ),
    Command(
        "adapters",
        "list what kinds of models can be opened",
        "List the adapters that are installed, and those that failed to load.",
    ),
)
"""All commands, in the order of the help."""


def command_named(name: str) -> Command:
    """Find a command, which there must be."""
    return next(command for command in COMMANDS if command.name == name)


def make_parser() -> Parser:
    """Make the parser of all commands; it gives ``command`` and its options."""
    parser = Parser(
        prog="robaudit",
        description="Find out where an image classifier breaks, for which classes, "
        "and how sure that is.",
        epilog="robaudit COMMAND --help tells of a command, with examples.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"robaudit {__version__}")
    commands = parser.add_subparsers(
        metavar="COMMAND", dest=COMMAND, required=True, parser_class=Parser
    )
    for command in COMMANDS:
        own = commands.add_parser(
            command.name,
            help=command.help,
            description=command.description,
            epilog=command.epilog,
            usage=" ".join(["%(prog)s [OPTION ...]", *(of.shown for of in command.arguments)]),
            examples=EXAMPLES_OF.get(command.name, ()),
            allow_abbrev=False,
        )
        for argument in command.arguments:
            own.add_argument(
                argument.name,
                metavar=argument.metavar,
                nargs="+" if argument.several else None,
                type=parsed(argument.read),
                help=argument.help,
            )
        for option in command.options:
            option.add_to(own)
        for heading, table in command.headed:
            group = own.add_argument_group(heading)
            for option in table:
                option.add_to(group)
    return parser
