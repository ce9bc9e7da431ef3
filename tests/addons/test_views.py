"""What user interfaces show: the content view, the detail tab, the comment column; and nothing under mitmdump."""

from __future__ import annotations

import pytest
from mitmproxy import contentviews
from mitmproxy.test import tflow

from corsight.addons import views
from corsight.addons.views import DETAILS, CorsView, Stories, detail
from corsight.policies.findings import Known
from tests.addons.interface import WEB_COLUMNS, interface
from tests.addons.mitm import OURS, cors, flow, judged, mitmproxy, preflight, through_a_dump

ALLOW_PUT = [*OURS, ("Access-Control-Allow-Methods", "PUT")]
NAME = "cors"


def shown(made: object, message: object, view: str = NAME) -> contentviews.ContentviewResult:
    return contentviews.prettify_message(message, made, view)  # type: ignore[arg-type]


def test_the_view_tells_the_whole_fetch_of_any_of_its_flows() -> None:
    with interface() as ui:
        asked = preflight(answered=ALLOW_PUT)
        then = cors(method="PUT", answered=OURS)
        ui.show(asked, then)
        for made in (asked, then):
            for message in (made.request, made.response):
                result = shown(made, message)
                assert result.view_name == "CORS"
                assert "1. Preflight: OPTIONS https://api.test/v1 -> 204" in result.text
                assert "2. Request: PUT https://api.test/v1 -> 200" in result.text
                assert "" not in result.text.split("\n")


def test_the_view_is_offered_and_never_takes_over() -> None:
    before = contentviews.registry.available_views()
    with interface() as ui:
        assert NAME in contentviews.registry.available_views()
        blocked = preflight(answered=())
        ui.show(blocked)
        assert shown(blocked, blocked.response, "auto").view_name != "CORS"
        blocked.response.content = b'{"a": 1}'
        blocked.response.headers["Content-Type"] = "application/json"
        assert shown(blocked, blocked.response, "auto").view_name == "JSON"
    assert contentviews.registry.available_views() == before


def test_a_script_that_is_loaded_again_leaves_one_view() -> None:
    with interface() as ui:
        first = contentviews.registry[NAME]
        ui.running.addon.done()
        assert NAME not in contentviews.registry
        ui.running.addon.running()
        assert contentviews.registry[NAME] is first


def test_the_view_of_another_addon_is_left_alone() -> None:
    mine, other = CorsView(Stories(Known())), CorsView(Stories(Known()))
    views.offer(mine)
    views.offer(other)
    views.withdraw(mine)
    assert contentviews.registry[NAME] is other
    views.withdraw(other)
    assert NAME not in contentviews.registry


def test_a_flow_that_is_not_remembered_is_told_alone() -> None:
    with interface() as ui:
        made = cors()
        text = shown(made, made.response).text
        assert text.startswith(views.ALONE.strip())
        assert "Chromium blocked it" in text
        ui.running.set(cors_engine="firefox")
        assert "Firefox blocked it" in shown(made, made.response).text
        made.response = None
        assert shown(made, made.request).text == "The response has not come yet: there is nothing to tell."


def test_what_is_no_http_is_refused() -> None:
    with interface():
        dns = tflow.tdnsflow(resp=True)
        assert "only HTTP is judged" in shown(dns, dns.response).text


def test_a_revision_is_told() -> None:
    with interface() as ui:
        unsure = preflight()
        ui.show(unsure)
        assert "unknown" in shown(unsure, unsure.response).text
        ui.show(cors(method="PUT", answered=OURS, after=0), flow(after=60))
        text = shown(unsure, unsure.response).text
        assert "  unknown " not in text
        assert "2. Request: PUT" in text


def test_nothing_a_peer_sends_reaches_the_terminal_and_no_secret_is_shown() -> None:
    with interface() as ui:
        odd = "x\x1b[2J\x9b\u0085"
        made = cors(
            url="https://me:hunter2@api.test/v1?api_key=hunter2", answered=[("Access-Control-Allow-Origin", odd)]
        )
        ui.show(made)
        text = shown(made, made.response).text
        assert "hunter2" not in text
        assert all(line.isprintable() for line in text.split("\n"))
        assert all(str(made.metadata[name]).isprintable() for name in DETAILS)


# -- the detail tab ---------------------------------------------------------------------------------------------------


def test_the_detail_tab_says_the_step_the_fix_and_who() -> None:
    with interface() as ui:
        made = preflight(answered=OURS)
        ui.show(made)
        assert [made.metadata[name] for name in DETAILS] == [
            'CORS-preflight fetch 7.5: the response has no Access-Control-Allow-Methods, and "PUT" has to be in it',
            "Access-Control-Allow-Methods: PUT",
            "the server api.test",
        ]
        [again] = through_a_dump(made)
        assert again.metadata["cors.fix"] == "Access-Control-Allow-Methods: PUT"


def test_what_is_not_blocked_has_no_such_details() -> None:
    made = cors(answered=OURS)
    made.metadata["cors.fix"] = "from before"
    detail(made, judged(made), Known())
    assert not any(name in made.metadata for name in DETAILS)


def test_what_no_header_mends_says_what_to_do() -> None:
    made = cors(status=302, answered=[*OURS, ("Location", "http://api.test/")])
    detail(made, judged(made), Known())
    assert made.metadata["cors.fix"].startswith("Redirect to https")


# -- where nobody looks -----------------------------------------------------------------------------------------------


def test_under_mitmdump_nothing_is_remembered_and_no_view_offered() -> None:
    with mitmproxy() as running:
        made = preflight(answered=())
        running.judge(made)
        assert running.addon._stories.judged(made.id) is None
        assert not any(name in made.metadata for name in DETAILS)
        assert NAME not in contentviews.registry


def test_the_memory_is_bounded() -> None:
    stories = Stories(Known(), size=3)
    flows = [cors(url=f"https://api.test/{number}") for number in range(10)]
    for made in flows:
        stories.keep(judged(made))
    assert len(list(stories.in_time())) == 3
    assert stories.story(flows[0].id) is None
    assert stories.story(flows[-1].id) is not None
    stories.clear()
    assert stories.story(flows[-1].id) is None


# -- mitmweb's columns ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "then"),
    [
        (WEB_COLUMNS, [*WEB_COLUMNS, "comment"]),
        (["path", "status"], ["path", "status"]),
    ],
)
def test_the_comment_column_is_shown_unless_the_user_chose(columns: list[str], then: list[str]) -> None:
    with interface(columns) as ui:
        assert list(ui.master.options.web_columns) == then


def test_an_interface_without_columns_is_no_matter() -> None:
    with interface(None) as ui:
        assert "web_columns" not in ui.master.options
