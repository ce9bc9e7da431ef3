const { expect, test } = require('@playwright/test');

test('shows the price', async ({ page }) => {
  await page.goto('/');
  await expect(page.locator('#price')).toHaveText('12 €');
});
