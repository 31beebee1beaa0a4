"""The operator's program on a running system: what each command does, says, records and keeps to itself."""

import json
import os
import re
import stat

import pytest
from cli import Operator, token, within
from conftest import Api

COMMANDS = {"migrate", "admin create", "service register", "service set", "service grant", "service revoke", "service disable",
            "service enable", "service secret add", "service secret list", "service secret revoke", "service secret rotate",
            "scope list", "scope put", "scope remove", "tenant list", "tenant disable", "tenant enable", "keys list", "keys rotate",
            "keyring create", "agent kill", "agent release", "agent list", "route list", "route set", "route remove", "route check",
            "config check", "config list", "audit verify", "audit export", "audit keys"}
REVOCATION_SECONDS = 1.0
NOBODY = "svc_00000000000000000000000000"


@pytest.fixture(scope="module")
def operator(make_stack):
    """A stack of this file's own: other files rely on who the last admin is."""
    stack = make_stack()
    stack.start()
    return Operator(stack)


@pytest.fixture(scope="module")
def own_api(operator):
    with Api(operator.stack.url) as api:
        yield api


@pytest.fixture
def service(operator):
    return operator.do("service", "register", "--name", "Batch job A")


def help_of(operator, *path):
    code, output, errors = operator.run(*path, "--help")
    assert (code, errors) == (0, "") and "Usage: gatehouse" in output
    return re.findall(r"^  ([a-z]+)  ", output.partition("Subcommands:")[2], re.MULTILINE)


def test_every_command_explains_itself(operator):
    def leaves(*path):
        below = help_of(operator, *path)
        return set().union(*(leaves(*path, name) for name in below)) if below else {" ".join(path)}

    assert leaves() == COMMANDS
    for command in COMMANDS:
        assert help_of(operator, *command.split()) == []


@pytest.mark.parametrize("arguments", ["", "bogus", "service", "service grant", "service grant svc_x", "tenant disable", "keyring create",
                                       "keys rotate --algorithm none", "keys rotate --now --if-missing", "service register",
                                       "admin create --scope x", "tenant list more", "config check --colour", "agent kill --reason x",
                                       "agent kill --all --client svc_x --reason x", "agent kill --all", "service register --name x --kind robot"])
def test_wrong_usage_is_exit_code_2(operator, arguments):
    before = operator.audit_rows()
    code, output, errors = operator.run(*arguments.split())
    assert (code, output) == (2, "") and "--help" in errors
    code, output, errors = operator.run(*arguments.split(), "--json")
    assert (code, output) == (2, "") and set(json.loads(errors)) == {"error", "next_step"}
    assert operator.audit_rows() == before


def test_admin_is_handed_out_once_in_a_file_of_its_own(operator, own_api, tmp_path):
    path = tmp_path / "admin.json"
    mask = os.umask(0)  # so that the mode is the program's own
    try:
        said = operator.do("admin", "create", "--name", "Second", "--output", path)
    finally:
        os.umask(mask)
    made = json.loads(path.read_text())
    assert said == {"client_id": made["client_id"], "credentials": str(path)}
    assert set(made) == {"client_id", "client_secret"} and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert token(own_api, made).json()["scope"] == "internal:admin"
    operator.do("service", "disable", made["client_id"])

    before, count = path.read_bytes(), operator.sql("SELECT count(*) FROM services")
    for taken in (path, tmp_path, tmp_path / "no" / "such"):
        assert str(taken) in operator.refused("admin", "create", "--output", taken)["error"]
    assert path.read_bytes() == before and operator.sql("SELECT count(*) FROM services") == count


def test_registered_service_is_what_it_was_registered_as(operator, own_api):
    tenant = own_api.post("/v1/tenants", json={"name": "Plant"}).json()["id"]
    made = operator.do("service", "register", "--name", "MES", "--description", "Line 3", "--tenant", tenant, "--system-id", "mes-1",
                       "--env", "prod", "--scope", "orders:read", "--scope", "orders:write")
    assert token(own_api, made).json()["scope"] == "orders:read orders:write"
    row = operator.sql(f"SELECT service_name, description, tenant_id, system_id, env FROM services WHERE client_id = '{made['client_id']}'")
    assert row == f"MES|Line 3|{tenant}|mes-1|prod"


def test_answer_that_could_not_be_written_is_no_success(operator):
    with open("/dev/full", "w") as full:
        process = operator.begin("service", "register", "--name", "Unheard", stdout=full)
        errors = process.communicate(timeout=60)[1]
    assert process.returncode == 1 and "could not be written" in errors


