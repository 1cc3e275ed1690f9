"""What every page and page one of a report must say: furniture, title, facts, exceptions, the visible seal."""

from collections import Counter
from collections.abc import Iterable

from governance.proof.checks import periods as period_checks
from governance.proof.checks.facts import Facts, certificate_digest, role
from governance.proof.formats.envelope import SHELF
from governance.proof.formats.fields import moment
from governance.proof.pages import access, answers, clauses, failures, qualification, rebuilt, sentences
from governance.proof.pages import exceptions as page_exceptions
from governance.proof.pages import periods as page_periods
from governance.proof.pages.compare import Expected, alike, beginning, clipped, lined, rows_of, shown, tables_of
from governance.proof.pages.report import Report
from governance.proof.reading.text import Element
from governance.proof.words import running_text, watermark
from governance.proof.words.printed import capital, count, plural
from governance.proof.words.printed import moment as told
from governance.proof.words.style import SERIF

PARTS = ["P", "H1", "P", "Table", "H2", "L", "H2", "L", "H2", "L"]
"""what page one is made of"""


def furniture(report: Report) -> None:
    """Compare running title, footer and edge of every page; the standing of the subject was read before."""
    facts, count_ = report.facts, report.pages.count
    kind, mark = report.kind(), _mark(report)
    foot = [
        "Subject", facts.subject, f"Checkpoint at {count(facts.size)} entries, root", facts.root,
    ]  # fmt: skip
    for number, (head, found) in enumerate(zip(report.pages.heads, report.pages.feet, strict=True), start=1):
        if found != [*foot, f"Page {number} of {count_}"]:
            report.found.wrong(number, f"its footer says {' '.join(found)!r}, expected {' '.join(foot)!r}, its number")
        if number == 1:
            if head:
                report.found.wrong(number, f"it has the running title {head[0]!r}, expected none on page one")
        elif len(head) != 2 or not clipped(head[0], f"{kind}: {report.title}"):
            report.found.wrong(number, f"its running title is {' '.join(head)!r}, expected '{kind}: {report.title}'")
        edge = report.pages.edges[number - 1]
        if edge != (watermark.edge(mark) if mark else ""):
            report.found.wrong(number, f"the mark along its edge is {edge!r}, expected {mark!r} by the standing")


def _mark(report: Report) -> str:
    """Return the mark of every page: of the standing that is printed of the subject, where it is a document told of."""
    facts = report.facts
    status = None if facts.receipt or report.brief else report.standing.get(facts.subject)
    return watermark.word(status) if status is not None else ""


def page_one(report: Report) -> None:
    """Compare what page one says."""
    found, page = report.found, report.first
    texts = [part for part in page.kids if part.tag == "P"]
    tags = [part.tag for part in page.kids]
    if tags != PARTS:
        found.wrong(1, f"it is made of {' '.join(tags)}, expected {' '.join(PARTS)}")
    kicker = f"Countersign · {report.kind()}"
    if not texts or texts[0].text.replace("   ", " ") != kicker:
        found.wrong(1, f"it begins {texts[0].text if texts else ''!r}, expected {kicker!r}")
    for part in page.kids:
        if part.tag == "H1":
            found.text(part, report.title, "the title")
    _project(report)
    _about(report, texts[1].text if len(texts) > 1 else "")
    found.leave("page one", "the project’s name")
    _facts_of_page_one(report)
    _exceptions(report, page)
    if not alike(report.pages.title, f"{report.kind()}: {report.title}"):
        found.wrong(1, f"the file is called {report.pages.title!r}, expected '{report.kind()}: {report.title}'")
    _seal(report)


def _about(report: Report, where: str) -> None:
    """Compare what the report is said to be about."""
    facts, found = report.facts, report.found
    if facts.whole and facts.evidence.report.parameters:
        found.wrong(1, f"the evidence says that more was asked: {facts.evidence.report.parameters}")
    if report.told is not None:
        sentences.called(report, report.told, where)
    elif not facts.whole:
        found.leave("page one", "the title")
    elif facts.receipt:
        if not where.startswith("A signature in the records of "):
            found.wrong(1, f"it is said to be {where!r}, expected a signature in the records")
    else:
        label = capital(facts.label(facts.subject) or "")
        if not where.startswith(f"{label} of the project "):
            found.wrong(1, f"it is said to be {where!r}, expected {label!r}")
    if facts.dossier:
        found.leave("everywhere", "which documents a dossier tells of beside the lineage")


def _project(report: Report) -> None:
    """The report is of the project that its documents are of; a document of the shelf is shown in every project."""
    facts = report.facts
    about = facts.documents.get(facts.subject)
    project = facts.evidence.report.project
    expected = facts.subject.removeprefix("project:") if facts.subject.startswith("project:") else project
    if facts.subject == "organisation":
        expected = None  # its reports hide nothing; one of a project leaves out what is of others
    if about is not None and about.project != SHELF:
        expected = about.project
    if project != expected:
        report.found.wrong(1, f"the evidence is of the project {project}, what it tells of is of {expected}")


