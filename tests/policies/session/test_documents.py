"""The documents a browser loaded."""

from __future__ import annotations

import pytest

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.fetch.origin import origin_of
from corsight.policies.session import Session
from corsight.policies.session.documents import Documents
from corsight.policies.session.memory import TEXT
from tests.policies.session.test_browser import CHROMIUM

APP = "https://app.test"


def loaded(*pages: tuple[str, str | None], size: int = 8) -> Documents:
    documents = Documents(size)
    for url, policy in pages:
        headers = () if policy is None else (("Cross-Origin-Embedder-Policy", policy),)
        documents.add(url, Response(200, HeaderList.of(*headers)), top=True)
    return documents


@pytest.mark.parametrize(
    ("policy", "embedder"),
    [
        (None, "unsafe-none"),
        ("require-corp", "require-corp"),
        ('require-corp; report-to="x"', "require-corp"),
        ("credentialless", "credentialless"),
        ("unsafe-none", "unsafe-none"),
        ("Require-Corp", "unsafe-none"),
        ('"require-corp"', "unsafe-none"),
        ("require-corp, require-corp", "unsafe-none"),
        ("", "unsafe-none"),
    ],
)
def test_a_document_states_its_embedder_policy(policy: str | None, embedder: str) -> None:
    assert loaded((f"{APP}/", policy)).embedder(APP, None) == embedder


def test_a_page_that_was_not_seen_is_unknown() -> None:
    documents = loaded((f"{APP}/", "require-corp"))
    assert documents.embedder("https://other.test", None) is None
    assert documents.embedder("null", None) is None
    assert documents.page("https://other.test", None) is None
    assert documents.page(None, "https://other.test/") is None


def test_a_page_of_unknown_origin_is_like_all_that_were_seen_if_they_are_alike() -> None:
    assert (loaded().embedder(None, None), loaded().secure) == (None, None)
    alike = loaded((f"{APP}/a", "require-corp"), ("https://other.test/", "require-corp"))
    assert (alike.embedder(None, None), alike.secure) == ("require-corp", True)
    mixed = loaded((f"{APP}/a", "require-corp"), ("http://other.test/", None))
    assert (mixed.embedder(None, None), mixed.secure) == (None, None)
    assert loaded(("http://other.test/", None)).secure is False


def test_an_origin_whose_pages_disagree_is_unknown_and_a_referrer_only_makes_one_likelier() -> None:
    """https://html.spec.whatwg.org/#can-have-its-url-rewritten: pushState() gives a document another one's URL."""
    documents = loaded((f"{APP}/a", "require-corp"), (f"{APP}/b", None))
    for page, likelier in ((None, "unsafe-none"), (f"{APP}/a", "require-corp"), (f"{APP}/b", "unsafe-none")):
        assert documents.embedder(APP, page) is None
        assert documents.guess_embedder(APP, page, framed=False) == likelier
    assert documents.embedder(APP, f"{APP}/unseen") is None


def test_the_same_page_again_has_its_latest_policy() -> None:
    documents = loaded((f"{APP}/a", None), (f"{APP}/a", "require-corp"))
    assert documents.embedder(APP, f"{APP}/a") == "require-corp"


def test_a_page_is_told_by_its_referrer_else_by_the_latest_of_its_origin() -> None:
    documents = loaded((f"{APP}/a", None), (f"{APP}/b", None), ("https://other.test/", None))
    assert documents.page(APP, f"{APP}/a") == f"{APP}/a"
    assert documents.page(APP, f"{APP}/") == f"{APP}/b"
    assert documents.last == "https://other.test/"


def test_the_latest_page_of_an_origin_is_told_whatever_its_policy() -> None:
    documents = loaded((f"{APP}/a", None), (f"{APP}/b", "require-corp"), (f"{APP}/c", None))
    assert documents.page(APP, None) == f"{APP}/c"


def test_documents_are_forgotten() -> None:
    documents = loaded(*((f"https://{number}.test/", "require-corp") for number in range(5)), size=2)
    assert documents.embedder("https://0.test", "https://0.test/") is None
    assert documents.embedder("https://4.test", None) == "require-corp"


