"""A route is named three times: in its function's table, in nginx's files and in openapi.json. They say the same."""

import contract
import jsonschema
import pytest

TABLE = contract.route_table()
DOCUMENT = contract.openapi.merge()
OPERATIONS = contract.operations(DOCUMENT)
LOCATIONS = contract.locations()

every_route = pytest.mark.parametrize("route", TABLE, ids=str)
every_operation = pytest.mark.parametrize("key", OPERATIONS, ids=" ".join)


def operation_of(route):
    if route.key not in OPERATIONS:
        pytest.fail(f"{route} is in gatehouse-{route.group} and not in openapi.yaml")
    return OPERATIONS[route.key]


def validator(schema):
    return jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver("", DOCUMENT))


def test_routes_and_openapi_are_the_same_set():
    assert sorted(route.key for route in TABLE) == sorted(OPERATIONS)


def test_no_route_is_there_twice():
    keys = [route.key for route in TABLE]
    assert sorted(keys) == sorted(set(keys))


def test_every_function_has_its_location_file_and_every_file_its_function():
    assert sorted({location.file for location in LOCATIONS}) == contract.groups()


def test_locations_pass_to_the_function_they_are_named_after():
    assert [location for location in LOCATIONS if location.target != location.file] == []


@every_route
def test_nginx_routes_it_to_its_function(route):
    location = contract.location_of(route.sample_path, LOCATIONS)
    assert location is not None, "nginx answers 404"
    assert location.target == route.group


@pytest.mark.parametrize("location", LOCATIONS, ids=lambda location: f"{location.modifier} {location.path}".strip())
def test_location_leads_to_a_route(location):
    reached = [route for route in TABLE if contract.location_of(route.sample_path, LOCATIONS) == location]
    assert reached, "no route of the function is behind it"


@every_route
def test_same_access_rule(route):
    operation = operation_of(route)
    assert {frozenset(one) for one in operation["security"]} == contract.expected_security(route.row)
    assert operation.get("x-gatehouse-scope") == route.row.get("scope")


@every_route
def test_same_body(route):
    operation, row = operation_of(route), route.row
    if row["body"] == "none":
        assert "requestBody" not in operation
        return
    body = operation["requestBody"]
    assert list(body["content"]) == [contract.MEDIA_TYPES[row["body"]]]
    assert body.get("required", False) == (row["body"] != "json_optional")
    assert operation[contract.openapi.BODY_LIMIT] == row["body_limit"]
    assert row["body_limit"] <= contract.edge_body_limit(contract.location_of(route.sample_path, LOCATIONS)), "nginx refuses it before"


@every_route
def test_same_path_parameters(route):
    declared = {one["name"] for one in operation_of(route)["parameters"] if one["in"] == "path"}
    assert declared == {part[1:] for part in route.row["path"].split("/") if part.startswith(":")}


@every_route
def test_same_idempotency(route):
    keys = [one for one in operation_of(route)["parameters"] if one["name"] == "Idempotency-Key"]
    if route.row["idempotency"] == "none":
        assert keys == []
    else:
        assert [one.get("required", False) for one in keys] == [route.row["idempotency"] == "required"]


@every_route
def test_documents_the_refusals_that_its_row_implies(route):
    row, documented = route.row, set(operation_of(route)["responses"])
    expected = set()
    if row["access"]:
        expected |= {"401", "429"}
    if row.get("scope"):
        expected |= {"403"}
    if row["idempotency"] != "none":
        expected |= {"409", "200"}  # a resend is answered with 200, whatever the first one was
    if row["body"] != "none":
        expected |= {"400", "413", "415"}
    assert expected <= documented


@every_operation
def test_request_body_names_all_its_members_and_has_an_example(key):
    operation = OPERATIONS[key]
    for name, media_type in operation.get("requestBody", {}).get("content", {}).items():
        schema = contract.resolve(DOCUMENT, media_type["schema"])
        # RFC 6749 §3.2: a token endpoint ignores parameters that it does not know.
        assert schema.get("additionalProperties") is (False if name == "application/json" else None)
        assert "example" in media_type or "examples" in media_type


def schemas(operation):
    for media_types in [operation.get("requestBody", {})] + [contract.resolve(DOCUMENT, response)
                                                             for response in operation["responses"].values()]:
        for media_type in media_types.get("content", {}).values():
            examples = [named["value"] for named in media_type.get("examples", {}).values()]
            yield media_type["schema"], examples + ([media_type["example"]] if "example" in media_type else [])


@every_operation
def test_examples_are_valid(key):
    for schema, examples in schemas(OPERATIONS[key]):
        jsonschema.Draft202012Validator.check_schema(schema)
        for example in examples:
            validator(schema).validate(example)


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_schema_is_json_schema(name):
    jsonschema.Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])


def test_nginx_serves_the_document(api):
    answer = api.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == DOCUMENT


@every_route
def test_it_answers_a_stranger_as_documented(api, route):
    """Without credentials, without a body: nothing but a documented status, and never nginx's own 404."""
    answer = api.request(route.row["method"], route.sample_path)
    documented = operation_of(route)["responses"]
    assert str(answer.status_code) in documented, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    content = contract.resolve(DOCUMENT, documented[str(answer.status_code)])["content"]
    validator(content["application/json"]["schema"]).validate(answer.json())
    assert not isinstance(answer.json(), dict) or answer.json().get("code") != "route_not_found"
    if route.row["access"] and route.row["access"] != ["client_secret"]:
        assert answer.status_code == 401
