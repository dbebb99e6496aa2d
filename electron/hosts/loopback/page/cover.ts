/** What stands over the page while its host does not answer, or has not let it in. Text only: nothing is parsed as markup. */

export const ENDED = [
  'This session has ended',
  'Go to the terminal where rewrap serve runs and press Enter: it prints a new address. Open that one.',
];
export const EXPIRED = ['The code has expired', 'Reload this page for a new one.'];
export const NO_TERMINAL = [
  'This address does not open Rewrap by itself',
  'Open the address that rewrap serve printed: it works once, in one tab. If it was used, start rewrap serve again.',
];
export const codeWords = (code: string): readonly string[] => [
  'Type this code in the terminal',
  code,
  'Rewrap opens here once you have typed the code where rewrap serve runs, and pressed Enter. It holds for five minutes. Pressing Enter alone prints an address that needs no code.',
];

let lost: HTMLElement | null = null;
let gate: HTMLElement | null = null;

/** Whether a gate stands over the page. */
export const isGated = (): boolean => gate !== null;

function paragraphOf(text: string): HTMLElement {
  const paragraph = document.createElement('p');
  paragraph.textContent = text;
  return paragraph;
}

/** Says over the page that its host is gone: what the page shows is as it was before. */
export function showLost(): void {
  if (lost !== null || gate !== null) return;
  lost = document.createElement('div');
  lost.className = 'host-lost';
  lost.setAttribute('role', 'alert');
  for (const text of [
    'The Rewrap host does not answer.',
    'What is shown here may be out of date, and nothing can be done until it answers again; the page tries on. If rewrap serve has ended, start it again and open the address that it prints. It finds what a run left.',
  ])
    lost.append(paragraphOf(text));
  document.body.append(lost);
}

export function hideLost(): void {
  lost?.remove();
  lost = null;
}

/** Shows a heading and paragraphs over everything. */
export function showGate([title = '', ...paragraphs]: readonly string[]): void {
  hideGate();
  const box = document.createElement('dialog');
  box.className = 'host-gate';
  box.setAttribute('aria-labelledby', 'host-gate-title');
  const heading = document.createElement('h1');
  heading.id = 'host-gate-title';
  heading.textContent = title;
  box.append(heading);
  for (const text of paragraphs) {
    const paragraph = paragraphOf(text);
    if (/^\d{4}-\d{4}$/.test(text)) paragraph.className = 'host-gate-code';
    box.append(paragraph);
  }
  box.addEventListener('cancel', (event) => event.preventDefault());
  gate = box;
  const show = (): void => {
    if (gate !== box) return;
    document.body.append(box);
    box.showModal();
  };
  // This script runs in the head, before there is a body.
  if (document.body === null) window.addEventListener('DOMContentLoaded', show, { once: true });
  else show();
}

export function hideGate(): void {
  gate?.remove();
  gate = null;
}