def test_an_origin_is_forgotten_for_the_weight_of_another() -> None:
    """An origin whose page is known no more may isolate itself, or not."""
    hosts = [f"https://{number}.{'a' * 60}.{'b' * 60}.{'c' * 60}.test" for number in range(19)]
    old, near = "https://old.test", "https://near.test"
    documents = Documents(64)
    for url in (f"{old}/", f"{near}/{'l' * 26_000}", f"{near}/"):
        documents.add(url, Response(200, HeaderList()), top=True)
    left = TEXT - 26_000 - 200
    for host in hosts:
        url = f"{host}/{'x' * (left // len(hosts) - len(host) - 1)}"
        documents.add(url, Response(200, HeaderList()), top=True)
    assert documents.embedder(old, None) == "unsafe-none"
    documents.add(f"{near}/{'l' * 26_000}", Response(200, HeaderList()), top=True)
    assert documents.embedder(old, None) is None


def test_a_referrer_that_ends_at_the_origin_names_no_page() -> None:
    """Across origins browsers trim the Referer: an isolated page beside a plain one at the root looks the same."""
    documents = loaded((f"{APP}/", None), (f"{APP}/isolated", "require-corp"))
    assert documents.embedder(APP, f"{APP}/") is None
    assert documents.guess_embedder(APP, None, framed=False) == "require-corp"
    assert documents.guess_embedder("https://other.test", None, framed=False) == "require-corp"
    alike = loaded((f"{APP}/", "require-corp"), (f"{APP}/b", "require-corp"))
    assert alike.embedder(APP, f"{APP}/") == "require-corp"


@pytest.mark.parametrize(("service", "image"), [(False, "unsafe-none"), (True, None)])
def test_a_worker_loads_under_the_policy_of_its_own_script(service: bool, image: str | None) -> None:
    """Chromium and Firefox; what a service worker passes on may be anything."""
    documents = loaded((f"{APP}/", None))
    isolated = Response(200, HeaderList.of(("Cross-Origin-Embedder-Policy", "require-corp")))
    documents.add_worker(f"{APP}/worker.js", isolated, service=service)
    assert documents.embedder(APP, f"{APP}/", worker=True) is None
    assert documents.embedder(APP, f"{APP}/worker.js", worker=True) == "require-corp"
    assert documents.embedder(APP, f"{APP}/") == image
    # Of a page that was not seen nothing is known, whatever its workers say.
    documents.add_worker("https://other.test/worker.js", isolated, service=service)
    assert documents.embedder("https://other.test", None, worker=True) is None


def test_the_newest_document_is_an_origins_own_where_one_was_seen() -> None:
    documents = loaded((f"{APP}/", "require-corp"), ("https://other.test/", None))
    assert documents.guess_embedder(APP, None, framed=False) == "require-corp"
    unseen = (documents.guess_embedder(origin, None, framed=False) for origin in (None, "https://unseen.test"))
    assert set(unseen) == {"unsafe-none"}


@pytest.mark.parametrize(
    ("url", "top", "at_home"),
    [
        ("http://localhost:3000/", True, True),
        ("http://127.0.0.1:8080/x", True, True),
        # A frame of loopback may stand in anybody's page.
        ("http://localhost:3000/", False, False),
        (f"{APP}/", True, False),
        (f"{APP}/", False, False),
        ("https://localhost.test/", True, False),
        ("http://[/", True, False),
    ],
)
def test_a_developers_page_is_one_that_was_loaded_from_loopback(url: str, top: bool, at_home: bool) -> None:
    documents = Documents(8)
    documents.add(url, Response(200, HeaderList()), top=top)
    assert documents.is_at_home(origin_of(url)) is at_home
    assert not documents.is_at_home("http://localhost:9")


