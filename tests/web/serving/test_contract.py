"""The server keeps the promises of its own OpenAPI schema, whatever is sent."""

from __future__ import annotations

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from web.serving.conftest import png

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
    checks.allow_header_conformance,
]
# Photos now and then, among bytes that are none.
CONTENT = st.one_of(st.sampled_from([png("red"), png("blue"), png()[:50]]), st.binary(min_size=1))

for kind in ("image/*", "application/octet-stream"):
    schemathesis.openapi.media_type(kind, CONTENT)
schemathesis.openapi.format("binary", CONTENT)


OPERATIONS = [
    ("/v1/predict", "POST", GenerationMode.POSITIVE),
    ("/v1/predict", "POST", GenerationMode.NEGATIVE),
    ("/v1/model", "GET", GenerationMode.POSITIVE),  # these take nothing that could be wrong
    ("/health", "GET", GenerationMode.POSITIVE),
    ("/metrics", "GET", GenerationMode.POSITIVE),
]


@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_every_operation_answers_as_the_schema_says(server, path, method, mode):
    address = f"http://127.0.0.1:{server.port}/openapi.json"
    operation = schemathesis.openapi.from_url(address)[path][method]
    statuses = set()

    @given(operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def asked(case):
        statuses.add(case.call_and_validate(checks=CHECKS).status_code)

    asked()
    wanted = {200} if mode is GenerationMode.POSITIVE else {422}
    assert wanted <= statuses


def test_the_schema_describes_every_address_and_refusal(server):
    told = json.loads(server.ask("GET", "/openapi.json").body)
    assert told["openapi"].startswith("3.1")
    assert set(told["paths"]) == {"/v1/predict", "/v1/model", "/health", "/metrics"}
    answers = told["paths"]["/v1/predict"]["post"]["responses"]
    wanted = {200, 400, 401, 403, 408, 413, 415, 421, 422, 429, 503}
    assert set(map(int, answers)) == wanted
    for status in ("429", "503"):
        assert "Retry-After" in answers[status]["headers"]
    failure = {"$ref": "#/components/schemas/Failure"}
    for status, answer in answers.items():
        if status != "200":
            assert answer["content"]["application/json"]["schema"] == failure
    bodies = told["paths"]["/v1/predict"]["post"]["requestBody"]["content"]
    assert set(bodies) == {"multipart/form-data", "image/*", "application/octet-stream"}
    assert "ValidationError" not in told["components"]["schemas"]