def _facts_of_page_one(report: Report) -> None:
    facts, found = report.facts, report.found
    time = moment(facts.last.time) if facts.last is not None else None
    rows: list[tuple[str, Expected]] = [
        ("Subject", facts.subject),
        ("As of", f"{told(time)}, the time of the last ledger entry covered" if time else None),
    ]
    mark = _mark(report)
    rows += [(watermark.LABEL, watermark.said(mark))] if mark else []
    signed = sum(len(report.signatures_on(digest)) for digest in facts.printed)
    if facts.receipt:
        said, signed = facts.receipt.said, 1
        who = said.printed_name
        if said.on_behalf_of:
            who += f", for {said.on_behalf_of.printed_name} (delegation {said.on_behalf_of.delegation})"
        rows += [
            ("Signed by", who),
            ("Role and scope", None),
            ("Signed at", told(moment(said.time))),
            ("Meaning", said.meaning),
            ("Reason", said.reason),
            ("Method", said.method.label),
        ]
    elif facts.whole and not facts.dossier:
        rows.append(("Standing", None))
    documents = plural(len(facts.printed), "document", "documents")
    covers = f"{documents}, {plural(signed, 'signature', 'signatures')}; the evidence is attached to this file"
    rows += [
        ("Checkpoint", plural(facts.size, "ledger entry", "ledger entries")),
        ("Ledger root", facts.root),
        ("Covers", covers),
    ]
    tables = list(tables_of(report.first))
    if len(tables) != 1:
        found.wrong(1, f"found {len(tables)} tables on page one, expected one")
        return
    if not facts.whole or facts.dossier:
        # What such a report says of itself first stands between what all say.
        before = len(rows) - 3
        own = [row[0].text for row in rows_of(tables[0])][before:-3]
        counted = facts.evidence.counted
        known: dict[str, Expected] = {"Digest of the register": counted.digest} if counted else {}
        known |= _period(facts)
        # Those three say first exactly what follows.
        wholly: dict[str, Expected] = {
            **(clauses.counts(report) or qualification.lead(report) or failures.lead(report))
        }
        wholly |= rebuilt.lead(report)
        own, known = list(wholly) or own, {**known, **wholly}
        answered = {label: [value] for label, value in access.counts(report).items()}
        answered |= {label: [*values] for label, values in answers.lead(report).items()}
        own += [label for label, values in answered.items() for _ in range(len(values) - own.count(label))]
        # Of several things that may have run, each label says of the next.
        rows[before:before] = [(label, _next(answered, label) or known.get(label)) for label in own]
        rows[-1] = ("Covers", covers if facts.printed else "ledger entries; the evidence is attached to this file")
    found.facts(tables[0], rows, "page one")
    labels = {row[0].text: row[1] for row in rows_of(tables[0]) if len(row) == 2}
    if facts.receipt and "Role and scope" in labels:
        expected = f"{capital(role(facts.receipt.said.role))}, "
        if not labels["Role and scope"].text.startswith(expected):
            found.wrong(1, f"the role is printed as {labels['Role and scope'].text!r}, expected {expected!r}")
    standing = labels.get("Standing")
    if standing is not None and not facts.dossier and standing.text != report.standing.get(facts.subject):
        found.wrong(1, f"the standing {standing.text!r} is not that of the subject's own entry")


def _next(answered: dict[str, list[str]], label: str) -> str | None:
    """Take the next value of a label that answers follow from; None: it is none of them."""
    if label not in answered:
        return None
    return answered[label].pop(0) if answered[label] else "not there again"


def _period(facts: Facts) -> dict[str, str]:
    """Return what page one of a report of days says of its period."""
    report, given = facts.evidence.report, facts.evidence.period
    if report.kind not in period_checks.OF_DAYS or facts.last is None:
        return {}
    span = range(given.first, given.first + len(given.leaves)) if given is not None else range(0)
    days = period_checks.days_asked(report.parameters)
    return {"Period": days.words(moment(facts.last.time)), "Entries": period_checks.span_words(span)}


