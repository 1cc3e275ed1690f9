"""People, projects and roles. Every change is on the ledger, and nobody grants themself a role."""

from collections.abc import Mapping

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from governance import events
from governance.access import OWNER, ROLES
from governance.errors import Conflict, Finding, Invalid, NotFound, Refused
from governance.models import Organisation, Project, RoleGrant, RoleRevocation, SignIn, User
from governance.services import announcements, reauthentication, sign_ins
from governance.services.ledger import Mutation, mutation
from governance.services.reauthentication import Proof
from governance.services.signing_rules import authenticate


def person_enrol(*, actor: User | None, username: str, printed_name: str, email: str = "", password: str) -> User:
    """Enrol a person who can then sign in; `printed_name` is what signatures will show.

    Raises:
        Invalid: the name is taken or empty, or the password is too weak.
    """
    check_person(username, printed_name, password)
    with mutation(actor=actor, action="person.enrol") as m:
        return enrol(m, username=username, printed_name=printed_name, email=email, password=password)


def check_person(username: str, printed_name: str, password: str) -> None:
    """Raise Invalid unless somebody can be enrolled so."""
    if not username.strip():
        raise Invalid("username", "found nothing, expected a name to sign in with")
    if not printed_name.strip():
        raise Invalid("printed_name", "found nothing, expected the name as signatures print it")
    if User.objects.filter(username__iexact=username).exists():
        raise Invalid("username", f"{username!r} is taken; choose another")
    try:
        validate_password(password, User(username=username))
    except ValidationError as problem:
        raise Invalid("password", " ".join(problem.messages)) from None


def enrol(m: Mutation, *, username: str, printed_name: str, password: str, email: str = "") -> User:
    """Enrol within an open mutation (set-up enrols several at once)."""
    user = User.objects.create_user(username=username, password=password, printed_name=printed_name, email=email)
    m.append(events.PERSON_ENROLLED, subjects=[f"user:{user.actor}"], private={"printed_name": printed_name})
    return user


def password_change(*, actor: User, old: str, new: str, keep: SignIn | None) -> None:
    """Change one's own password; all one's sessions but `keep` end.

    Raises:
        Refused: `old` is not the password. Invalid: `new` is too weak, or the same.
    """
    right = actor.check_password(old)  # slow on purpose, so before the ledger is locked
    try:
        validate_password(new, actor)
    except ValidationError as problem:
        raise Invalid("new", " ".join(problem.messages)) from None
    if new == old:
        raise Invalid("new", "found the password you have; choose another")
    with mutation(actor=actor, action="password.change") as m:
        authenticate(m, actor, right=right)
        actor.set_password(new)
        actor.save(update_fields=["password"])
        announcements.credentials_changed(m, actor, "password changed")
        m.append(events.PASSWORD_CHANGED, subjects=[f"user:{actor.actor}"])
        sign_ins.end_all(m, user=actor, why="password changed", keep=keep)


def address_change(*, actor: User, user: User, email: str, proof: Proof) -> None:
    """Change where somebody's notices are mailed ("": nowhere). Single sign-on links by it, so an owner does it.

    Raises:
        Refused: the proof does not hold. Invalid: it is somebody else's already, or the person is not active: an
            erased one must stay without any. Conflict: it is their address now.
    """
    wanted = email.strip()
    checked = reauthentication.check(actor, proof)
    with mutation(actor=actor, action="person.address", subjects=[f"user:{user.actor}"]) as m:
        reauthentication.require(m, actor, checked)
        fresh = User.objects.get(pk=user.pk)
        if not fresh.is_active:
            raise Invalid("user", "they are not active, so nothing is mailed to them")
        if fresh.email == wanted:
            raise Conflict(found="this address already", expected="another", remedy="Nothing needs doing.")
        if wanted and User.objects.filter(email__iexact=wanted).exclude(pk=user.pk).exists():
            raise Invalid("email", "somebody else has this address; single sign-on could not tell you apart")
        m.append(
            events.ADDRESS_CHANGED, subjects=[f"user:{user.actor}"], private={"before": fresh.email, "now": wanted}
        )
        fresh.email = wanted
        fresh.save(update_fields=["email"])
        announcements.credentials_changed(m, fresh, "e-mail address changed")


