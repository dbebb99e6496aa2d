/** The first tab stop: past top bar, navigation and toolbar, into the list or the view. */
export function SkipLink() {
  return (
    <button type="button" className="skip-link" onClick={focusMain}>
      Skip to the content
    </button>
  );
}

/** The list of the view that is shown; null where it has none. */
export const mainList = (): HTMLElement | null =>
  document.querySelector<HTMLElement>('.main :is([role="grid"], [role="treegrid"])');

function focusMain(): void {
  const place = mainList() ?? document.querySelector<HTMLElement>('.main');
  place?.focus();
}
