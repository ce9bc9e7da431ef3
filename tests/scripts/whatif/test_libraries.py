"""What pages ask with their libraries: each is read with what the library adds by itself."""

from __future__ import annotations

import pytest

from corsight.scripts.whatif.copied.fetch import UNSEEN_METHOD
from corsight.scripts.whatif.copied.libraries import GUESSED_JSON, JSONP
from corsight.scripts.whatif.copied.model import UNSEEN, UNSEEN_OPTIONS
from corsight.scripts.whatif.copied.read import Asked, read_asked
from corsight.scripts.whatif.copied.xhr import UPLOADS

URL = "https://api.test/orders"
JSON = "content-type: application/json"


def asked(text: str) -> Asked:
    found = read_asked(text, "--paste", "https://app.test")
    assert found is not None, text
    return found


def told(text: str) -> tuple[str | None, str, tuple[str, ...], str | None]:
    found = asked(text)
    return found.url, found.method, found.headers, found.credentials


@pytest.mark.parametrize(
    ("code", "method", "headers", "credentials"),
    [
        (f"axios.get('{URL}')", "GET", (), "same-origin"),
        (f"const r = await axios.post('{URL}', {{a: 1}})", "POST", (JSON,), "same-origin"),
        (f"axios.post<Order>('{URL}', {{a: 1}}, {{withCredentials: true}})", "POST", (JSON,), "include"),
        (f"axios.delete('{URL}', {{headers: {{'X-A': '1'}}, withCredentials: w}})", "DELETE", ("x-a: 1",), None),
        (f"axios.post('{URL}', new FormData())", "POST", (), "same-origin"),
        (f"const form = new FormData();\naxios.post('{URL}', form)", "POST", (), "same-origin"),
        (f"axios.post('{URL}', JSON.stringify(a))", "POST", (), "same-origin"),
        (f"axios('{URL}', {{method: 'patch', data: [1]}})", "PATCH", (JSON,), "same-origin"),
        (f"axios({{\n  url: '{URL}', method: 'put', data: {{}}, withCredentials: true\n}})", "PUT", (JSON,), "include"),
        (f"let c = {{\n method: 'post', url: '{URL}', headers: {{'X-A': '1'}}, data: data\n}};\naxios.request(c)",
         "POST", ("x-a: 1", JSON), "same-origin"),
        (f"axios.defaults.withCredentials = true;\naxios.get('{URL}');", "GET", (), "include"),
        (f"axios.defaults.headers.common['X-A'] = token;\naxios.get('{URL}');", "GET", ("x-a: x",), "same-origin"),
        ("const api = axios.create({ baseURL: 'https://api.test/', withCredentials: true });\napi.put('/orders', {})",
         "PUT", (JSON,), "include"),
        (f"$.ajax({{url: '{URL}', type: 'POST', contentType: 'application/json', data: d}})",
         "POST", (JSON,), "same-origin"),
        (f"$.ajax({{url: '{URL}', contentType: 'application/json'}})", "GET", (), "same-origin"),
        (f"jQuery.ajax('{URL}', {{method: 'DELETE', xhrFields: {{withCredentials: true}}}})",
         "DELETE", (), "include"),
        (f"var settings = {{\n  'url': '{URL}', 'method': 'POST', 'headers': {{'X-A': '1'}}\n}};\n$.ajax(settings)",
         "POST", ("x-a: 1",), "same-origin"),
        (f"$.getJSON('{URL}', function (d) {{}})", "GET", (), "same-origin"),
        (f"$.post('{URL}', {{a: 1}})", "POST", (), "same-origin"),
        (f"this.http.get<Order[]>('{URL}', {{ withCredentials: true }}).subscribe()", "GET", (), "include"),
        (f"return this.httpClient.post('{URL}', {{a}}, {{ headers: new HttpHeaders().set('X-A', '1') }})",
         "POST", ("x-a: 1", JSON), "same-origin"),
        (f"this.http.request('PUT', '{URL}', {{}})", "PUT", (), "same-origin"),
        (f"await http.post(Uri.parse('{URL}'), headers: {{'X-A': '1'}}, body: '{{}}')",
         "POST", ("x-a: 1",), "same-origin"),
        (f"const d = await ky.post('{URL}', {{json: {{a: 1}}}}).json()", "POST", (JSON,), "same-origin"),
        (f"await $fetch('{URL}', {{method: 'POST', body: {{a: 1}}, credentials: 'include'}})",
         "POST", (JSON,), "include"),
        (f"const {{data}} = await useFetch('{URL}')", "GET", (), "same-origin"),
        (f"const es = new EventSource('{URL}', {{ withCredentials: true }})", "GET", (), "include"),
        (f"navigator.sendBeacon('{URL}', data)", "POST", (), "include"),
    ],
)  # fmt: skip
def test_a_call_is_read_with_what_its_library_adds(
    code: str, method: str, headers: tuple[str, ...], credentials: str | None
) -> None:
    url, asked_method, fields, mode = told(code)
    assert (url, asked_method, set(fields), mode) == (URL, method, set(headers), credentials)


