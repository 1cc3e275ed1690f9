"""Tables. Everything that decides anything is insert-only (see `governance.triggers`)."""

from governance.models.account import ApiToken, CodeMemory, Device, SignIn
from governance.models.attachment import Attachment
from governance.models.audit_finding import AuditFinding
from governance.models.candidate import Candidate, CandidateWithdrawn
from governance.models.document import Document, Draft, Reference, Series
from governance.models.exchange import Exchange, ExchangeAnswer, ExchangeGrade
from governance.models.grading import GradingClosed, GradingRound, HumanGrade
from governance.models.identity import Identity, IdentityEnd
from governance.models.job import Attempt, Job, Upload
from governance.models.keys import KeyringVersion
from governance.models.ledger import Checkpoint, LedgerEntry, LedgerEvent, LedgerOpening, LedgerSubject
from governance.models.notice import CalendarFeed, Notice, NoticeChoice
from governance.models.organisation import Organisation, Project, RoleGrant, RoleRevocation, User
from governance.models.passkey import (
    Passkey,
    PasskeyRevocation,
    PasskeyUse,
    PasskeyVouch,
    PreparedEnrolment,
    PreparedProof,
    PreparedSignature,
)
from governance.models.reading import AccessRecord
from governance.models.report import Report
from governance.models.signer import SignerRecord
from governance.models.signoff import (
    Comment,
    Condition,
    ConditionHandover,
    ConditionMet,
    Delegation,
    DelegationEnd,
    Rejection,
    RequestSubject,
    Review,
    ReviewClosed,
    Revocation,
    Signature,
    SignoffRequest,
    Withdrawal,
)
from governance.models.witness import Contradiction, Cosignature, Delivery

__all__ = [
    "AccessRecord",
    "ApiToken",
    "Attachment",
    "Attempt",
    "AuditFinding",
    "CalendarFeed",
    "Candidate",
    "CandidateWithdrawn",
    "Checkpoint",
    "CodeMemory",
    "Comment",
    "Condition",
    "ConditionHandover",
    "ConditionMet",
    "Contradiction",
    "Cosignature",
    "Delegation",
    "DelegationEnd",
    "Delivery",
    "Device",
    "Document",
    "Draft",
    "Exchange",
    "ExchangeAnswer",
    "ExchangeGrade",
    "GradingClosed",
    "GradingRound",
    "HumanGrade",
    "Identity",
    "IdentityEnd",
    "Job",
    "KeyringVersion",
    "LedgerEntry",
    "LedgerEvent",
    "LedgerOpening",
    "LedgerSubject",
    "Notice",
    "NoticeChoice",
    "Organisation",
    "Passkey",
    "PasskeyRevocation",
    "PasskeyUse",
    "PasskeyVouch",
    "PreparedEnrolment",
    "PreparedProof",
    "PreparedSignature",
    "Project",
    "Reference",
    "Rejection",
    "Report",
    "RequestSubject",
    "Review",
    "ReviewClosed",
    "Revocation",
    "RoleGrant",
    "RoleRevocation",
    "Series",
    "SignIn",
    "Signature",
    "SignerRecord",
    "SignoffRequest",
    "Upload",
    "User",
    "Withdrawal",
]
