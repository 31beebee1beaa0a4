"""Load by wrk, and what it costs: requests a second, latencies, processor time by process."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

TICKS = os.sysconf("SC_CLK_TCK")

DONE = """
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"max_ms":%f,"errors":%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, e.connect + e.read + e.write + e.timeout + e.status))
end
"""

# Bodies that are each sent once: line by line from a file, in a circle only when it is used up. The requests
# are made beforehand, so that the load generator takes no more of the processors than with one body.
BODIES = """
local requests, at = {}, 0
init = function()
  for line in io.lines("%s") do requests[#requests + 1] = wrk.format(nil, nil, nil, line) end
end
request = function()
  at = at %% #requests + 1
  return requests[at]
end
"""

# A key of its own for each request.
KEYS = """
local prefix, at = "%s", 0
request = function()
  at = at + 1
  wrk.headers["Idempotency-Key"] = prefix .. at
  return wrk.format()
end
"""

# Keeps what is answered, to be used as bodies later.
KEEP = """
local file = io.open("%s", "w")
response = function(status, headers, body)
  local token = body:match('"access_token":"([^"]+)"')
  if token then file:write('{"token":"' .. token .. '"}\\n') end
end
"""


class Request:
    """What is sent again and again. `script` is more Lua for wrk (the load generator's own language)."""

    def __init__(self, url, method="GET", body="", headers=None, script=""):
        self.url, self.script = url, script
        lines = [f"wrk.method = {json.dumps(method)}", f"wrk.body = {json.dumps(body)}"]
        lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in (headers or {}).items()]
        self.lua = "\n".join([*lines, script, DONE])
        self._parts = method, body, headers or {}

    def bytes(self):
        """The request as it goes over the wire."""
        method, body, headers = self._parts
        place = urlsplit(self.url)
        lines = [f"{method} {place.path} HTTP/1.1", f"Host: {place.netloc}", *(f"{name}: {value}" for name, value in headers.items()),
                 *([f"Content-Length: {len(body)}"] if body else [])]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def run(request, connections=64, seconds=4):
    """One run of wrk with one thread: {requests, seconds, rate, p50_ms, p99_ms, max_ms, errors}."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(request.lua)
        file.flush()
        done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", file.name,
                               request.url], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.strip().splitlines()[-1])
    result["rate"] = result["requests"] / result["seconds"]
    return result


class Processors:
    """Processor seconds of the parts of a stack since the last look."""

    def __init__(self, stack):
        self.stack, self.before = stack, {}

    def spent(self):
        now = {"nginx": tree(self.stack.process_id("nginx")), "PostgreSQL": tree(self.stack.cluster.pid())}
        for name in self.stack.functions():
            now[name] = _one(self.stack.process_id(name))
        delta = {name: ticks - self.before.get(name, 0) for name, ticks in now.items()}
        self.before = now
        return {name: ticks / TICKS for name, ticks in delta.items()}


def _one(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(map(int, fields[11:15]))  # user and system, its own and of children that have ended


def tree(pid):
    """Clock ticks of processor time of a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return _one(pid) + sum(_one(child) for child in children if Path(f"/proc/{child}").exists())
