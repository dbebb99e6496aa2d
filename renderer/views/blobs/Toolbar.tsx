import { ClipboardPaste, FilePlus, FolderPlus, PanelRight } from 'lucide-react';
import { ToggleButton } from 'react-aria-components';
import { Button } from '../../components/Button.tsx';
import { SearchInput, SelectInput } from '../../components/fields.tsx';
import type { GroupBy, SortColumn } from '../../lib/arrange.ts';
import { useArrange } from '../../store/arrange.ts';
import { useInspector } from '../../store/inspector.ts';
import { requestFiles, requestPaste } from '../../store/wire.ts';
import { COLUMNS } from './columns.ts';
import { Filters } from './Filters.tsx';

const GROUPS: { id: GroupBy; label: string }[] = [
  { id: 'key', label: 'Key' },
  { id: 'file', label: 'File' },
  { id: 'kind', label: 'Kind' },
  { id: 'none', label: 'None' },
];

const SORTS: { id: SortColumn; label: string }[] = [
  { id: 'added', label: 'As added' },
  ...COLUMNS.map(({ id, name }) => ({ id, label: name })),
];

/** Filter, grouping, order; ways to add more. */
export function Toolbar() {
  const { query, group, sort, setQuery, setGroup, setSort } = useArrange();
  const open = useInspector((state) => state.open);
  const setOpen = useInspector((state) => state.setOpen);
  return (
    <div className="toolbar" role="toolbar" aria-label="Blobs">
      <SearchInput
        label="Filter blobs"
        value={query}
        onChange={setQuery}
        placeholder="Filter by name, key, kind, hash"
      />
      <Filters />
      <SelectInput label="Group" inline value={group} options={GROUPS} onChange={setGroup} />
      <SelectInput
        label="Sort"
        inline
        value={sort.column}
        options={SORTS}
        onChange={(column) => setSort({ column, descending: false })}
      />
      <span className="gap" />
      <Button
        variant="quiet"
        icon={<FilePlus className="icon" aria-hidden="true" />}
        onPress={() => requestFiles('files')}
      >
        Add files
      </Button>
      <Button
        variant="quiet"
        icon={<FolderPlus className="icon" aria-hidden="true" />}
        onPress={() => requestFiles('folder')}
      >
        Add folder
      </Button>
      <Button
        variant="quiet"
        icon={<ClipboardPaste className="icon" aria-hidden="true" />}
        onPress={requestPaste}
      >
        Paste
      </Button>
      <ToggleButton className="icon-button" aria-label="Inspector" isSelected={open} onChange={setOpen}>
        <PanelRight className="icon" aria-hidden="true" />
      </ToggleButton>
    </div>
  );
}
