"""Runs last (see conftest.py): no secret, token or password that any test used is in a table, a log or a file of any stack."""

import subprocess

import pytest
import used_secrets
from conftest import dump


def places(stack):
    """The files that hold everything a stack has written, except what holds secrets by its nature."""
    written = [dump(stack), stack.cluster.log, stack.run_dir / "audit-seals.jsonl", *stack.logs.glob("*")]
    yield from (path for path in written if path.is_file())  # few of a stack that was never started


@pytest.fixture
def patterns(tmp_path):
    """A file for secrets: nobody else reads it, and it ends with the test."""
    path = tmp_path / "secrets"
    path.touch(mode=0o600)
    yield path
    path.unlink()


def found_in(files, patterns):
    """`file:secret` of each that is found. Thousands of secrets, hundreds of megabytes: grep looks for all at once."""
    done = subprocess.run(["grep", "-a", "-o", "-H", "-F", "-f", patterns, "--", *files], capture_output=True,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
    assert done.returncode in (0, 1), done.stderr
    return sorted(set(done.stdout.decode(errors="replace").splitlines()))


def test_grep_finds_what_is_there(patterns, tmp_path):
    text = tmp_path / "text"
    text.write_bytes(b"a hush.1 and\nx\xff hush*2hush.1\nhushx1 hush\n")
    patterns.write_text("hush.1\nhush*2")
    assert found_in([text], patterns) == [f"{text}:hush*2", f"{text}:hush.1"]


def test_no_secret_that_was_used_is_in_a_table_a_log_or_a_file(api, admin_token, every_stack, patterns):
    tenant = api.post("/v1/tenants", json={"name": "The last"}).json()  # so that this test has something on its own
    api.post("/v1/auth/register", token=tenant["public_key"], json={"email": "last@example.com", "password": "the last password"})
    used = used_secrets.used()
    assert {tenant["secret_key"], admin_token, "the last password"} <= used
    # grep takes lines for patterns; forged tokens are broken in two by some.
    patterns.write_text("\n".join(line for secret in used for line in secret.splitlines() if len(line) >= used_secrets.SHORTEST))
    files = [path for stack in every_stack for path in places(stack)]
    assert len(files) > 5
    # A failure is no place to repeat a secret either.
    assert [hit[:hit.index(":") + 13] for hit in found_in(files, patterns)] == []
