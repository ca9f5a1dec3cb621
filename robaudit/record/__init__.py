"""What an audit leaves behind: its record, written down, written to files and read back."""

from robaudit.record.audit_record import make_record as make_record
from robaudit.record.audit_record import to_json as to_json
