"""Two audits beside each other: what changed, and whether that is more than chance."""

from robaudit.comparison.comparison import compare as compare
from robaudit.record.findings import Findings as Findings
from robaudit.record.findings import findings_of as findings_of
