// Leads Playwright's browsers through the proxy of `corsight run`, and tells it which test runs when.
//
//   const corsight = process.env.CORSIGHT_PLAYWRIGHT && require(process.env.CORSIGHT_PLAYWRIGHT);
//   module.exports = defineConfig({
//     use: { ...corsight?.use },
//     reporter: [['list'], ...(corsight?.reporter ?? [])],
//   });
//
// Each worker has a port of its own, so that tests that run at a time are told apart.
'use strict';

const fs = require('node:fs');

const lanes = (process.env.CORSIGHT_PROXIES || '').split(',').filter(Boolean);

class Reporter {
  onTestBegin(test, result) {
    tell({ test: name(test, result), began: result.startTime.getTime() / 1000, ...lane(result) });
  }

  onTestEnd(test, result) {
    const ended = (result.startTime.getTime() + result.duration) / 1000;
    tell({ test: name(test, result), ended, outcome: result.status, ...lane(result) });
  }

  printsToStdio() {
    return false;
  }
}

function tell(line) {
  if (process.env.CORSIGHT_TESTS) fs.appendFileSync(process.env.CORSIGHT_TESTS, JSON.stringify(line) + '\n');
}

// The project, the file and the titles, as Playwright's own reporters name a test.
function name(test, result) {
  const titles = test.titlePath().filter(Boolean).join(' \u203a ');
  return result.retry ? `${titles} (retry ${result.retry})` : titles;
}

function lane(result) {
  return result.parallelIndex < lanes.length ? { lane: result.parallelIndex } : {};
}

const server = lanes[Number(process.env.TEST_PARALLEL_INDEX)] || process.env.CORSIGHT_PROXY;

module.exports = Reporter;
module.exports.reporter = [[__filename]];
// The proxy checks the servers' certificates itself, and shows its own in their place.
module.exports.use = server ? { proxy: { server, bypass: '<-loopback>' }, ignoreHTTPSErrors: true } : {};
