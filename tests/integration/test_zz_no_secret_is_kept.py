"""Runs last (see conftest.py): no secret, token or password that any test used is in a table, a log or a file of any stack."""

import subprocess

import pytest
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


def found_in(text, patterns):
    """Thousands of secrets in hundreds of megabytes: grep looks for all of them at once."""
    done = subprocess.run(["grep", "-a", "-o", "-F", "-f", patterns], input=text.encode(), capture_output=True,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
    assert done.returncode in (0, 1), done.stderr
    return sorted(set(done.stdout.decode(errors="replace").splitlines()))


@pytest.fixture
def patterns(tmp_path):
    """A file for secrets: nobody else reads it, and it ends with the test."""
    path = tmp_path / "secrets"
    path.touch(mode=0o600)
    yield path
    path.unlink()


def test_grep_finds_what_is_there(patterns):
    patterns.write_text("hush.1\nhush*2")
    assert found_in("a hush.1 and\nx\xff hush*2hush.1\n", patterns) == ["hush*2", "hush.1"]
    assert found_in("hushx1 hush\n", patterns) == []


def test_no_secret_that_was_used_is_in_a_table_a_log_or_a_file(api, admin_token, every_stack, patterns):
    tenant = api.post("/v1/tenants", json={"name": "The last"}).json()  # so that this test has something on its own
    api.post("/v1/auth/register", token=tenant["public_key"], json={"email": "last@example.com", "password": "the last password"})
    used = sorted(used_secrets.used())
    assert {tenant["secret_key"], admin_token, "the last password"} <= set(used)
    assert [secret for secret in used if "\n" in secret] == [], "grep takes lines for patterns"
    patterns.write_text("\n".join(used))
    found = []
    for stack in every_stack:
        for place, text in places(stack):
            found += [f"{secret[:12]}... in {place} of {stack.run_dir}" for secret in found_in(text, patterns)]
    assert found == []
