"""The options that say which processes of which machines do the work."""

from robaudit.commands.options.option import Option
from robaudit.commands.options.values import engine, path, shard, whole

WORKERS = Option(
    "--workers",
    "how many processes of this machine do the work, each with the model opened; where it is too "
    "small for several it is done by one",
    "N",
    whole(1, 999),
)

SHARD = Option(
    "--shard",
    "do part I of N of the work, on whatever machine, and leave it in the folder of the results "
    "for robaudit merge; I from 1",
    "I/N",
    shard,
)

ENGINE = (
    Option(
        "--engine",
        "what does the work; local: processes of this machine; ray: a cluster of Ray that is "
        "started on this machine for the run; else the address of one that is there, HOST:PORT "
        "or ray://HOST:PORT (default: %(default)s)",
        "ENGINE",
        engine,
        default="local",
        words=("local", "ray", "ray://"),
    ),
    Option(
        "--ray-shared",
        "the model, the data and the folder of the results are at the same paths on all machines "
        "of the cluster, so that nothing has to travel through Ray",
        default=False,
    ),
)

OF_SHARDS = (
    Option("--model", "where the model is here (default: where shards had it)", "MODEL"),
    Option("--data", "where the data is here (default: where shards had it)", "DATA", path),
    Option("--trust-model", "run code that the shards say makes the model", default=False),
)
