"""What Laravel reads: PHP loads config/cors.php, and its values and patterns are held against the policy.

No package index that the tests reach has fruitcake/php-cors; so HandleCors itself does not run here.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from corsight.policies.server.export import render
from corsight.policies.server.model import Match, ServerPolicy
from corsight.policies.server.respond import grants_origin
from tests.recipes import toolbox
from tests.recipes.test_recipes import FOREIGN, PAGES, POLICIES

pytestmark = pytest.mark.recipes

LOAD = """
$cors = require $argv[1];
$origins = json_decode($argv[2]);
$named = fn($origin) => in_array($origin, $cors['allowed_origins'])
    || array_filter($cors['allowed_origins_patterns'], fn($pattern) => preg_match($pattern, $origin) === 1);
echo json_encode([$cors, array_values(array_filter($origins, $named))], JSON_THROW_ON_ERROR);
"""
"""As fruitcake/php-cors compares (src/CorsService.php, isOriginAllowed)."""


def load(policy: ServerPolicy, folder: Path, origins: tuple[str, ...] = ()) -> tuple[dict[str, Any], list[str]]:
    """What PHP reads of the configuration, and which of the origins it names."""
    php = toolbox.program("php", "apt-get install php-cli")
    file = folder / "cors.php"
    file.write_text(render("laravel", policy), "utf-8")
    strict = ("-d", "error_reporting=-1", "-d", "display_errors=1")
    argv = [php, *strict, "-r", LOAD, "--", str(file), json.dumps(origins)]
    ran = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    cors, named = json.loads(ran.stdout)
    return cors, named


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.name.replace(" ", "-"))
def test_php_reads_what_the_policy_grants(policy: ServerPolicy, tmp_path: Path) -> None:
    cors, named = load(policy, tmp_path, (*PAGES[policy.name], *FOREIGN))
    assert cors["paths"] == ["*"]
    assert tuple(cors["allowed_methods"]) == policy.methods
    assert tuple(cors["allowed_headers"]) == policy.request_headers
    assert tuple(cors["exposed_headers"]) == policy.expose_headers
    assert cors["max_age"] == policy.max_age
    assert cors["supports_credentials"] is policy.credentials
    if "*" in policy.origins:
        assert cors["allowed_origins"] == ["*"]
        return
    assert named == [origin for origin in (*PAGES[policy.name], *FOREIGN) if grants_origin(policy, origin)]
    assert "http://localhost:5173\n" not in load(policy, tmp_path, ("http://localhost:5173\n",))[1]


def test_laravel_keeps_to_the_paths(tmp_path: Path) -> None:
    policy = POLICIES["all of it"].model_copy(update={"match": Match(paths=("/v1/**", "/v2.x/**"))})
    cors, _ = load(policy, tmp_path)
    assert cors["paths"] == ["v1", "v1/*", "v2.x", "v2.x/*"]


def test_what_laravel_leaves_is_named_for_taking_out() -> None:
    text = render("laravel", POLICIES["all of it"])
    assert "// Take out what else sets Access-Control-Allow-Origin, " in text
    assert "HandleCors removes none of them." in text
