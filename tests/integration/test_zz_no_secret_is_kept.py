"""Runs last (see conftest.py): no secret, token or password that any test used is in a table, a log or a file of any stack."""

import subprocess

import used_secrets


def places(stack):
    """Everything that a stack has written, by name, except what holds secrets by its nature."""
    cluster = stack.cluster
    yield "the database", subprocess.run(
        [cluster.binaries / "pg_dump", "-h", cluster.socket_directory, "-U", "postgres", "gatehouse"],
        capture_output=True, text=True, check=True).stdout if cluster.pid() else ""
    yield "PostgreSQL's log", cluster.log.read_text(errors="replace") if cluster.log.exists() else ""
    for log in stack.logs.glob("*"):  # none of a stack that was never started
        if log.is_file():
            yield log.name, log.read_text(errors="replace")
    seals = stack.run_dir / "audit-seals.jsonl"
    yield seals.name, seals.read_text() if seals.exists() else ""


def test_no_secret_that_was_used_is_in_a_table_a_log_or_a_file(api, admin_token, every_stack):
    tenant = api.post("/v1/tenants", json={"name": "The last"}).json()  # so that this test has something on its own
    api.post("/v1/auth/register", token=tenant["public_key"], json={"email": "last@example.com", "password": "the last password"})
    used = used_secrets.used()
    assert {tenant["secret_key"], admin_token, "the last password"} <= used
    found = []
    for stack in every_stack:
        for place, text in places(stack):
            found += [f"{secret[:12]}... in {place} of {stack.run_dir}" for secret in used if secret in text]
    assert found == []
