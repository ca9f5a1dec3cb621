"""What stands at the head of every report: of margins, and of attacks where there are any."""

from robaudit.record.schema.audit import AuditRecord
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import audit as view
from robaudit_report.view import beside
from robaudit_report.view import verdict as audit_verdict


def verdict(record: AuditRecord) -> str:
    """Sum up an audit in a few sentences."""
    return " ".join([*audit_verdict.verdict(record), *attack_view.verdict(record)])


def figures(record: AuditRecord) -> list[view.Figure]:
    """List the headline figures."""
    return [*view.figures(record), *attack_view.figures(record), *beside.figures(record)]