@pytest.mark.parametrize(("page", "embedder"), [("http://plain.test/", None), ("https://secure.test/", "require-corp")])
def test_a_frame_of_an_insecure_page_may_have_no_embedder_policy_whatever_it_says(
    page: str, embedder: str | None
) -> None:
    """https://html.spec.whatwg.org/#obtain-an-embedder-policy: Chromium 156 let what its frame asked for pass."""
    documents = Documents(8)
    documents.add(page, Response(200, HeaderList()), top=True)
    framed = Response(200, HeaderList.of(("Cross-Origin-Embedder-Policy", "require-corp")))
    documents.add("https://frame.test/", framed, top=False)
    assert documents.embedder("https://frame.test", "https://frame.test/") == embedder


@pytest.mark.parametrize(
    ("known", "value", "embedder"),
    [
        (True, "isolate-and-require-corp", None),
        (True, "isolate-and-credentialless; report-to=x", None),
        (True, "none", "unsafe-none"),
        (True, "", "unsafe-none"),
        (False, "isolate-and-require-corp", "unsafe-none"),
    ],
)
def test_a_page_that_isolates_itself_in_another_way_has_an_unknown_policy(
    known: bool, value: str, embedder: str | None
) -> None:
    documents = Documents(8, document_isolation_known=known)
    documents.add(f"{APP}/", Response(200, HeaderList.of(("Document-Isolation-Policy", value))), top=True)
    assert documents.embedder(APP, None) == embedder
    assert documents.embedder(APP, f"{APP}/") == embedder


