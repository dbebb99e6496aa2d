import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

/** What stands where there is nothing to list: why, and the buttons that lead on. */
export function EmptyNote({
  icon: Icon,
  title,
  text,
  children,
}: {
  readonly icon: LucideIcon;
  readonly title: string;
  /** More than the title says, in a sentence or two. */
  readonly text?: ReactNode;
  /** What to do next. */
  readonly children?: ReactNode;
}) {
  return (
    <div className="empty-note">
      <Icon className="icon icon-large" aria-hidden="true" />
      <p className="empty-note-title">{title}</p>
      {text !== undefined && <p className="empty-note-text">{text}</p>}
      {children !== undefined && <div className="empty-note-actions">{children}</div>}
    </div>
  );
}
