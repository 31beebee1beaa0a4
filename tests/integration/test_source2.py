"""What the IDaaS API document (source 2) promises, by the clients of its examples: every endpoint with its fields,
statuses and texts. Beyond the document an answer may have members only where the document does not show it whole."""

import re
import time

import jwt
import pytest
from api_clients import Axios, Curl, Requests, axios_modules

TIMESTAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
PROFILE = {"name": "Zhang San", "role": "user", "department": "Engineering"}
USER = {"email": "user@example.com", "password": "password123", "profile": PROFILE}
LOGIN = {"email": "user@example.com", "password": "password123"}
SCOPES = {"user:read", "user:write", "tenant:read", "auth:token", "internal:admin"}


@pytest.fixture(scope="module", params=["curl", "requests", "axios"])
def client(request, stack, tmp_path_factory):
    if request.param == "axios":
        client = Axios(stack.url, axios_modules(tmp_path_factory.mktemp("axios")))
    else:
        client = {"curl": Curl, "requests": Requests}[request.param](stack.url)
    yield client
    client.close()


def ok(answer, status=200):
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/json"
    return answer.body


@pytest.fixture(scope="module")
def tenant(client):
    return ok(client.call("POST", "/v1/tenants", json={"name": "My app"}), 201)


@pytest.fixture(scope="module")
def user(client, tenant):
    return ok(client.call("POST", "/v1/auth/register", tenant["public_key"], json=USER), 201)


@pytest.fixture(scope="module")
def login(client, tenant, user):
    return ok(client.call("POST", "/v1/auth/login", tenant["public_key"], json=LOGIN))


@pytest.fixture(scope="module")
def admin(client, stack):
    credentials = stack.admin()
    return oauth_token(client, credentials["client_id"], credentials["client_secret"])


def oauth_token(client, client_id, client_secret):
    """The standard way, as in the document."""
    return ok(client.call("POST", "/oauth/token", auth=(client_id, client_secret),
                          form={"grant_type": "client_credentials"}))["access_token"]


@pytest.fixture(scope="module")
def make_service(client, admin):
    def make(*scopes):
        made = ok(client.call("POST", "/v1/internal/services/register",
                              json={"service_name": "Service A", "description": "Internal service A"}), 201)
        for scope in scopes:
            ok(client.call("POST", "/v1/internal/services/grant-scope", admin,
                           json={"client_id": made["client_id"], "scope_name": scope}))
        return made
    return make


def claims_of(client, token):
    """The claims, verified as a third party does: by the published keys."""
    keys = jwt.PyJWKSet.from_dict(ok(client.call("GET", "/.well-known/jwks.json")))
    header = jwt.get_unverified_header(token)
    key = next(key for key in keys.keys if key.key_id == header["kid"])
    return jwt.decode(token, key.key, algorithms=[header["alg"]], options={"verify_aud": False})


# --- Tenants and users

def test_health(client):
    assert ok(client.call("GET", "/health")) == {"status": "ok"}


def test_created_tenant_has_its_keys(tenant):
    assert set(tenant) == {"id", "name", "public_key", "secret_key", "created_at"} and tenant["name"] == "My app"
    for name, form in {"id": "tnt_[0-9a-z]{26}", "public_key": r"pub_\w+", "secret_key": r"sec_\w+",
                       "created_at": TIMESTAMP}.items():
        assert re.fullmatch(form, tenant[name]), name


def test_tenant_is_shown_to_anybody_without_its_secret(client, tenant):
    shown = ok(client.call("GET", f"/v1/tenants/{tenant['id']}"))
    assert set(shown) == {"id", "name", "api_secret_key_hash", "api_public_key", "created_at"}
    assert shown["api_public_key"] == tenant["public_key"] and shown["api_secret_key_hash"] not in tenant["secret_key"]
    assert {name: shown[name] for name in ("id", "name", "created_at")} == \
        {name: tenant[name] for name in ("id", "name", "created_at")}


def test_registered_user_is_as_sent(user):
    assert set(user) == {"id", "email", "profile", "created_at"}
    assert re.fullmatch("usr_[0-9a-z]{26}", user["id"]) and re.fullmatch(TIMESTAMP, user["created_at"])
    assert user["email"] == USER["email"] and list(user["profile"].items()) == list(PROFILE.items())


def test_registration_works_with_the_secret_key_and_without_a_profile(client, tenant):
    made = ok(client.call("POST", "/v1/auth/register", tenant["secret_key"],
                          json={"email": "other@example.com", "password": "123456"}), 201)
    assert set(made) == {"id", "email", "profile", "created_at"} and made["profile"] == {}


def test_login_answers_the_user_and_a_token_for_24_hours(client, user, login):
    assert set(login) == {"user", "token"} and login["user"] == user and login["token"].startswith("eyJ")
    claims = claims_of(client, login["token"])
    assert claims["sub"] == user["id"] and claims["exp"] - claims["iat"] == 24 * 3600


def test_login_works_with_the_secret_key(client, tenant, user):
    assert ok(client.call("POST", "/v1/auth/login", tenant["secret_key"], json=LOGIN))["user"] == user


