import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './support/fixtures.ts';
import { connected } from './support/screen.ts';
import { encrypt, PAYMENTS } from './support/vault.ts';

const VIEWS = ['Blobs', 'Runs', 'Keys', 'Audit', 'Help', 'Settings'] as const;

const go = (page: Page, view: (typeof VIEWS)[number]) =>
  page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view, exact: true }).click();

/** What of the topmost layer cannot be brought into sight and pressed, by name; that the page scrolls sideways. */
const outOfReach = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const layer =
      [...document.querySelectorAll('[role="dialog"], [role="alertdialog"]')].at(-1) ?? document.body;
    const controls =
      'button, a[href], input, textarea, summary, [role="tab"], [role="switch"], [tabindex="0"]';
    const found: string[] = [];
    for (const control of layer.querySelectorAll<HTMLElement>(controls)) {
      // The native twin of a list, the end of a dialog, and the link that only the keyboard sees.
      if (control.closest('[aria-hidden="true"], [data-focus-scope-end], .visually-hidden, .skip-link'))
        continue;
      if (!control.checkVisibility({ visibilityProperty: true })) continue;
      control.scrollIntoView({ block: 'center', inline: 'center' });
      const { left, right, top, bottom } = control.getBoundingClientRect();
      const at = document.elementFromPoint(
        (Math.max(left, 0) + Math.min(right, innerWidth)) / 2,
        (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2,
      );
      const hit = at !== null && (control.contains(at) || at.contains(control));
      if (!hit) found.push(`${control.getAttribute('aria-label') ?? control.textContent ?? control.tagName}`);
    }
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth ? [...found, `the page scrolls sideways: ${scrollWidth} px`] : found;
  });

test('at 200 % every control of every view and dialog can be brought into sight', async ({ page, open }) => {
  // WCAG 1.4.10: 1280 × 820 at 200 %.
  await page.setViewportSize({ width: 640, height: 410 });
  await open();
  await connected(page);
  const row = page.getByRole('row').filter({ hasText: 'api-token.bin' });
  await expect(row.first()).toBeVisible();
  for (const view of VIEWS) {
    await go(page, view);
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    expect(await outOfReach(page), view).toEqual([]);
  }
  await go(page, 'Audit');
  for (const tab of ['Findings', 'Rules', 'Campaign', 'History']) {
    await page.getByRole('tab', { name: new RegExp(`^${tab}`) }).click();
    if (tab === 'History' || tab === 'Findings') {
      const grid = page.getByRole('grid', { name: tab });
      // Its head and three rows at least.
      await expect.poll(async () => (await grid.boundingBox())?.height ?? 0).toBeGreaterThan(110);
    }
    expect(await outOfReach(page), tab).toEqual([]);
  }
  await go(page, 'Blobs');
  await page.getByRole('checkbox', { name: 'Select api-token.bin' }).click();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('dialog', { name: 'Re-encrypt' })).toBeVisible();
  expect(await outOfReach(page), 'sheet').toEqual([]);
});

test('forced colours keep what colour alone would say', async ({ page, open }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await open();
  await connected(page);
  const row = page.getByRole('row').filter({ hasText: 'api-token.bin' }).first();
  await row.click();
  await expect(row).toHaveCSS('outline-style', 'solid');
  await expect(row).toHaveCSS('outline-width', '2px');
  await expect(page.getByRole('button', { name: 'Blobs', exact: true })).toHaveCSS('outline-width', '2px');
  await go(page, 'Settings');
  const backup = page.getByRole('switch', { name: /^Keep a backup/ });
  const track = page.locator('.switch-track').first();
  const colour = () => track.evaluate((element) => getComputedStyle(element).backgroundColor);
  await expect(backup).toBeChecked();
  const on = await colour();
  await page.locator('.switch').first().click();
  await expect(backup).not.toBeChecked();
  await expect.poll(colour).not.toBe(on);
  const thumb = await page
    .locator('.switch-thumb')
    .first()
    .evaluate((element) => getComputedStyle(element).backgroundColor);
  expect(thumb).not.toBe(await colour());
});

/** Selectors that move by the style sheets as they apply now. */
const moving = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const animations = new Map<string, string>();
    const durations = new Map<string, string>();
    const probe = document.body.appendChild(document.createElement('i'));
    const walk = (rules: CSSRuleList): void => {
      for (const rule of rules) {
        if (rule instanceof CSSMediaRule && !matchMedia(rule.conditionText).matches) continue;
        if (rule instanceof CSSGroupingRule && !(rule instanceof CSSStyleRule)) walk(rule.cssRules);
        if (!(rule instanceof CSSStyleRule)) continue;
        for (const selector of rule.selectorText.split(',').map((each) => each.trim())) {
          if (rule.style.animationName !== '') animations.set(selector, rule.style.animationName);
          if (rule.style.transition === '') continue;
          probe.style.transition = rule.style.transition;
          durations.set(selector, getComputedStyle(probe).transitionDuration);
        }
      }
    };
    for (const sheet of document.styleSheets) walk(sheet.cssRules);
    probe.remove();
    return [
      ...[...animations].filter(([, name]) => name !== 'none').map(([selector]) => selector),
      ...[...durations].filter(([, time]) => /[1-9]/.test(time)).map(([selector]) => selector),
    ];
  });

test('nothing moves under reduced motion', async ({ page, open }) => {
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await open();
  await connected(page);
  // Views bring their styles when they are first shown.
  for (const view of VIEWS) await go(page, view);
  await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible();
  expect((await moving(page)).length).toBeGreaterThan(3);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await moving(page)).toEqual([]);
});

test('the record of a run draws the rows in sight alone', async ({ page, stage, open }) => {
  mkdirSync(stage.files, { recursive: true });
  const blob = Buffer.from(await encrypt(stage.kms, PAYMENTS, Buffer.from('p'))).toString('base64');
  writeFileSync(join(stage.files, 'many.txt'), Array.from({ length: 300 }, () => `${blob}\n`).join(''));
  await open(stage.files);
  await connected(page);
  await page.getByRole('checkbox', { name: 'Select all shown' }).click();
  await page.getByRole('button', { name: 'Re-encrypt 300 blobs' }).click();
  const sheet = page.getByRole('dialog', { name: 'Re-encrypt' });
  await sheet.getByRole('button', { name: /Destination key$/ }).click();
  await page.getByRole('searchbox', { name: 'Search keys' }).fill('alias/payments-2027');
  await page.getByRole('option', { name: 'alias/payments-2027', exact: true }).click();
  await sheet.getByRole('button', { name: 'Re-encrypt 300 blobs' }).click();
  await expect(sheet.getByRole('region', { name: 'Result' })).toContainText('300');
  await sheet.getByRole('button', { name: 'Done' }).click();
  await go(page, 'Runs');
  await page.getByRole('button', { name: /^Open re-encryption/ }).click();
  const record = page.getByRole('grid', { name: 'Blobs of the run' });
  await expect(record).toHaveAttribute('aria-rowcount', '301');
  await expect(record.getByRole('row').nth(5)).toBeVisible();
  expect(await record.getByRole('row').count()).toBeLessThan(80);
});