def _exceptions(report: Report, page: Element) -> None:
    """Compare those exceptions that the evidence itself tells of: none of them may be missing, none made up."""
    facts, found = report.facts, report.found
    headings = [part.text for part in page.kids if part.tag == "H2"]
    if headings != ["Exceptions", "What this report proves", "What it does not prove"]:
        found.wrong(1, f"page one has the headings {', '.join(headings)}, expected its three")
        return
    lists = [list(part.all("LBody")) for part in page.kids if part.tag == "L"]
    if len(lists) != 3:
        found.wrong(1, f"page one has {len(lists)} lists, expected its three")
        return
    items, proves, does_not = lists
    _claims(report, proves, does_not)
    told = report.told
    if not facts.whole and told is None and not report.brief:
        found.leave("page one", "exceptions")
        return
    none = running_text.no_exception(plain=told is not None and told.plain)
    others = [item for item in items if not _bullet(item, f"None. {none}")]
    _item(report, items, "None", 0 if len(others) > len(beginning(others, "Demonstration")) else 1)
    if facts.whole or report.brief or (told is not None and not told.plain):
        _verdicts(report, items)
        others = page_exceptions.exceptions(report, others)
    else:
        demo = any(key.demo for key in facts.keyring.entries)
        _item(report, items, "Demonstration", 1 if demo else 0)
        others = [item for item in others if not _bullet(item, f"Demonstration. {running_text.DEMONSTRATION}")]
    others = answers.exceptions(report, others)
    others = page_periods.exceptions(report, clauses.gaps(report, others))
    others = qualification.exceptions(report, others)
    sentences.warnings(report, told, others)


def _claims(report: Report, proves: list[Element], does_not: list[Element]) -> None:
    """Compare what page one says the report proves, and what it does not."""
    facts, found = report.facts, report.found
    if report.told is not None:
        sentences.claims(report, report.told, proves, "it proves")
        sentences.claims(report, report.told, does_not, "it does not prove")
        qualification.claims(report, proves)
        return
    if not facts.whole or facts.dossier:
        found.leave("page one", "what it proves and does not prove")
        return
    wanted = running_text.PROVES, running_text.DOES_NOT_PROVE
    if facts.receipt:
        said = facts.receipt.said
        server = () if said.passkey else (running_text.by_server(said.method.label),)
        wanted = (
            (*running_text.RECEIPT_PROVES, *((running_text.BY_PASSKEY,) if said.passkey else ())),
            (*server, *running_text.RECEIPT_DOES_NOT_PROVE),
        )
    for what, items, texts in zip(("it proves", "it does not prove"), (proves, does_not), wanted, strict=True):
        if len(items) != len(texts):
            found.wrong(1, f"it says {len(items)} things that {what}, expected {len(texts)}")
        for item, text in zip(items, texts, strict=False):
            if not _bullet(item, text):
                found.wrong(1, f"it says that {what} {item.text!r}, expected {text!r}")


def _bullet(item: Element, text: str) -> bool:
    return item.lines[:1] == ["–"] and lined(item.lines[1:], shown(text, SERIF))


def _verdicts(report: Report, items: list[Element]) -> None:
    """Each verdict of the lineage that is no PASS is told; a dossier may tell those of what it adds, too."""
    facts, bad = report.facts, ("FAIL", "INCONCLUSIVE")

    def held(digests: Iterable[str]) -> Counter[str]:
        bodies = [facts.documents[digest].body for digest in digests if digest in facts.documents]
        return Counter(str(body["verdict"]) for body in bodies if body.get("verdict") in bad)

    printed = Counter(
        next((word for word in bad if f"The evaluation came out {word}:" in item.text), "")
        for item in beginning(items, "Verdict")
    )
    some = facts.dossier or (report.brief and bool(facts.roots))
    least, most = held(facts.lineage if some else facts.depths), held(facts.depths)
    if not least <= printed <= most:
        report.found.wrong(1, f"it tells of the verdicts {dict(printed)}, the documents of {dict(most)}")


def _item(report: Report, items: list[Element], label: str, expected: int) -> None:
    printed = len(beginning(items, label))
    if printed != expected:
        report.found.wrong(1, f"it has {printed} exceptions called {label!r}, the evidence tells of {expected}")


def _seal(report: Report) -> None:
    """Compare what the visible seal says: when, and by which certificate of the keyring."""
    lines, facts = report.pages.seal, report.facts
    if len(lines) != 4:
        report.found.wrong(1, f"the visible seal has {len(lines)} lines, expected four")
        return
    known = {certificate_digest(k.certificate) for k in facts.keyring.entries if k.certificate}
    if lines[3].removeprefix("SHA-256 ") not in known:
        report.found.wrong(1, f"the visible seal names the certificate {lines[3]!r}, which the keyring does not")
    if not clipped(lines[1], f"{report.kind()} as of {facts.size} ledger entries"):
        report.found.wrong(
            1, f"the visible seal says {lines[1]!r}, expected a {report.kind()} as of {facts.size} entries"
        )
    time = told(moment(facts.evidence.report.created_at))
    if not lines[2].startswith(f"{time} "):
        report.found.wrong(1, f"the visible seal is of {lines[2]!r}, expected {time}")
    report.found.leave("the visible seal", "the organisation’s name")
