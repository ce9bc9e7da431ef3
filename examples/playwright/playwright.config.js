const { defineConfig } = require('@playwright/test');

// Set by `corsight run`: leads the browsers through its proxy, and tells it which test runs when.
const corsight = process.env.CORSIGHT_PLAYWRIGHT && require(process.env.CORSIGHT_PLAYWRIGHT);
const shop = `http://localhost:${process.env.PORT || 4173}`;

module.exports = defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  reporter: [['list'], ...(corsight?.reporter ?? [])],
  use: {
    baseURL: shop,
    // A browser of the system's, where one is named: otherwise Playwright's own.
    launchOptions: { executablePath: process.env.CHROMIUM || undefined },
    ...corsight?.use,
  },
  webServer: { command: 'node server.js', url: shop, reuseExistingServer: true },
});
