import { ClipboardPaste, FilePlus, FolderPlus, type LucideIcon, PanelRight } from 'lucide-react';
import { memo } from 'react';
import { ToggleButton } from 'react-aria-components';
import { Button } from '../../components/Button.tsx';
import { SearchInput, SelectInput } from '../../components/fields.tsx';
import type { GroupBy } from '../../lib/table/arrange.ts';
import { useActions } from '../../store/actions.ts';
import { useArrange } from '../../store/arrange.ts';
import { useInspector } from '../../store/inspector.ts';
import { requestFiles, requestPaste } from '../../store/opening.ts';
import { COLUMNS } from './columns.tsx';
import { Filters, OnlyChip } from './Filters.tsx';

const GROUPS: { id: GroupBy; label: string }[] = [
  { id: 'key', label: 'Key' },
  { id: 'material', label: 'Key material' },
  { id: 'repository', label: 'Repository' },
  { id: 'file', label: 'File' },
  { id: 'kind', label: 'Kind' },
  { id: 'none', label: 'None' },
];

const SORTS: { id: string; label: string }[] = [
  { id: 'added', label: 'As added' },
  ...COLUMNS.map(({ id, title }) => ({ id, label: title })),
];

/** Filter, grouping, order; ways to add more. */
export const Toolbar = memo(function Toolbar() {
  return (
    <div className="toolbar" role="toolbar" aria-label="Blobs">
      <Query />
      <OnlyChip />
      <Filters />
      <Grouping />
      <Order />
      <span className="gap" />
      <Ways />
    </div>
  );
});

// Each listens to its own part of the arrangement: a letter typed draws the field it is typed into and no other.

function Query() {
  const query = useArrange((state) => state.query);
  const { setQuery } = useActions(useArrange);
  return (
    <SearchInput label="Filter blobs" value={query} onChange={setQuery} placeholder="Filter by any word" />
  );
}

function Grouping() {
  const group = useArrange((state) => state.group);
  const { setGroup } = useActions(useArrange);
  return <SelectInput label="Group" inline value={group} options={GROUPS} onChange={setGroup} />;
}

function Order() {
  const column = useArrange((state) => state.sort.column);
  const { setSort } = useActions(useArrange);
  return (
    <SelectInput
      label="Sort"
      inline
      value={column}
      options={SORTS}
      onChange={(chosen) => setSort({ column: chosen, descending: false })}
    />
  );
}

const WAYS: readonly { name: string; icon: LucideIcon; take: () => void }[] = [
  { name: 'Add files', icon: FilePlus, take: () => requestFiles('files') },
  { name: 'Add folder', icon: FolderPlus, take: () => requestFiles('folder') },
  { name: 'Paste', icon: ClipboardPaste, take: requestPaste },
];

function Ways() {
  const open = useInspector((state) => state.open);
  const { setOpen } = useActions(useInspector);
  return (
    <>
      {WAYS.map(({ name, icon: Icon, take }) => (
        <Button key={name} variant="quiet" icon={<Icon className="icon" aria-hidden="true" />} onPress={take}>
          {name}
        </Button>
      ))}
      <ToggleButton className="icon-button" aria-label="Inspector" isSelected={open} onChange={setOpen}>
        <PanelRight className="icon" aria-hidden="true" />
      </ToggleButton>
    </>
  );
}
