"""The options that say in which other formats results are written, and where."""

from robaudit.commands.options.option import Option, Table
from robaudit.commands.options.values import path

GATES: Table = (
    Option("--sarif", "write the gates that were not passed as SARIF 2.1.0", "FILE", path),
    Option("--junit", "write the gates as JUnit XML, a case a gate", "FILE", path),
    Option("--markdown", "write verdict, gates and what changed as a short summary", "FILE", path),
)
"""What is drawn of the verdict, of an audit as of a comparison."""

THRESHOLD: Table = (
    Option(
        "--margin-threshold",
        "write at which lead of the best logit a prediction is likely brittle, with its rates, as "
        "JSON for robaudit.read_margin_threshold",
        "FILE",
        path,
    ),
)
"""What is written to be used at inference."""

SAMPLES: Table = (
    Option("--csv", "write what was found of each sample as CSV", "FILE", path),
    Option("--parquet", "write it as Parquet, which needs robaudit[parquet]", "FILE", path),
)
"""What is written of each sample of an audit."""

OUTPUTS: Table = (*GATES, *SAMPLES, *THRESHOLD)
