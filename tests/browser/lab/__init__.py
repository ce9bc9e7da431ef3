"""The lab: drawn scenarios, run by a real browser behind mitmdump, recorded with what the browser decided.

    python -m tests.browser.lab generate --seed 1 --count 150 > scenarios.json
    python -m tests.browser.lab record --engine firefox --scenarios scenarios.json --out recordings/firefox
    python -m tests.browser.lab score recordings/firefox verdicts.jsonl

A recording is a folder of three files.

`flows.mitm` is the traffic.

`scenarios.json` is what was asked for: per scenario `id`, `page`, `frame` (top | sandbox), `kind`, `steps` (what the
page did, in order, or at once when `together`) and `serve` (what the servers answered, per hop, to a preflight and to
the request). Every URL carries its scenario: `/s/<id>/<hop>`. In a scenario whose steps run together, step k asks for
the hops from 10k on.

`truth.json` is what the browser did: `results` (per step the outcome the page saw, with `from` and `to` in epoch
milliseconds), `console` (its console lines; for Firefox `category | text`) and `failed` (what Chromium's DevTools said
of each failed request).
"""