def test_current_user_is_who_logged_in(client, user, login):
    assert ok(client.call("GET", "/v1/users/me", login["token"])) == user


def test_users_are_listed_and_shown_to_the_secret_key(client, tenant, user):
    listed = ok(client.call("GET", "/v1/users", tenant["secret_key"]))
    assert set(listed) == {"users"}
    shown = ok(client.call("GET", f"/v1/users/{user['id']}", tenant["secret_key"]))
    assert shown in listed["users"] and {name: shown[name] for name in user} == user


ERRORS = [
    (400, '"email" is required', "POST", "/v1/auth/register", "public_key", {"password": "password123"}),
    (400, '"password" is required', "POST", "/v1/auth/register", "public_key", {"email": "user@example.com"}),
    (400, '"password" must be at least 6 characters', "POST", "/v1/auth/register", "public_key",
     {"email": "new@example.com", "password": "12345"}),
    (400, '"email" is not a valid email', "POST", "/v1/auth/register", "public_key",
     {"email": "not an address", "password": "password123"}),
    (400, '"email" is required', "POST", "/v1/auth/login", "public_key", {"password": "password123"}),
    (400, '"password" is required', "POST", "/v1/auth/login", "public_key", {"email": "user@example.com"}),
    (401, "tenant not found", "POST", "/v1/auth/login", "pub_xyz789abc123", LOGIN),
    (401, "tenant not found", "GET", "/v1/users", "sec_def456ghi789", None),
    (401, "invalid email or password", "POST", "/v1/auth/login", "public_key", {**LOGIN, "password": "wrong password"}),
    (401, "invalid email or password", "POST", "/v1/auth/login", "public_key", {**LOGIN, "email": "nobody@example.com"}),
    (401, "user not authenticated", "GET", "/v1/users/me", None, None),
    (401, "user not authenticated", "GET", "/v1/users/me", "eyJhbGciOiJIUzI1NiJ9.e30.x", None),
    (404, "tenant not found", "GET", "/v1/tenants/tnt_abc123def456", None, None),
    (404, "user not found", "GET", "/v1/users/usr_def456ghi789", "secret_key", None),
]


@pytest.mark.parametrize("status, text, method, path, credential, body", ERRORS)
def test_error_has_the_documented_status_and_text(client, tenant, user, status, text, method, path, credential, body):
    answer = client.call(method, path, tenant.get(credential, credential), json=body)
    assert (answer.status, answer.body["error"]) == (status, text)


# --- Services

def test_oauth_token_is_a_service_jwt_for_five_minutes(client, make_service):
    service = make_service("user:read", "user:write")
    answer = client.call("POST", "/oauth/token", auth=(service["client_id"], service["client_secret"]),
                         form={"grant_type": "client_credentials"})
    token = ok(answer)
    # RFC 6749 §5.1: `scope` may be there besides what the document shows.
    assert set(token) - {"scope"} == {"access_token", "token_type", "expires_in"}
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 300)
    claims = claims_of(client, token["access_token"])
    assert claims["sub"] == service["client_id"] and claims["scope"] == "user:read user:write"
    assert claims["exp"] - claims["iat"] == 300 and claims["iss"] == client.url


def test_oauth_token_for_an_unknown_client_is_refused(client):
    answer = client.call("POST", "/oauth/token", auth=("svc_abc123def456", "secret_abcdefg123456"),
                         form={"grant_type": "client_credentials"})
    # The document's text, where RFC 6749 §5.2 has it.
    assert answer.status == 401
    assert (answer.body["error"], answer.body["error_description"]) == ("invalid_client", "Client not found")


def test_oauth_takes_client_credentials_only(client, make_service):
    service = make_service()
    answer = client.call("POST", "/oauth/token", auth=(service["client_id"], service["client_secret"]),
                         form={"grant_type": "password"})
    assert (answer.status, answer.body["error"]) == (400, "unsupported_grant_type")


def test_registered_service_is_as_sent_and_without_scopes(client, make_service):
    service = make_service()
    assert set(service) == {"client_id", "client_secret", "service_name", "description", "created_at", "message", "warning"}
    assert re.fullmatch("svc_[0-9a-z]{26}", service["client_id"]) and re.fullmatch(r"secret_\w+", service["client_secret"])
    assert re.fullmatch(TIMESTAMP, service["created_at"])
    assert {name: service[name] for name in ("service_name", "description", "message", "warning")} == {
        "service_name": "Service A", "description": "Internal service A", "message": "Service registered successfully",
        "warning": "Please save the client_secret securely. It will not be shown again."}
    assert authenticate(client, service)["scopes"] == []


def authenticate(client, service):
    return ok(client.call("POST", "/v1/internal/services/authenticate",
                          json={name: service[name] for name in ("client_id", "client_secret")}))


def test_authenticated_service_gets_a_token_and_its_scopes(client, make_service):
    token = authenticate(client, make_service("user:read", "user:write"))
    assert set(token) == {"access_token", "token_type", "expires_in", "scopes"}
    assert (token["token_type"], token["expires_in"], token["scopes"]) == ("Bearer", 300, ["user:read", "user:write"])


