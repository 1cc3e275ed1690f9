"""W3C PROV in PROV-JSON: documents as entities, runs and sign-offs as activities, people as agents.

Format: PROV-DM (https://www.w3.org/TR/prov-dm/) in PROV-JSON (https://www.w3.org/submissions/prov-json/). People carry
their ledger identifiers and, where the ledger's private part still tells it, the name they were enrolled under.
"""

from typing import Any

from governance.proof.files.lineage.history import attempts
from governance.proof.files.lineage.parts import URN, hexadecimal, installation
from governance.proof.files.lineage.told import Lineage, Node
from governance.proof.formats import canonical

PREFIXES = {
    "cs": "https://countersign.dev/prov#",
    "document": f"{URN}:document:sha256:",
    "attempt": f"{URN}:attempt:",
    "signoff": f"{URN}:signoff:sha256:",
    "person": f"{URN}:person:",
    "installation": f"{URN}:installation:sha256:",
}
Records = dict[str, dict[str, Any]]


def provenance(told: Lineage) -> bytes:
    """Return the lineage as one PROV document, in canonical JSON."""
    entity: Records = {_document(node.digest): _entity(node) for node in told.nodes.values()}
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
    for node in told.nodes.values():
        _derived(records, node, entity)
        for person in node.envelope.contributors:
            agent = _person(told, records, person)
            _add(records, "wasAttributedTo", {"prov:entity": _document(node.digest), "prov:agent": agent})
    _runs(told, records, entity)
    _signoffs(told, records, entity)
    kept = {kind: found_records for kind, found_records in records.items() if found_records}
    return canonical.dumps({"prefix": PREFIXES, **kept})


def _entity(node: Node) -> dict[str, Any]:
    return {
        "prov:label": node.title,
        "prov:type": _name(f"cs:{node.kind}"),
        "cs:sha256": hexadecimal(node.digest),
        "cs:version": str(node.envelope.number),
        "cs:ledgerEntry": str(node.leaf.seq),
        "cs:frozen": _time(node.leaf.time),
        "cs:standing": node.standing,
    }


def _derived(records: dict[str, Records], node: Node, entity: Records) -> None:
    for link in node.envelope.references:
        if _document(link.digest) in entity:
            derived = {"prov:generatedEntity": _document(node.digest), "prov:usedEntity": _document(link.digest)}
            _add(records, "wasDerivedFrom", {**derived, "cs:role": link.role})
    if node.envelope.previous and _document(node.envelope.previous) in entity:
        derived = {
            "prov:generatedEntity": _document(node.digest),
            "prov:usedEntity": _document(node.envelope.previous),
        }
        _add(records, "wasDerivedFrom", {**derived, "prov:type": _name("prov:Revision")})


def _runs(told: Lineage, records: dict[str, Records], entity: Records) -> None:
    for attempt in attempts(told):
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
        _associated(records, name, _server(told, records), "runner")
        for node in attempt.inputs:
            if _document(node.digest) in entity:
                _add(records, "used", {"prov:activity": name, "prov:entity": _document(node.digest)})
        if attempt.output is not None and _document(attempt.output.digest) in entity:
            made = {"prov:entity": _document(attempt.output.digest), "prov:activity": name}
            _add(records, "wasGeneratedBy", made)


def _signoffs(told: Lineage, records: dict[str, Records], entity: Records) -> None:
    for signoff in told.signoffs:
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
        agent = _person(told, records, said.signer)
        records["agent"][agent] |= {"prov:label": said.printed_name}
        _associated(records, name, agent, said.role)
        for subject in subjects:
            _add(records, "used", {"prov:activity": name, "prov:entity": subject})


def _person(told: Lineage, records: dict[str, Records], person: str) -> str:
    """Return the name of a person's agent, which is there then; the system itself acts as this installation."""
    if person == "system":
        return _server(told, records)
    agent = f"person:{person}"
    label = {"prov:label": told.names[person]} if person in told.names else {}
    records["agent"].setdefault(agent, {"prov:type": _name("prov:Person"), **label})
    return agent


def _server(told: Lineage, records: dict[str, Records]) -> str:
    agent = f"installation:{installation(told).rpartition(':')[2]}"
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
