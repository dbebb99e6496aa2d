import type { ReactNode } from 'react';

/** A titled part of the sheet. */
export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="sheet-section" aria-label={title}>
      <h3 className="sheet-heading">{title}</h3>
      <div className="sheet-fields">{children}</div>
    </section>
  );
}
