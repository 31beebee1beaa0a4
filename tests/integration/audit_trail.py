"""The audit trail of a stack: reads it, seals it, verifies it, and tampers with it as PostgreSQL's superuser."""

import json
import subprocess

from cli import Operator


class Trail(Operator):
    def rows(self, where="true"):
        """As dictionaries, the oldest first."""
        text = self.sql(f"SELECT row_to_json(a) FROM sys_audit_logs a WHERE {where} ORDER BY at, id")
        return [json.loads(line) for line in text.splitlines()]

    def row(self, where):
        found = self.rows(where)
        assert len(found) == 1, found
        return found[0]

    @property
    def seal_file(self):
        return self.stack.run_dir / "audit-seals.jsonl"

    def begin_sealing(self):
        return subprocess.Popen([self.stack.program("audit"), "seal"], env=self.stack.environment(), text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def seal(self):
        """What the job says it did."""
        process = self.begin_sealing()
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        return json.loads(output)

    def seals(self):
        return int(self.sql("SELECT count(*) FROM audit_seals"))

    def verify(self, *arguments):
        """The findings: empty where the trail is intact. Exit code and words have to agree."""
        code, output, errors = self.run("audit", "verify", *arguments)
        lines = output.splitlines()
        if code == 0:
            assert (lines[0], errors) == ("result: intact", ""), output + errors
            return []
        assert code == 1 and lines and lines[0] == "result: tampered with", output + errors
        findings = [line for line in lines if not line.split(": ")[0].replace("_", "").isalpha() or " " in line.split(": ")[0]]
        assert findings and errors.startswith(f"gatehouse: {findings[0]}\n"), output + errors
        return findings
