/** Most characters at the end that stay when a text is cut; of a short text, half. */
const TAIL = 14;
/** The end may be so much longer where it then begins with a word. */
const LONGER = 6;
const BETWEEN_WORDS = /[\s\-_./]/;
/** A text of so few characters is not cut in its middle. */
const SHORT = 8;

/**
 * A text of one line that is cut in its middle where there is no room: names differ at their ends. The halves are drawn by the
 * style sheet: the text itself stands whole, once, for screen readers and for a search in the page.
 */
export function MiddleCut({ text, className }: { readonly text: string; readonly className: string }) {
  const points = [...text];
  if (points.length <= SHORT) return <span className={className}>{text}</span>;
  const cut = points.length - Math.min(TAIL, Math.floor(points.length / 2));
  const word = points
    .slice(Math.max(1, cut - LONGER), cut)
    .findLastIndex((point) => BETWEEN_WORDS.test(point));
  const at = word < 0 ? cut : Math.max(1, cut - LONGER) + word + 1;
  return (
    <span className={className}>
      <span
        className="middle-cut"
        aria-hidden="true"
        data-head={points.slice(0, at).join('')}
        data-tail={points.slice(at).join('')}
      />
      <span className="visually-hidden">{text}</span>
    </span>
  );
}
