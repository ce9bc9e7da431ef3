"""The lab: drawn scenarios, run by a real browser behind mitmdump, held against what Corsight says of their traffic.

    scripts/lab run --engine firefox --seed 1 --count 300
    scripts/lab record --engine firefox --seed 1 --count 300 --out recordings/firefox
    scripts/lab score recordings/firefox
    scripts/lab minimise recordings/firefox --live
    scripts/lab report

`generate` draws, `origin` is all the servers, `server` leads the proxy to them, `page.html` runs the scenarios, `drive`
drives the browser, `record` puts these together; `score` holds verdicts against the truth, `minimise` shrinks a
disagreement, `report` writes docs/agreement.md.

A recording is a folder of three files.

`flows.mitm` is the traffic.

`scenarios.json` is what was asked for: per scenario `id`, `page`, `frame` (top | sandbox | worker | tab), `kind`,
`steps` (what the page did, in order, or at once when `together`) and `serve` (what the servers answered, per hop, to a
preflight and to the request; `late` in milliseconds, `fault` for what never came whole). Every URL carries its
scenario: `/s/<id>/<hop>`. In a scenario whose steps run together, step k asks for the hops from 10k on. The scenarios
of one place run one after the other, those of two places at the same time.

`truth.json` is what the browser did: `browser`, `date`, `http2`, `results` (per step the outcome the page saw, with
`from` and `to` in epoch milliseconds), `console` (its console lines; for Firefox `category | text`) and `failed` (what
Chromium's DevTools said of each failed request).
"""
