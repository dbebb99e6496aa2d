import {
  ChevronDown,
  ClipboardPaste,
  FilePlus,
  FolderPlus,
  type LucideIcon,
  PanelRight,
  Plus,
  SlidersHorizontal,
} from 'lucide-react';
import { memo } from 'react';
import {
  Dialog as AriaDialog,
  Button,
  DialogTrigger,
  Menu,
  MenuItem,
  MenuTrigger,
  Popover,
  Text,
  ToggleButton,
} from 'react-aria-components';
import { Button as TextButton } from '../../components/Button.tsx';
import { Checkbox, SearchInput, SelectInput } from '../../components/fields.tsx';
import { Tip } from '../../components/Tip.tsx';
import { mod } from '../../lib/platform.ts';
import { GROUP_WORDS, groupings, SORT_WORDS, sortings } from '../../lib/words/words.ts';
import { useActions } from '../../store/app/actions.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useInspector } from '../../store/blobs/inspector.ts';
import { requestFiles, requestPaste } from '../../store/opening.ts';
import { COLUMNS } from './columns.tsx';
import { FilterMenu, SeverityCounts } from './Filters.tsx';

const GROUPS = groupings.map((id) => ({ id, label: GROUP_WORDS[id] }));

const SORTS: { id: string; label: string }[] = sortings.map((id) => ({ id, label: SORT_WORDS[id] }));

/** Filter, arrangement; ways to add more. */
export const Toolbar = memo(function Toolbar() {
  return (
    <div className="toolbar" role="toolbar" aria-label="Blobs">
      <Query />
      <FilterMenu />
      <Grouping />
      <ViewMenu />
      <SeverityCounts />
      <span className="gap" />
      <AddMenu />
      <InspectorToggle />
    </div>
  );
});

// Each listens to its own part of the arrangement: a letter typed draws the field it is typed into and no other.

function Query() {
  const query = useArrange((state) => state.query);
  const { setQuery, keepQuery } = useActions(useArrange);
  return (
    <SearchInput
      label="Filter blobs"
      value={query}
      onChange={setQuery}
      onEnter={keepQuery}
      placeholder="Filter by name, key, state…"
    />
  );
}

function Grouping() {
  const group = useArrange((state) => state.group);
  const { setGroup } = useActions(useArrange);
  return <SelectInput label="Group" inline value={group} options={GROUPS} onChange={setGroup} />;
}

/** Order and columns. */
function ViewMenu() {
  return (
    <DialogTrigger>
      <Button className="button">
        <SlidersHorizontal className="icon" aria-hidden="true" />
        <span className="button-label">View</span>
      </Button>
      <Popover className="popover popover-form" offset={4} placement="bottom start">
        <AriaDialog className="popover-dialog" aria-label="View">
          <section className="popover-fields" aria-label="Order">
            <Order />
          </section>
          <ColumnChoices />
        </AriaDialog>
      </Popover>
    </DialogTrigger>
  );
}

function Order() {
  const { column, descending } = useArrange((state) => state.sort);
  const { setSort } = useActions(useArrange);
  return (
    <>
      <SelectInput
        label="Sort"
        value={column}
        options={SORTS}
        onChange={(chosen) => setSort({ column: chosen, descending: false })}
      />
      <Checkbox isSelected={descending} onChange={(on) => setSort({ column, descending: on })}>
        Descending
      </Checkbox>
    </>
  );
}

/** Which columns are shown. One that says the same in every row is left out until it is asked for. */
function ColumnChoices() {
  const { hidden, shown } = useArrange((state) => state.columns);
  const group = useArrange((state) => state.group);
  const table = useBlobs((state) => state.table);
  const { setColumn, resetColumns } = useActions(useArrange);
  return (
    <section className="popover-section" aria-label="Columns">
      <h3 className="popover-title">Columns</h3>
      <div className="column-choices">
        {COLUMNS.slice(1).map(({ id, title, repeats }) => {
          const spare = repeats?.(table, group) === true;
          return (
            <Checkbox
              key={id}
              isSelected={shown.includes(id) || (!hidden.includes(id) && !spare)}
              onChange={(on) => setColumn(id, on ? (spare ? 'shown' : null) : spare ? null : 'hidden')}
            >
              <span>{title}</span>
              {spare && !shown.includes(id) && <span className="hint">same in every row</span>}
            </Checkbox>
          );
        })}
      </div>
      <TextButton variant="link" onPress={resetColumns}>
        Reset columns
      </TextButton>
    </section>
  );
}

const WAYS: readonly {
  id: string;
  name: string;
  icon: LucideIcon;
  keys: string;
  take: () => void;
}[] = [
  { id: 'files', name: 'Add files', icon: FilePlus, keys: mod('O'), take: () => requestFiles('files') },
  {
    id: 'folder',
    name: 'Add folder',
    icon: FolderPlus,
    keys: mod('O', true),
    take: () => requestFiles('folder'),
  },
  { id: 'paste', name: 'Paste', icon: ClipboardPaste, keys: mod('V'), take: requestPaste },
];

function AddMenu() {
  return (
    <MenuTrigger>
      <Button className="button">
        <Plus className="icon" aria-hidden="true" />
        <span className="button-label">Add</span>
        <ChevronDown className="icon icon-small" aria-hidden="true" />
      </Button>
      <Popover className="popover" offset={4} placement="bottom end">
        <Menu
          className="listbox"
          aria-label="Add"
          onAction={(id) => WAYS.find((way) => way.id === id)?.take()}
        >
          {WAYS.map(({ id, name, icon: Icon, keys }) => (
            <MenuItem key={id} id={id} textValue={name} className="option option-icon">
              <Icon className="icon" aria-hidden="true" />
              <Text slot="label">{name}</Text>
              <span className="keys" aria-hidden="true">
                {keys}
              </span>
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function InspectorToggle() {
  const open = useInspector((state) => state.open);
  const { setOpen } = useActions(useInspector);
  return (
    <Tip text={open ? 'Hide the inspector' : 'Show the inspector'}>
      <ToggleButton className="icon-button" aria-label="Inspector" isSelected={open} onChange={setOpen}>
        <PanelRight className="icon" aria-hidden="true" />
      </ToggleButton>
    </Tip>
  );
}