@pytest.mark.parametrize("arguments", [("--tenant", "tnt_nobody"), ("--scope", "two words"), ("--scope", ""), ("--name", "")])
def test_service_that_cannot_be_is_refused_and_nothing_is_left(operator, arguments):
    before = operator.sql("SELECT count(*) FROM services"), operator.audit_rows()
    name = () if "--name" in arguments else ("--name", "X")
    assert operator.refused("service", "register", *name, *arguments)["next_step"]
    assert (operator.sql("SELECT count(*) FROM services"), operator.audit_rows()) == before


def test_scopes_and_status_take_effect_within_a_second(operator, own_api, service):
    client = service["client_id"]
    scopes = lambda: token(own_api, service).json().get("scope", "")  # noqa: E731
    assert scopes() == ""
    assert operator.do("service", "grant", client, "report:read") == {"client_id": client, "done": "grant", "scope": "report:read"}
    within(REVOCATION_SECONDS, lambda: scopes() == "report:read")
    issued = token(own_api, service).json()["access_token"]
    validated = lambda: own_api.post("/v1/internal/services/validate-token", json={"token": issued}).json()  # noqa: E731
    operator.do("service", "revoke", client, "report:read")
    within(REVOCATION_SECONDS, lambda: validated()["scopes"] == [])
    operator.do("service", "disable", client)
    within(REVOCATION_SECONDS, lambda: token(own_api, service).status_code == 401)
    within(REVOCATION_SECONDS, lambda: validated() == {"valid": False})
    operator.do("service", "enable", client)
    within(REVOCATION_SECONDS, lambda: token(own_api, service).status_code == 200)


@pytest.mark.parametrize("command", ["grant", "revoke", "disable", "enable"])
def test_unknown_client_is_refused(operator, command):
    before = operator.audit_rows()
    scope = ("x:y",) if command in ("grant", "revoke") else ()
    for client in (NOBODY, "x", "'; DROP TABLE services; --"):
        assert client in operator.refused("service", command, client, *scope)["error"]
    assert operator.audit_rows() == before


def test_last_admin_is_neither_disabled_nor_stripped(operator, own_api):
    admin = operator.stack.admin()
    bound = operator.do("service", "register", "--name", "Bound", "--scope", "internal:admin", "--tenant",
                        own_api.post("/v1/tenants", json={"name": "T"}).json()["id"])
    for command in (("disable", admin["client_id"]), ("revoke", admin["client_id"], "internal:admin")):
        said = operator.refused("service", *command)
        assert "last active" in said["error"] and "admin create" in said["next_step"]
    operator.do("service", "disable", bound["client_id"])  # manages no services, so it is nobody's last admin
    assert token(own_api, admin).json()["scope"] == "internal:admin"


def test_of_two_admins_that_are_disabled_at_once_one_stays(operator):
    first = operator.stack.admin()["client_id"]
    for _ in range(5):
        both = [first, operator.do("admin", "create")["client_id"]]
        jobs = [operator.begin("service", "disable", client) for client in both]
        said = [job.communicate(timeout=60) for job in jobs]
        assert sorted(job.returncode for job in jobs) == [0, 1], said
        operator.do("service", "enable", first)
        operator.run("service", "disable", both[1])


def test_tenant_is_listed_stopped_and_started(operator, own_api):
    tenant = own_api.post("/v1/tenants", json={"name": "Plant"}).json()
    account = {"email": "ann@example.com", "password": "password123"}
    login = lambda: own_api.post("/v1/auth/login", token=tenant["public_key"], json=account).status_code  # noqa: E731
    assert own_api.post("/v1/auth/register", token=tenant["public_key"], json=account).status_code == 201
    for command, status, answer in (("disable", "disabled", 401), ("enable", "active", 200)):
        assert operator.do("tenant", command, tenant["id"]) == {"tenant_id": tenant["id"], "status": status}
        within(REVOCATION_SECONDS, lambda: login() == answer)
        listed = {row["id"]: row["status"] for row in operator.do("tenant", "list")["tenants"]}
        assert listed[tenant["id"]] == status
    assert "tnt_nobody" in operator.refused("tenant", "disable", "tnt_nobody")["error"]


def test_terminal_does_not_obey_a_tenants_name(operator, own_api):
    tenant = own_api.post("/v1/tenants", json={"name": "Plant"}).json()["id"]
    operator.sql(f"UPDATE tenants SET name = E'\\x1b[31mred\\x07' WHERE id = '{tenant}'")
    assert "?[31mred?" in operator.run("tenant", "list")[1]
    assert {row["id"]: row["name"] for row in operator.do("tenant", "list")["tenants"]}[tenant] == "\x1b[31mred\x07"
