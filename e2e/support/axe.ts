import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** Rules that a theme decides; all others hold in one theme as in another. */
const OF_COLOUR = ['color-contrast', 'link-in-text-block'];

/** What axe finds in the page as it stands, a line for each element. `rules`: these alone. */
export async function violations(page: Page, rules: readonly string[] = []): Promise<string[]> {
  // Legacy mode opens no second page: the application has no frames.
  // Of what passes, one element a rule is described: of a list of rows that is most of the work.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  if (rules.length > 0) axe.withRules([...rules]);
  // The library puts a hidden button that dismisses beside the dialog of a popover, where no landmark is.
  else if ((await page.locator('.popover > [role="dialog"]').count()) > 0) axe.disableRules(['region']);
  const found = await axe.analyze();
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}

/** The same by every rule in the light theme and by those of colour in the dark one. */
export async function violationsInThemes(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await violations(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await violations(page, OF_COLOUR);
  return [...light.map((line) => `light: ${line}`), ...dark.map((line) => `dark: ${line}`)];
}

/** By the rules of colour, under forced colours. */
export async function violationsInForcedColours(page: Page): Promise<string[]> {
  await page.emulateMedia({ forcedColors: 'active' });
  const found = await violations(page, OF_COLOUR);
  await page.emulateMedia({ forcedColors: 'none' });
  return found.map((line) => `forced colours: ${line}`);
}
