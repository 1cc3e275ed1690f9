"""Recorded sessions: messages, answers and grades against their leaves."""

from governance import events
from governance.models import Exchange, ExchangeAnswer, ExchangeGrade
from governance.selectors.verification.tables import Table, Tables

_TABLES = (
    Table(
        "message of a session",
        (events.MESSAGE_SENT,),
        Exchange.objects.select_related("by"),
        lambda row, leaf: {
            "job": (str(row.job_id), leaf.data.get("job")),
            "exchange": (str(row.pk), leaf.data.get("exchange")),
            "number": (row.number, leaf.data.get("number")),
            "message": (row.sha256, leaf.data.get("message")),
        },
    ),
    Table(
        "answer in a session",
        (events.ANSWER_GIVEN,),
        ExchangeAnswer.objects.select_related("exchange"),
        lambda row, leaf: {
            "job": (str(row.exchange.job_id), leaf.data.get("job")),
            "exchange": (str(row.exchange_id), leaf.data.get("exchange")),
            "attempt": (str(row.attempt_id), leaf.data.get("attempt")),
            "answer": (row.sha256, leaf.data.get("answer")),
        },
        by=lambda row: "system",
    ),
    Table(
        "grade in a session",
        (events.EXCHANGE_GRADED,),
        ExchangeGrade.objects.select_related("by", "exchange"),
        lambda row, leaf: {
            "job": (str(row.exchange.job_id), leaf.data.get("job")),
            "exchange": (str(row.exchange_id), leaf.data.get("exchange")),
            "grade": (str(row.pk), leaf.data.get("grade")),
            "severity": (row.severity, leaf.data.get("severity")),
            "failure mode": (row.failure_mode or None, leaf.data.get("failure_mode")),
            "scores": (row.scores, leaf.data.get("scores")),
        },
    ),
)


class Exchanges(Tables):
    """Compares what was said in sessions with the entries that name it."""

    tables = _TABLES
