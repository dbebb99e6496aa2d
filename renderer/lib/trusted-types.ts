/** What Trusted Types (W3C) add to a window, as far as it is used; not every browser has them. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML(markup: string): string }): unknown;
}

/**
 * The page's policy says `require-trusted-types-for 'script'`: no string reaches `innerHTML`, `eval` and their like.
 * React Aria's live announcer empties its region with `innerHTML = ''`, so the empty string alone is let through by the
 * one policy that the page may have. Call it once, before anything is drawn.
 */
export function allowNoMarkup(): void {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  trustedTypes?.createPolicy('default', {
    createHTML: (markup) => {
      if (markup !== '') throw new TypeError('Rewrap draws no markup from text');
      return '';
    },
  });
}