@pytest.mark.parametrize("before", [(), ("none",)])
def test_an_image_on_such_a_page_is_not_certain_to_be_shown(before: tuple[str, ...]) -> None:
    """web-platform-tests, html/document-isolation-policy: Chromium blocks it, as under an embedder policy."""
    session = Session()
    page = (
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-Site", "none"),
        ("User-Agent", CHROMIUM),
    )
    for value in (*before, "isolate-and-require-corp"):
        isolated = HeaderList.of(("Content-Type", "text/html"), ("Document-Isolation-Policy", value))
        request = Request("GET", f"{APP}/", HeaderList.of(*page), 1.0)
        session.observe(Exchange(value, "::1", "c", request, Response(200, isolated, 1.1)))
    image = (
        ("Sec-Fetch-Mode", "no-cors"),
        ("Sec-Fetch-Dest", "image"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Referer", f"{APP}/"),
        ("User-Agent", CHROMIUM),
    )
    request = Request("GET", "https://api.test/a.png", HeaderList.of(*image), 2.0)
    png = Response(200, HeaderList.of(("Content-Type", "image/png")), 2.1, body="media")
    verdict = session.observe(Exchange("i", "::1", "c", request, png))[0].verdict
    assert verdict.certainty == "likely"
    assert {branch.outcome for branch in verdict.branches} == {"opaque", "blocked"}


def isolating(value: str | None, name: str = "Cross-Origin-Embedder-Policy") -> Response:
    return Response(200, HeaderList.of(*([(name, value)] if value is not None else [])))


def test_the_likelier_policy_is_that_of_the_page_that_the_referrer_names() -> None:
    documents = loaded((f"{APP}/a", "require-corp"), (f"{APP}/b", None), ("https://other.test/", "credentialless"))
    assert documents.guess_embedder(APP, f"{APP}/a", framed=False) == "require-corp"
    assert documents.guess_embedder(APP, f"{APP}/", framed=False) == "unsafe-none"
    assert documents.guess_embedder("https://unseen.test", None, framed=False) == "credentialless"


def test_a_secure_pages_frame_likely_has_the_policy_that_it_says() -> None:
    """web-platform-tests, header-parsing.https.html: after any page over plain http it is not certain."""
    documents = loaded(("http://plain.test/", None), (f"{APP}/", None))
    documents.add(f"{APP}/frame", isolating("require-corp"), top=False, page_origin=APP, referrer=f"{APP}/")
    assert documents.embedder(APP, f"{APP}/frame") is None
    assert documents.guess_embedder(APP, f"{APP}/frame", framed=True) == "require-corp"
    assert documents.guess_embedder(APP, None, framed=False) == "require-corp"
    documents.add(f"{APP}/frame", isolating("require-corp"), top=False, page_origin="http://plain.test")
    assert documents.guess_embedder(APP, f"{APP}/frame", framed=True) == "unsafe-none"


def test_a_frame_that_its_page_does_not_let_in_is_not_the_newest_document() -> None:
    """web-platform-tests, reporting-navigation.https.html."""
    documents = loaded((f"{APP}/", "require-corp"))
    documents.add(f"{APP}/plain", isolating(None), top=False, page_origin=APP, referrer=f"{APP}/")
    documents.add(f"{APP}/below-a-blank-one", isolating(None), top=False, page_origin=APP)
    assert documents.guess_embedder(APP, None, framed=False) == "require-corp"
    documents.add(f"{APP}/other", isolating("credentialless"), top=False, page_origin=APP, referrer=f"{APP}/")
    assert documents.guess_embedder(APP, None, framed=False) == "credentialless"


def test_a_page_that_isolates_itself_in_another_way_likely_asks_so_of_all_but_frames() -> None:
    documents = Documents(8, document_isolation_known=True)
    for policy in ("require-corp", "credentialless"):
        response = isolating(f"isolate-and-{policy}; report-to=x", "Document-Isolation-Policy")
        documents.add(f"{APP}/", response, top=True)
        assert documents.guess_embedder(APP, None, framed=False) == policy
        assert documents.guess_embedder(APP, None, framed=True) == "unsafe-none"


def test_a_page_out_of_the_cache_likely_says_what_it_said_before() -> None:
    documents = loaded((f"{APP}/a", "require-corp"), (f"{APP}/b", None))
    documents.add(f"{APP}/a", None, top=True)
    assert documents.guess_embedder(APP, None, framed=False) == "require-corp"
    documents.add(f"{APP}/unseen", None, top=True)
    assert documents.guess_embedder(APP, None, framed=False) == "require-corp"


def test_a_workers_own_policy_is_likely_that_of_what_it_asks_for() -> None:
    documents = loaded((f"{APP}/", None))
    documents.add_worker(f"{APP}/worker.js", isolating("require-corp"), service=False)
    assert documents.guess_embedder(APP, f"{APP}/worker.js", framed=False) == "require-corp"
    assert documents.guess_embedder(APP, None, framed=False) == "unsafe-none"


@pytest.mark.parametrize(
    ("value", "unknown", "credentialless"),
    [
        ("credentialless", False, True),
        ("require-corp", False, False),
        (None, False, False),
        # WebKit does not know it, whatever a page says.
        ("credentialless", True, False),
    ],
)
def test_a_credentialless_page_is_one_where_the_browser_knows_that(
    value: str | None, unknown: bool, credentialless: bool
) -> None:
    documents = Documents(8, credentialless_unknown=unknown)
    headers = HeaderList.of(*([] if value is None else [("Cross-Origin-Embedder-Policy", value)]))
    documents.add("https://app.test/", Response(200, headers), top=True)
    assert documents.credentialless is credentialless
    # What came out of the browser's cache may be one.
    documents.add("https://b.test/", None, top=True)
    assert documents.credentialless is not unknown


def test_a_referer_is_a_style_sheets_where_no_page_was_seen_of_its_origin() -> None:
    documents = Documents(8)
    assert not documents.is_sheet("https://cdn.test")
    documents.add_sheet("https://cdn.test/a.css")
    documents.add_sheet("https://cdn.test/b.css")
    assert documents.is_sheet("https://cdn.test")
    assert not documents.is_sheet("https://other.test")
    assert not documents.is_sheet(None)
    documents.add("https://cdn.test/", Response(200, HeaderList()), top=True)
    assert not documents.is_sheet("https://cdn.test")


def test_what_a_service_worker_passes_on_no_page_asks_for_by_itself() -> None:
    documents, origin = Documents(8), "https://app.test"
    documents.note_direct(origin)
    documents.add_worker(f"{origin}/worker.js", Response(200, HeaderList()), service=False)
    assert not documents.may_pass_on(origin)
    documents.add_worker(f"{origin}/sw.js", Response(200, HeaderList()), service=True)
    assert documents.may_pass_on(origin)
    documents.note_direct(origin)
    assert not documents.may_pass_on(origin)
    # A page that is loaded anew is under its control.
    documents.add(f"{origin}/", Response(200, HeaderList()), top=True)
    assert documents.may_pass_on(origin)
    assert not documents.may_pass_on("https://b.test")


def test_the_page_that_got_an_answer_last_is_the_likelier() -> None:
    """web-platform-tests, credentialless/cache-storage.https.window.html: of three open pages of one origin it is not
    always the newest that asks.
    """
    documents = loaded((f"{APP}/a", "require-corp"), (f"{APP}/b", None))
    documents.note_answer(f"{APP}/a")
    assert documents.guess_embedder(APP, None, framed=False) == "require-corp"
    assert documents.guess_embedder(APP, f"{APP}/b", framed=False) == "unsafe-none"
    # What names no page, or none that was seen, tells nothing.
    for referrer in (None, f"{APP}/", f"{APP}/unseen", "https://other.test/"):
        documents.note_answer(referrer)
    assert documents.guess_embedder(APP, None, framed=False) == "require-corp"
    documents.add(f"{APP}/c", isolating("credentialless"), top=True)
    assert documents.guess_embedder(APP, None, framed=False) == "credentialless"


@pytest.mark.parametrize(("service", "likelier"), [(False, "require-corp"), (True, "unsafe-none")])
def test_a_worker_that_got_an_answer_last_is_likely_the_one_that_asks(service: bool, likelier: str) -> None:
    """A service worker lives on beside its pages, and is asked by all of them."""
    documents = loaded((f"{APP}/a", None))
    documents.add_worker(f"{APP}/worker.js", isolating("require-corp"), service=service)
    for _ in range(2):
        documents.note_answer(f"{APP}/worker.js")
        assert documents.is_working(APP) is not service
        assert documents.guess_embedder(APP, None, framed=False, worker=True) == likelier
        # No worker asks for images.
        assert documents.guess_embedder(APP, None, framed=False) == "unsafe-none"
        documents.note_answer(f"{APP}/a")
        assert not documents.is_working(APP)
        assert documents.guess_embedder(APP, None, framed=False, worker=True) == "unsafe-none"
    documents.add_worker(f"{APP}/worker.js", isolating("require-corp"), service=service)
    documents.add(f"{APP}/b", isolating(None), top=True)
    assert not documents.is_working(APP)
    assert not documents.is_working(None)


def test_a_page_that_asks_with_credentials_is_likely_no_credentialless_one() -> None:
    """https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials"""
    documents = loaded((f"{APP}/a", "require-corp"), (f"{APP}/b", None), (f"{APP}/c", "credentialless"))
    assert documents.guess_embedder(APP, None, framed=False) == "credentialless"
    assert documents.guess_embedder(APP, None, framed=False, include=True) == "unsafe-none"
    documents.add(f"{APP}/a", isolating("require-corp"), top=True)
    documents.add(f"{APP}/c", isolating("credentialless"), top=True)
    assert documents.guess_embedder(APP, None, framed=False, include=True) == "require-corp"
    alone = loaded((f"{APP}/c", "credentialless"))
    assert alone.guess_embedder("https://unseen.test", None, framed=False, include=True) == "unsafe-none"


def test_a_page_that_was_loaded_into_a_frame_may_ask_for_its_own() -> None:
    documents = loaded((f"{APP}/", None), (f"{APP}/a", None))
    assert not documents.is_framed(None, None)
    documents.add("https://frame.test/b", isolating(None), top=False)
    assert not documents.is_framed(APP, f"{APP}/a")
    assert not documents.is_framed(APP, f"{APP}/")
    assert documents.is_framed("https://frame.test", "https://frame.test/b")
    assert documents.is_framed("https://frame.test", "https://frame.test/")
    assert not documents.is_framed("https://frame.test", "https://frame.test/c")
    # Whose frame it is, nothing tells.
    assert documents.is_framed(None, None)
