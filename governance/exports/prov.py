"""W3C PROV in PROV-JSON: documents as entities, runs and sign-offs as activities, people as agents.

Format: PROV-DM (https://www.w3.org/TR/prov-dm/) in PROV-JSON (https://www.w3.org/submissions/prov-json/). People carry
their ledger identifiers and, where the ledger's private part still tells it, the name they were enrolled under.
"""

from typing import TYPE_CHECKING, Any

from governance.exports.history import attempts
from governance.exports.parts import URN, hexadecimal, installation
from governance.proof import canonical

if TYPE_CHECKING:
    from governance.reports.gathered import Gathered, Paper

PREFIXES = {
    "cs": "https://countersign.dev/prov#",
    "document": f"{URN}:document:sha256:",
    "attempt": f"{URN}:attempt:",
    "signoff": f"{URN}:signoff:sha256:",
    "person": f"{URN}:person:",
    "installation": f"{URN}:installation:sha256:",
}
Records = dict[str, dict[str, Any]]


def provenance(found: "Gathered") -> bytes:
    """Return the lineage as one PROV document, in canonical JSON."""
    entity: Records = {_document(paper.digest): _entity(paper) for paper in found.lineage}
    records: dict[str, Records] = {
        "entity": entity,
        "activity": {},
        "agent": {},
        "wasDerivedFrom": {},
        "wasGeneratedBy": {},
        "used": {},
        "wasAttributedTo": {},
        "wasAssociatedWith": {},
    }
    for paper in found.lineage:
        _derived(records, paper, entity)
        for person in paper.envelope.contributors:
            agent = _person(found, records, person)
            _add(records, "wasAttributedTo", {"prov:entity": _document(paper.digest), "prov:agent": agent})
    _runs(found, records, entity)
    _signoffs(found, records, entity)
    kept = {kind: found_records for kind, found_records in records.items() if found_records}
    return canonical.dumps({"prefix": PREFIXES, **kept})


def _entity(paper: "Paper") -> dict[str, Any]:
    return {
        "prov:label": paper.title,
        "prov:type": _name(f"cs:{paper.row.kind}"),
        "cs:sha256": hexadecimal(paper.digest),
        "cs:version": str(paper.envelope.number),
        "cs:ledgerEntry": str(paper.leaf.seq),
        "cs:frozen": _time(paper.leaf.time),
        "cs:standing": paper.standing.standing.value,
    }


def _derived(records: dict[str, Records], paper: "Paper", entity: Records) -> None:
    for link in paper.envelope.references:
        if _document(link.digest) in entity:
            derived = {"prov:generatedEntity": _document(paper.digest), "prov:usedEntity": _document(link.digest)}
            _add(records, "wasDerivedFrom", {**derived, "cs:role": link.role})
    if paper.envelope.previous and _document(paper.envelope.previous) in entity:
        derived = {
            "prov:generatedEntity": _document(paper.digest),
            "prov:usedEntity": _document(paper.envelope.previous),
        }
        _add(records, "wasDerivedFrom", {**derived, "prov:type": _name("prov:Revision")})


def _runs(found: "Gathered", records: dict[str, Records], entity: Records) -> None:
    for attempt in attempts(found):
        permit = attempt.permitted.permit
        name = f"attempt:{permit.attempt}"
        times = {"prov:startTime": attempt.began, "prov:endTime": attempt.ended}
        records["activity"][name] = {
            **{key: value for key, value in times.items() if value is not None},
            "prov:type": _name(f"cs:{permit.purpose}"),
            "cs:job": permit.job,
            "cs:number": str(permit.number),
            "cs:permit": attempt.permitted.digest,
        }
        _associated(records, name, _server(found, records), "runner")
        for paper in attempt.inputs:
            if _document(paper.digest) in entity:
                _add(records, "used", {"prov:activity": name, "prov:entity": _document(paper.digest)})
        if attempt.output is not None and _document(attempt.output.digest) in entity:
            made = {"prov:entity": _document(attempt.output.digest), "prov:activity": name}
            _add(records, "wasGeneratedBy", made)


def _signoffs(found: "Gathered", records: dict[str, Records], entity: Records) -> None:
    for signoff in found.signoffs:
        subjects = [_document(s.digest) for s in signoff.statement.subjects if _document(s.digest) in entity]
        if not subjects:
            continue
        said = signoff.statement.predicate
        name = f"signoff:{hexadecimal(signoff.statement.digest)}"
        records["activity"][name] = {
            "prov:startTime": said.time,
            "prov:endTime": said.time,
            "prov:type": _name("cs:signoff"),
            "cs:meaning": said.meaning,
            "cs:method": said.method.label,
            "cs:ledgerEntry": str(signoff.leaf.seq),
        }
        agent = _person(found, records, said.signer)
        records["agent"][agent] |= {"prov:label": said.printed_name}
        _associated(records, name, agent, said.role)
        for subject in subjects:
            _add(records, "used", {"prov:activity": name, "prov:entity": subject})


def _person(found: "Gathered", records: dict[str, Records], person: str) -> str:
    """Return the name of a person's agent, which is there then; the system itself acts as this installation."""
    if person == "system":
        return _server(found, records)
    agent = f"person:{person}"
    label = {"prov:label": found.names[person]} if person in found.names else {}
    records["agent"].setdefault(agent, {"prov:type": _name("prov:Person"), **label})
    return agent


def _server(found: "Gathered", records: dict[str, Records]) -> str:
    agent = f"installation:{installation(found).rpartition(':')[2]}"
    records["agent"].setdefault(agent, {"prov:type": _name("prov:SoftwareAgent"), "prov:label": "Countersign"})
    return agent


def _associated(records: dict[str, Records], activity: str, agent: str, role: str) -> None:
    _add(
        records, "wasAssociatedWith", {"prov:activity": activity, "prov:agent": agent, "prov:role": _name(f"cs:{role}")}
    )


def _add(records: dict[str, Records], relation: str, record: dict[str, Any]) -> None:
    records[relation][f"_:{relation}{len(records[relation])}"] = record


def _document(digest: str) -> str:
    return f"document:{hexadecimal(digest)}"


def _name(name: str) -> dict[str, str]:
    return {"$": name, "type": "prov:QUALIFIED_NAME"}


def _time(text: str) -> dict[str, str]:
    return {"$": text, "type": "xsd:dateTime"}
