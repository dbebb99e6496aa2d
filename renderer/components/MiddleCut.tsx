/** Characters at the end that stay when a text is cut. */
const TAIL = 14;

/** A text of one line that is cut in its middle where there is no room: names differ at their ends. */
export function MiddleCut({ text, className }: { readonly text: string; readonly className: string }) {
  if (text.length <= TAIL * 2) return <span className={className}>{text}</span>;
  return (
    <span className={`${className} middle-cut`}>
      <span className="middle-cut-head">{text.slice(0, -TAIL)}</span>
      <span className="middle-cut-tail">{text.slice(-TAIL)}</span>
    </span>
  );
}
