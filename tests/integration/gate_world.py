"""A stack whose nginx protects something of each kind, and everybody who may want to get there."""

import contextlib

from agents import Agent
from cli import Operator
from conftest import Api, ServiceToken, free_ports
from lives import Service, Users, ok, within
from upstreams import fastcgi_upstream, http_upstream

ROUTES = "/v1/internal/routes"
SHOP = "https://shop.example"
FREE = {"calls_per_hour": 1000000, "rate_per_minute": 60000}
IDENTITY = ["Route", "Caller-Kind", "Caller", "Client", "User", "Tenant", "Scope", "Assertion"]


def location(path, route, rest):
    return f"location {path} {{\n    set $gatehouse_route {route};\n    include gatehouse/protect.conf;\n    {rest}\n}}\n"


class GateWorld:
    def __init__(self, stack, http, fastcgi):
        self.stack, self.http, self.fastcgi = stack, http, fastcgi
        self.site_port, self.shop_port = free_ports(2)
        self.files = stack.run_dir / "files"
        (self.files / "static" / "closed").mkdir(parents=True)
        (self.files / "static" / "page.txt").write_text("a page\n")
        for folder, text in (("protected", self.locations()), ("sites", self.site())):
            (stack.run_dir / "nginx" / folder).mkdir(parents=True)
            (stack.run_dir / "nginx" / folder / "tests.conf").write_text(text)
        stack.start()
        self.api, self.operator = Api(stack.url), Operator(stack)
        self.site_api, self.shop_api = (Api(f"http://127.0.0.1:{port}") for port in (self.site_port, self.shop_port))
        credentials = stack.admin()
        self.admin = ServiceToken(self.api, credentials["client_id"], credentials["client_secret"])
        self.tenant, self.other = (ok(self.api.post("/v1/tenants", json={"name": name}), 201) for name in ("A", "B"))
        self.users = Users(self.api, self.tenant)
        self.user_id, self.user_token = self.users.join("someone@example.com")
        self.service = Service.register(self.api, self.admin.get(), ["orders:write"], self.tenant["id"])
        self.plain = Service.register(self.api, self.admin.get(), ["orders:read"])
        self.agent = Agent(self.api, stack, self.admin.get(), ["orders:write", "auth:token"], self.tenant["id"], **FREE)
        self.put("orders.write", methods=["GET", "POST", "HEAD"], callers=["service", "agent"], scopes=["orders:write"])
        for name in ("php", "static", "site"):
            self.put(name, methods=["GET", "POST"], callers=["service", "user", "secret_key", "public_key", "agent"])
        assert within(10, lambda: self.get(token=self.service.token()).status_code == 200)

    def locations(self):
        http = f"proxy_pass http://127.0.0.1:{self.http.port};"
        fastcgi = f"fastcgi_pass 127.0.0.1:{self.fastcgi.port}; fastcgi_param REQUEST_METHOD $request_method;"
        return "".join([
            location("/orders/", "orders.write", http + " client_max_body_size 8m;"),
            location("/php/", "php", fastcgi),
            location("/static/", "static", f"root {self.files};"),
            location("/typo/", "orders.wirte", http),
            location("/changing/", "changing", http),
            location("/gone/", "php", "proxy_pass http://127.0.0.1:9;"),
            location("/app/", "site", http),
            location("/forwarding/", "site", http + " proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header Host $host;"),
            location("/app/admin/", "orders.write", http),
            f"location /nameless/ {{\n    include gatehouse/protect.conf;\n    {http}\n}}\n"])

    def site(self):
        """Servers of the operator's own; the second says what DPoP proofs for it are for."""
        def server(port, rest):
            return (f"server {{\n    listen 127.0.0.1:{port};\n    include gatehouse/server.conf;\n    {rest}\n"
                    + location("/", "site", f"proxy_pass http://127.0.0.1:{self.http.port};") + "}\n")
        return server(self.site_port, "") + server(self.shop_port, f"set $gatehouse_origin {SHOP};")

    def put(self, name, **policy):
        return ok(self.api.put(f"{ROUTES}/{name}", token=self.admin.get(), json=policy))

    def get(self, path="/orders/1", token=None, **rest):
        return self.api.get(path, token=token, **rest)

    def changing(self, **policy):
        """Gives the route of /changing/ this policy; it decides a moment later."""
        return self.put("changing", **{"methods": ["GET"], "callers": ["service", "agent", "user", "secret_key", "public_key"], **policy})

    def code(self, path, token):
        """The code of the refusal; None where it is none."""
        answer = self.get(path, token=token)
        return None if answer.status_code < 400 else answer.json()["code"]

    def sql(self, query):
        return self.operator.sql(query)


@contextlib.contextmanager
def gate_world(make_stack, **options):
    with http_upstream() as http, fastcgi_upstream() as fastcgi:
        yield GateWorld(make_stack(**options), http, fastcgi)


def identity(answer):
    """What the HTTP upstream was told, by the names behind X-Gatehouse-."""
    headers = answer.json()["headers"]
    return {name: headers.get(f"x-gatehouse-{name.lower()}") for name in IDENTITY}


def parameters(answer):
    """The same of the FastCGI upstream."""
    params = answer.json()["params"]
    return {name: params.get("GATEHOUSE_" + name.upper().replace("-", "_")) for name in IDENTITY}
