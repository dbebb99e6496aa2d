import type { Page } from '@playwright/test';

/** As text: it runs in the page, and these types know no document. */
const LOOK = `(() => {
  const wordsOf = (ids) => (ids ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim();
  const met = [...document.querySelectorAll('button, input, select, textarea, [role]')].filter(
    (control) =>
      (control.disabled === true || control.getAttribute('aria-disabled') === 'true') &&
      !control.closest('[inert], [aria-hidden="true"]') &&
      (control.checkVisibility() || control.type === 'radio'),
  );
  const reasonOf = (control) =>
    wordsOf(control.getAttribute('aria-describedby')) ||
    // What is one of several says it below its name.
    (control.closest('label, [role="option"]')?.querySelector('.hint, .option-detail, .palette-detail, [slot="description"]')?.textContent ?? '').trim();
  return {
    met: met.length,
    unexplained: met
      .filter((control) => reasonOf(control) === '')
      .map((control) => (control.getAttribute('aria-label') || wordsOf(control.getAttribute('aria-labelledby')) || control.textContent || control.outerHTML.slice(0, 120)).trim()),
  };
})()`;

/** How many controls on screen cannot be used now, and the names of those that do not say why. */
export const disabledControls = (page: Page): Promise<{ met: number; unexplained: string[] }> =>
  page.evaluate(LOOK);
