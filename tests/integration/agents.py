"""An agent as the tests see it: a service of kind `agent` with its token, through nginx and past it."""

import json
import time

from fastcgi import ask
from lives import ok

SERVICES = "/v1/internal/services"
HOUR = 3600


def keep_clear_of_the_hours_end(seconds=60):
    """Counts begin anew with the hour, which must not happen within a test."""
    left = HOUR - time.time() % HOUR
    if left < seconds:
        time.sleep(left + 0.5)


class Agent:
    def __init__(self, api, stack, admin, scopes=(), tenant_id=None, **thresholds):
        self.api, self.stack = api, stack
        made = ok(api.post(f"{SERVICES}/register", json={"service_name": "Bot", "kind": "agent", "thresholds": thresholds}), 201)
        self.id, self.secret = made["client_id"], made["client_secret"]
        if tenant_id:
            ok(api.patch(f"{SERVICES}/{self.id}", token=admin, json={"tenant_id": tenant_id}))
        for scope in scopes:
            ok(api.post(f"{SERVICES}/grant-scope", token=admin, json={"client_id": self.id, "scope_name": scope}))

    def ask_token(self):
        return self.api.post("/oauth/token", auth=(self.id, self.secret), data={"grant_type": "client_credentials"})

    def token(self):
        return ok(self.ask_token())["access_token"]

    def call(self, token, api=None):
        """The answer of a route that any service may call and that changes nothing."""
        return (api or self.api).post(f"{SERVICES}/check-permission", token=token, json={"client_id": self.id, "scope_name": "x"})

    def told(self, code):
        """How many audit rows and how many events say that of it."""
        rows = self.sql(f"SELECT count(*) FROM sys_audit_logs WHERE event = '{code}' AND actor_kind = 'agent' AND resource_id = '{self.id}'")
        return int(rows), int(self.sql(f"SELECT count(*) FROM events WHERE type = '{code}' AND data->>'client_id' = '{self.id}'"))

    def used(self, name):
        return int(self.sql(f"SELECT coalesce(sum(used), 0) FROM quotas WHERE owner = '{self.id}' AND name = '{name}'"))

    def sql(self, query):
        return self.stack.cluster.psql("gatehouse", f"SET search_path = gatehouse; {query}").strip()


def ask_copy(path, method, uri, token, body=None):
    """Status and body of a copy of a function that listens on `path`, without nginx."""
    params = {"HTTP_AUTHORIZATION": f"Bearer {token}", "REMOTE_ADDR": "127.0.0.1"}
    if body is not None:
        params["CONTENT_TYPE"] = "application/json"
    head, _, content = ask(path, method, uri, body, params, seconds=60).partition("\r\n\r\n")
    return int(head.split()[1]), json.loads(content)
