"""Two audits beside each other: what changed, and whether that is more than chance."""

from robaudit.comparing.comparison import compare as compare
from robaudit.comparing.findings import Findings as Findings
from robaudit.comparing.findings import findings_of as findings_of
