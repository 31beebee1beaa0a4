"""Runs the operator's program `gatehouse` on a stack."""

import json
import subprocess
import time


class Operator:
    def __init__(self, stack):
        self.stack, self.cluster = stack, stack.cluster

    def begin(self, *arguments, **rest):
        """Starts it; rest goes to Popen."""
        usual = {"env": self.stack.environment(), "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([str(self.stack.operator_program), *map(str, arguments)], **{**usual, **rest})

    def run(self, *arguments):
        """Exit code, standard output, standard error."""
        process = self.begin(*arguments)
        output, errors = process.communicate(timeout=60)
        return process.returncode, output, errors

    def do(self, *arguments):
        """For what has to go well: what --json answers."""
        code, output, errors = self.run("--json", *arguments)
        assert (code, errors) == (0, ""), errors
        return json.loads(output)

    def refused(self, *arguments):
        """For what has to fail: what it says is wrong and what to do."""
        code, output, errors = self.run("--json", *arguments)
        assert (code, output) == (1, ""), output
        said = json.loads(errors)
        assert set(said) == {"error", "next_step"}
        return said

    def sql(self, query):
        return self.cluster.psql("gatehouse", f"SET search_path = gatehouse; {query}").strip()

    def audit_rows(self):
        return int(self.sql("SELECT count(*) FROM sys_audit_logs WHERE actor_kind = 'operator'"))


def token(api, service):
    """The answer of POST /oauth/token."""
    return api.post("/oauth/token", auth=(service["client_id"], service["client_secret"]),
                    data={"grant_type": "client_credentials"})


def within(seconds, condition):
    """Waits until the condition is true; fails when it is not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.01)