def project_create(*, actor: User, name: str, slug: str = "") -> Project:
    """Create a project. Its people are added with `role_grant`."""
    chosen = slug or slugify(name)[:60]
    if not name.strip() or not chosen:
        raise Invalid("name", "found nothing, expected a name with letters or digits")
    with mutation(actor=actor, action="project.create") as m:
        if Project.objects.filter(slug=chosen).exists():
            raise Invalid("slug", f"there is a project {chosen!r} already; choose another name")
        project = Project.objects.create(name=name, slug=chosen)
        m.append(events.PROJECT_CREATED, subjects=[f"project:{project.id}"], data={"project": str(project.id)})
        return project


def role_grant(*, actor: User, user: User, role: str, project: Project | None, proof: Proof) -> RoleGrant:
    """Give somebody a role in a project, or (project None) in the whole organisation.

    Raises:
        Refused: the actor and the user are the same person, or the proof does not hold.
        Invalid: there is no such role.
        Conflict: they hold it already.
    """
    if role not in ROLES:
        raise Invalid("role", f"found {role!r}, expected one of {', '.join(sorted(ROLES))}")
    checked = reauthentication.check(actor, proof)
    with mutation(actor=actor, action="role.grant", project=project, subjects=[f"user:{user.actor}"]) as m:
        reauthentication.require(m, actor, checked)
        if actor.pk == user.pk:
            raise Refused(
                Finding(
                    "separation of duties",
                    "a role granted to oneself",
                    "a role granted by somebody else",
                    "Ask another owner to grant it.",
                    "another owner",
                )
            )
        return grant(m, user=user, role=role, project=project)


def grant(m: Mutation, *, user: User, role: str, project: Project | None) -> RoleGrant:
    """Grant within an open mutation; the rules are the caller's."""
    if RoleGrant.objects.filter(user=user, role=role, project=project, revocation=None).exists():
        raise Conflict(found="the person holds this role already", expected="a new role", remedy="Nothing needs doing.")
    made = RoleGrant(user=user, role=role, project=project, seq=m.size)
    data: Mapping[str, str | None] = {
        "grant": str(made.id),
        "role": role,
        "project": str(project.id) if project else None,
    }
    m.append(events.ROLE_GRANTED, subjects=[f"user:{user.actor}"], data=data)
    made.save()
    return made


def role_revoke(*, actor: User, grant_id: str) -> RoleRevocation:
    """Take a role back. Signatures made while it was held stay valid."""
    found = RoleGrant.objects.select_related("user", "project").filter(pk=grant_id).first()
    if found is None:
        raise NotFound("there is no such grant")
    with mutation(actor=actor, action="role.revoke", project=found.project, subjects=[f"user:{found.user.actor}"]) as m:
        if RoleRevocation.objects.filter(grant=found).exists():
            raise Conflict(
                found="the role was taken back already", expected="a role held", remedy="Nothing needs doing."
            )
        return revoked(m, found)


def revoked(m: Mutation, grant: RoleGrant) -> RoleRevocation:
    """Take a role back within an open mutation; of the last owner it is never taken."""
    if grant.role == OWNER and grant.project is None and _owners() == 1:
        raise Refused(
            Finding(
                "last owner",
                "the only owner of the organisation",
                "another owner who stays",
                "Make somebody else owner first.",
                ROLES[OWNER],
            )
        )
    made = RoleRevocation(grant=grant, seq=m.size)
    m.append(
        events.ROLE_REVOKED,
        subjects=[f"user:{grant.user.actor}"],
        data={
            "grant": str(grant.id),
            "role": grant.role,
            "project": str(grant.project_id) if grant.project_id else None,
        },
    )
    made.save()
    return made


def _owners() -> int:
    live = RoleGrant.objects.filter(role=OWNER, project=None, revocation=None, user__is_active=True)
    return live.values("user").distinct().count()


def organisation() -> Organisation:
    """Return the organisation of this installation. NotFound before set-up."""
    found = Organisation.objects.first()
    if found is None:
        raise NotFound("the installation has not been set up; run manage.py set_up")
    return found
