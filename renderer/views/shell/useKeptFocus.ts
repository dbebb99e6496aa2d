import { useEffect } from 'react';
import { mainList } from './SkipLink.tsx';

const FOCUSABLE = ['a[href]', 'button', 'input', 'select', 'textarea', 'summary', '[tabindex="0"]']
  .map((selector) => `${selector}:not(:disabled, [tabindex="-1"])`)
  .join(', ');
const MODAL = '[role="dialog"], [role="alertdialog"]';

/**
 * Finds the focus again where what had it is gone or was disabled: a row that was deleted, a pane or notice that was
 * closed, a button that began its work. It goes to the nearest relative that is left, to the list of the view, or to the
 * dialog that is open; back to a button that can be pressed again, unless it has moved on.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    /** What had the focus last, and what it stands in, from the inside out; empty while the page has none. */
    let trail: readonly Element[] = [];
    let owed: { readonly to: HTMLElement; readonly at: Element | null } | null = null;
    let frame = 0;
    const remember = ({ target }: FocusEvent): void => {
      if (target instanceof Element) trail = outwards(target);
    };
    // A press beside everything takes the focus off the page: the person wants it so.
    const forget = ({ target, relatedTarget }: FocusEvent): void => {
      if (relatedTarget === null && target instanceof Element)
        queueMicrotask(() => {
          if (trail[0] === target && !isLost(target) && isNowhere()) trail = [];
        });
    };
    const look = (): void => {
      if (owed !== null && !isLost(owed.to)) {
        if (document.activeElement === owed.at) owed.to.focus();
        owed = null;
      }
      const [last] = trail;
      if (last === undefined || frame !== 0 || !isNowhere() || !isLost(last)) return;
      // A dialog that closes gives the focus back a frame later by itself.
      frame = requestAnimationFrame(() => {
        frame = requestAnimationFrame(() => {
          frame = 0;
          if (!isNowhere() || !isLost(last)) return;
          placeFor(trail)?.focus();
          if (last instanceof HTMLElement && last.isConnected)
            owed = { to: last, at: document.activeElement };
        });
      });
    };
    const changes = new MutationObserver(look);
    changes.observe(document.body, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ['disabled'],
    });
    document.addEventListener('focusin', remember);
    document.addEventListener('focusout', forget);
    return () => {
      changes.disconnect();
      cancelAnimationFrame(frame);
      document.removeEventListener('focusin', remember);
      document.removeEventListener('focusout', forget);
    };
  }, []);
}

/** A view that waits for the next one to load is still there, hidden. */
const isLost = (element: Element): boolean =>
  !element.isConnected || element.matches(':disabled') || !element.checkVisibility();

/** Whether no element has the focus; a disabled one keeps it until the page is drawn. */
const isNowhere = (): boolean =>
  document.activeElement === null ||
  document.activeElement === document.body ||
  document.activeElement.matches(':disabled');

function outwards(element: Element): Element[] {
  const found: Element[] = [];
  for (let each: Element | null = element; each !== null; each = each.parentElement) found.push(each);
  return found;
}

/** Where the focus goes from a trail that begins with what is lost. */
function placeFor(trail: readonly Element[]): HTMLElement | null {
  const modal = [...document.querySelectorAll<HTMLElement>(MODAL)].at(-1);
  const within = modal ?? document.querySelector<HTMLElement>('.main');
  for (const each of trail.slice(1)) {
    if (!each.isConnected || !each.checkVisibility() || !(each instanceof HTMLElement)) continue;
    if (within === null || each === within || !within.contains(each)) break;
    const place = each.matches(FOCUSABLE) ? each : firstIn(each);
    if (place !== null) return place;
  }
  return modal ?? mainList() ?? within;
}

const firstIn = (element: HTMLElement): HTMLElement | null =>
  element.querySelector<HTMLElement>('[role="grid"][tabindex="0"]') ??
  element.querySelector<HTMLElement>(FOCUSABLE);
