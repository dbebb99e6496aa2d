import { ListFilter, X } from 'lucide-react';
import { Button } from 'react-aria-components';
import { useArrange } from '../../store/arrange.ts';

/** What the table is narrowed to from the audit; pressing it shows all again. */
export function OnlyChip() {
  const only = useArrange((state) => state.only);
  const setOnly = useArrange((state) => state.setOnly);
  if (only === null) return null;
  return (
    <Button
      className="only-chip"
      aria-label={`Only ${only.label}. Show all blobs`}
      onPress={() => setOnly(null)}
    >
      <ListFilter className="icon" aria-hidden="true" />
      <span className="only-chip-text">{only.label}</span>
      <X className="icon" aria-hidden="true" />
    </Button>
  );
}
