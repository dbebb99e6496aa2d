/** Said once in the sheet, at the first context that it asks for. */
export function ContextNote() {
  return (
    <p className="hint">
      Keys and values are exact and case-sensitive. They are not secret: CloudTrail records them in clear.
    </p>
  );
}