def test_xmlhttprequest_is_read_from_the_calls_on_one_object() -> None:
    code = f"""\
    const xhr = new XMLHttpRequest();
    xhr.open("PUT", "{URL}");
    xhr.setRequestHeader("Content-Type", "application/json");
    xhr.setRequestHeader("Authorization", `Bearer ${{token}}`);
    xhr.withCredentials = true;
    xhr.send(data);
    """
    assert told(code) == (URL, "PUT", (JSON, "authorization: Bearer x"), "include")
    plain = code.replace("xhr.withCredentials = true;", "xhr.upload.onprogress = show;")
    assert asked(plain).credentials == "same-origin"
    assert asked(plain).notes == (UPLOADS,)


def test_headers_that_are_set_elsewhere_count() -> None:
    setup = "$.ajaxSetup({ headers: { 'X-A': '1' }, xhrFields: { withCredentials: true } });\n"
    assert told(f"{setup}$.get('{URL}')") == (URL, "GET", ("x-a: 1",), "include")
    before = "beforeSend: function (xhr) { xhr.setRequestHeader('Authorization', 'Bearer ' + token); }"
    assert told(f"$.ajax({{ url: '{URL}', {before} }})") == (URL, "GET", ("authorization: Bearer x",), "same-origin")
    added = "axios.interceptors.request.use((c) => {\n  c.headers.Authorization = `Bearer ${t}`\n  return c\n})\n"
    assert told(f"{added}axios.get('{URL}')") == (URL, "GET", ("authorization: x",), "same-origin")


def test_code_that_is_switched_off_and_other_calls_are_passed_over() -> None:
    off = "// axios.delete('https://old.test/x')\n"
    assert told(f"{off}axios.get('{URL}')")[:2] == (URL, "GET")
    other = f"const xhr = new XMLHttpRequest();\nxhr.open('PUT', '{URL}');\nwindow.open('https://other.test');"
    assert told(other)[:2] == (URL, "PUT")


def test_names_stand_for_what_the_text_gives_them() -> None:
    code = """\
    const API: string = 'https://api.test';
    const headers = new Headers();
    headers.append("X-A", "1");
    const options: RequestInit = { method: "PUT", headers, credentials: "include" };
    options.mode = "cors";
    await fetch(API + `/orders`, options);
    """
    assert told(code) == (URL, "PUT", ("x-a: 1",), "include")
    spread = "const base = {credentials: 'include'};\nfetch(`${API}/orders`, {...base, method: 'DELETE'})\n"
    assert told(f"const API = 'https://api.test';\n{spread}") == (URL, "DELETE", (), "include")
    assert told(f"const r = new Request('{URL}', {{method: 'PUT'}});\nfetch(r)")[:2] == (URL, "PUT")
    assert told(f"useEffect(() => {{ fetch('{URL}', {{method: 'PUT'}}) }}, [])")[:2] == (URL, "PUT")


def test_what_the_text_does_not_hold_is_said() -> None:
    unseen = asked(f"fetch('{URL}', options)")
    assert unseen.notes == (UNSEEN_OPTIONS,)
    assert unseen.credentials is None
    assert asked(f"fetch('{URL}', {{...options, method: 'PUT'}})").credentials is None
    assert asked(f"fetch('{URL}', {{headers: {{...own, 'X-A': '1'}}}})").notes == (UNSEEN,)
    assert asked(f"fetch('{URL}', {{method: verb}})").notes == (UNSEEN_METHOD,)
    assert asked(f"axios.post('{URL}', order)").notes == (GUESSED_JSON,)
    assert asked(f"axios.get('{URL}', config)").notes == (UNSEEN_OPTIONS,)
    assert asked(f"$.ajax({{url: '{URL}', dataType: 'jsonp'}})").notes == (JSONP,)
    assert asked("fetch(`${base}/x`, {method: 'PUT'})").url is None


def test_a_value_that_other_code_changes_is_not_taken() -> None:
    for code in (
        f"const u = '{URL}'.replace('a', 'b');\nfetch(u, {{}})",
        f"const u = dev ? '{URL}' : '/x';\nfetch(u, {{}})",
        f"const u = '{URL}'\n  .concat('/x');\nfetch(u, {{}})",
        f"const u = make('{URL}');\nfetch(u, {{}})",
    ):
        assert asked(code).url is None, code
