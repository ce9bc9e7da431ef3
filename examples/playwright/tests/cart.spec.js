const { expect, test } = require('@playwright/test');

// The page says something after the click, and the test is content with that: it passes. Corsight is not.
test('puts the lamp into the cart', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button').click();
  await expect(page.locator('#cart')).not.toHaveText('empty');
});