def test_validated_token_tells_client_scopes_and_end(client, make_service):
    service = make_service("user:read", "user:write")
    token = authenticate(client, service)["access_token"]
    valid = ok(client.call("POST", "/v1/internal/services/validate-token", json={"token": token}))
    assert valid == {"valid": True, "client_id": service["client_id"], "scopes": ["user:read", "user:write"],
                     "exp": claims_of(client, token)["exp"]}


def test_scope_is_granted_checked_and_revoked(client, admin, make_service):
    service = make_service()
    asker = authenticate(client, make_service())["access_token"]
    scope = {"client_id": service["client_id"], "scope_name": "user:read"}

    def post(action, token):
        return ok(client.call("POST", f"/v1/internal/services/{action}", token, json=scope))

    assert post("check-permission", asker) == {"has_permission": False}
    assert post("grant-scope", admin) == {"message": "Scope granted successfully"}
    assert post("check-permission", asker) == {"has_permission": True}
    assert post("revoke-scope", admin) == {"message": "Scope revoked successfully"}
    assert post("check-permission", asker) == {"has_permission": False}


def test_services_are_listed(client, admin, make_service):
    service = make_service()
    listed = ok(client.call("GET", "/v1/internal/services?limit=1000", admin))["services"]
    expected = {name: service[name] for name in ("client_id", "service_name", "description", "created_at")}
    assert {**expected, "kind": "service"} in listed


def test_calls_of_a_service_are_in_its_log_and_statistics(client, admin, make_service):
    service = make_service("user:read")
    token = authenticate(client, service)["access_token"]
    ok(client.call("GET", "/api/internal/users?limit=1", token))
    assert client.call("GET", "/api/internal/tenants", token).status == 403
    path, deadline = f"/v1/internal/services/{service['client_id']}", time.monotonic() + 10
    while len(log := ok(client.call("GET", f"{path}/logs?limit=50&offset=0", admin))) < 2:
        assert time.monotonic() < deadline, "the calls are not in the log"
        time.sleep(0.05)
    entry = log[1]
    assert set(entry) == {"id", "client_id", "endpoint", "method", "status_code", "response_time_ms", "ip_address",
                          "user_agent", "created_at"}
    assert (entry["client_id"], entry["endpoint"], entry["method"], entry["status_code"]) == \
        (service["client_id"], "/api/internal/users", "GET", 200)
    assert isinstance(entry["id"], int) and isinstance(entry["response_time_ms"], int) and entry["ip_address"]
    assert re.fullmatch(TIMESTAMP, entry["created_at"]) and entry["user_agent"]
    assert ok(client.call("GET", f"{path}/logs?limit=50&offset=1", admin)) == [entry]

    statistics = ok(client.call("GET", f"{path}/statistics?since=24h", admin))
    assert re.fullmatch(TIMESTAMP, statistics.pop("since"))
    assert 0 <= statistics.pop("avg_response_time") < 10_000
    assert statistics == {"client_id": service["client_id"], "total_requests": 2, "error_count": 1, "success_rate": 50}


def test_expired_tokens_are_cleaned_up(client, admin):
    assert ok(client.call("POST", "/v1/internal/services/cleanup-tokens", admin)) == \
        {"message": "Expired tokens cleaned up successfully"}


def internal_calls(tenant, user):
    """The five /api/internal/ routes by the scope that each needs."""
    return {
        "user:read": ("GET", "/api/internal/users", None, 200),
        "user:write": ("POST", "/api/internal/users",
                       {"tenant_id": tenant["id"], "email": f"{time.monotonic_ns()}@example.com", "password": "password123"}, 201),
        "tenant:read": ("GET", "/api/internal/tenants", None, 200),
        "auth:token": ("POST", "/api/internal/auth/token", {"tenant_id": tenant["id"], "user_id": user["id"]}, 200),
        "internal:admin": ("GET", "/api/internal/admin/services", None, 200),
    }


@pytest.mark.parametrize("held", sorted(SCOPES))
def test_internal_route_needs_its_scope_and_no_other(client, tenant, user, make_service, held):
    token = authenticate(client, make_service(held))["access_token"]
    for scope, (method, path, body, status) in internal_calls(tenant, user).items():
        answer = client.call(method, path, token, json=body)
        assert answer.status == (status if scope == held else 403), (path, answer.body)
        assert scope == held or answer.body["error"] == "Forbidden"


def test_token_that_a_service_obtains_for_a_user_is_the_users(client, tenant, user, make_service):
    service = make_service("auth:token")
    got = ok(client.call("POST", "/api/internal/auth/token", authenticate(client, service)["access_token"],
                         json={"tenant_id": tenant["id"], "user_id": user["id"]}))
    assert set(got) == {"access_token", "token_type", "expires_in"}
    assert (got["token_type"], got["expires_in"]) == ("Bearer", 300)
    assert claims_of(client, got["access_token"])["act"] == {"sub": service["client_id"]}
    assert ok(client.call("GET", "/v1/users/me", got["access_token"])) == user
