const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

/** A shortcut as this platform writes it: `mod('O')` is "⌘O" or "Ctrl O". */
export const mod = (key: string, shift = false): string =>
  isMac ? `${shift ? '⇧' : ''}⌘${key}` : `Ctrl ${shift ? 'Shift ' : ''}${key}`;

/** The same of an accelerator as Electron writes it: `CmdOrCtrl+Shift+O` is "⇧⌘O" or "Ctrl Shift O". */
export function acceleratorWords(accelerator: string, mac = isMac): string {
  const parts = accelerator.split('+');
  if (!mac) return parts.map((part) => (part === 'CmdOrCtrl' ? 'Ctrl' : part)).join(' ');
  const has = (part: string): boolean => parts.includes(part);
  return `${has('Alt') ? '⌥' : ''}${has('Shift') ? '⇧' : ''}⌘${parts.at(-1)}`;
}

/** Whether the platform's command key is down. */
export const hasMod = (event: { metaKey: boolean; ctrlKey: boolean }): boolean =>
  isMac ? event.metaKey : event.ctrlKey;

interface Press {
  readonly key: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
}

/** How far a key goes along the history, as the platform has it: −1 back, 1 forward; undefined where it is no such key. */
export function turnOf({ key, altKey, ctrlKey, metaKey, shiftKey }: Press, mac = isMac): number | undefined {
  if (shiftKey || ctrlKey || altKey === mac || metaKey !== mac) return undefined;
  const keys = mac ? ['[', ']'] : ['ArrowLeft', 'ArrowRight'];
  return key === keys[0] ? -1 : key === keys[1] ? 1 : undefined;
}

/** The keys of `turnOf`, in words. */
export const turnWords = (mac = isMac): string => (mac ? '⌘[ ⌘]' : 'Alt ← →');

/** Whether a key deletes what is chosen: nothing is held down with it. Keyboards of macOS call Backspace "Delete". */
export const isDelete = ({ key, altKey, ctrlKey, metaKey, shiftKey }: Press, mac = isMac): boolean =>
  (key === 'Delete' || (mac && key === 'Backspace')) && !(altKey || ctrlKey || metaKey || shiftKey);

/** True when typing goes into a text field, so that shortcuts must leave it alone. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  return (
    target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type)
  );
}

/** Has the browser fetch a download that the host offers. */
export function fetchDownload(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

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
