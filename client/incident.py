"""`countersign incident`: what ran when, where a file came from, and what changed."""

import hashlib
from pathlib import Path
from typing import Any

from client import deployments, find, output
from client.api import Api, connect, segment
from client.failure import FAILED, NOT_ALLOWED, OK, USAGE, Failure
from governance.proof.answers import served
from governance.proof.words.vocabulary import role

PAGE = 200
CHUNK = 1 << 20


def answer(service: str, environment: str, *, as_json: bool, project: str | None, **asked: Any) -> int:
    """Print the answers about a service; return FAILED unless one thing on record ran."""
    with connect() as api:
        place, name = _service(api, service, environment, project)
        found = api.get("incident", project=place, service=name, environment=environment, **asked)
    if as_json:
        output.say_json(found)
    else:
        _say(found)
    return OK if found["state"] == "runs" and found["models"][0]["proven"] else FAILED


def file(meant: str, *, as_json: bool) -> int:
    """Print what a file is, by its bytes or its SHA-256; return FAILED when nothing on record has them."""
    digest = meant if meant.startswith("sha256:") else f"sha256:{_hash(Path(meant))}"
    with connect() as api:
        found: Any = api.get("incident/file", digest=digest)
    if as_json:
        output.say_json(found)
        return OK if found else FAILED
    if not found:
        output.say(f"Nothing on record that you may see has the bytes {digest}.")
    for one in found:
        output.say(f"{one['document']['title']} ({one['document']['kind']}) {', '.join(one['paths'])}")
        for release in one["releases"]:
            output.say(f"  released as {release['title']}")
        for ran in one["ran"]:
            for span in ran["spans"]:
                output.say(f"  ran in {ran['service']} from {span['begins']} to {span['ends'] or 'further on'}")
    return OK if found else FAILED


def record(project: str, service: str, environment: str, *, as_json: bool, now: str | None, **said: Any) -> int:
    """Record what happened to a service."""
    with connect() as api:
        body = {name: value for name, value in said.items() if value}
        body["deployment"] = _deployment(api, project, service, environment)["digest"]
        if now:
            body["now"] = find.digest(api, now)
        made = api.post("deployments/events", **body)
    if as_json:
        output.say_json(made)
    else:
        output.say(made["digest"])
    return OK


def mark(release: str, *, as_json: bool, clear: str | None, reason: str, **said: Any) -> int:
    """Mark a release as unsafe, or take a mark of it back."""
    with connect() as api:
        if clear:
            made = api.post(f"incident/marks/{segment(find.digest(api, clear))}/clear", reason=reason)
        else:
            if not all(said.values()):
                raise Failure(USAGE, "found no --title or no --seen-at, expected both")
            made = api.post("incident/marks", release=find.digest(api, release), reason=reason, **said)
    if as_json:
        output.say_json(made)
    else:
        output.say(made["digest"])
    return OK


def changes(meant: str, since: str, *, as_json: bool, until: str | None) -> int:
    """Print what changed between two releases, or (a project's name) between two moments."""
    with connect() as api:
        if until is not None:
            found = api.get(f"projects/{segment(meant)}/changes", since=since, time=until)
        else:
            digest = find.digest(api, meant)
            found = api.get(f"releases/{segment(digest)}/changes", since=find.digest(api, since))
    if as_json:
        output.say_json(found)
    else:
        _changes(found)
    return OK


def _say(found: Any) -> None:
    output.say(found["headline"])
    output.say(f"As known at {found['known_at']}: ledger size {found['ledger_size']}", err=True)
    for model in found["models"]:
        _model(model)
    for gap in found["unknown"]:
        output.say(f"\n{gap['what']}: not known, because {gap['because']}.")
    if found["last_safe"]:
        output.say(f"\nThe last safe version is {found['last_safe']['name']}; since then:")
        for below in found["last_safe"]["not_in_force"]:
            output.say(f"  not in force below it: {below}")
    if found["changed"]:
        _changes(found["changed"])


def _model(model: Any) -> None:
    output.say(f"\n{model['name']}: {model['approval']}")
    for paper in model["not_in_force"]:
        _paper("not in force then", paper)
    for one in model["training_sets"]:
        _paper("trained on", one["paper"], f"{one['rows']} rows")
    if model["release"]:
        _paper("released as", model["release"], model["verdict"])
    for paper in model["plan"]:
        _paper("measured by", paper)
    for doer in model["doers"]:
        output.say(f"  {doer['name']} {doer['did']} ({doer['at']})")
    if model["base_model"]:
        _paper("base model", model["base_model"])
    for mark in model["marks"]:
        if mark["stands"]:
            output.say(f"  marked unsafe: {mark['title']}")


def _paper(what: str, paper: Any, more: str = "") -> None:
    signers = ", ".join(f"{one['printed_name']} ({role(one['role'])})" for one in paper["signers"]) or "nobody"
    title = f"{paper['document']['title']}{f' ({more})' if more else ''}"
    output.say(f"  {what}: {title}, {paper['then']} then, signed by {signers}")
    output.say(f"    {paper['document']['digest']}")


def _changes(found: Any) -> None:
    for one in found["differences"]:
        document = one["after"] or one["before"]
        output.say(f"  {one['topic']}: {document['title']} {one['verb']}")
        for told in one["changes"]:
            output.say(f"    {told['path']}: {told['before']} -> {told['after']}")
        if one["more"]:
            output.say(f"    and {one['more']} more")
    for one in found["standings"]:
        output.say(f"  {one['title']} v{one['number']}: {one['why']}")
    for one in found["roles"]:
        output.say(f"  {one['name']} {'became' if one['given'] else 'was no more'} {role(one['role'])}")
    before, after = (one["title"] if one else "none" for one in found["policies"])
    if before != after:
        output.say(f"  policy: {before} -> {after}")


def _service(api: Api, service: str, environment: str, project: str | None) -> tuple[str, str]:
    """Return in which project a service is, and its name as it is on record."""
    if project is not None:
        return project, service
    rows = {row["slug"]: deployments.rows(api, row["slug"]) for row in api.get("projects", limit=PAGE)["results"]}
    found = [place for place, known in rows.items() if _matching(known, service, environment)]
    if len(found) > 1:
        raise Failure(USAGE, f"{service!r} is in {', '.join(found)}; say which with --project")
    if not found:
        raise _absent([row for known in rows.values() for row in known], service, environment, "that you may see")
    return found[0], service


def _deployment(api: Api, project: str, service: str, environment: str) -> Any:
    rows = deployments.rows(api, project)
    found = _matching(rows, service, environment)
    if not found:
        raise _absent(rows, service, environment, f"in {project}")
    return found[0]


def _matching(rows: list[dict[str, Any]], service: str, environment: str) -> list[dict[str, Any]]:
    wanted = served.key({"service": service, "environment": environment})
    return [row for row in rows if served.key(row) == wanted]


def _absent(rows: list[dict[str, Any]], service: str, environment: str, where: str) -> Failure:
    """Return that there is no such service, and where one of its name is."""
    named = served.plain(service)
    others = dict.fromkeys(row["environment"] for row in rows if served.plain(row["service"]) == named)
    hint = f"; it is registered in {', '.join(others)}: say which with --environment" if others else ""
    return Failure(NOT_ALLOWED, f"there is no service {service!r} ({environment}) {where}{hint}")


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as handle:
            while chunk := handle.read(CHUNK):
                digest.update(chunk)
    except OSError as problem:
        raise Failure(USAGE, f"{path}: {problem.strerror}") from None
    return digest.hexdigest()
