import { Search } from 'lucide-react';
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { Dialog as AriaDialog, Modal, ModalOverlay } from 'react-aria-components';
import { type Command, matchCommands } from '../../lib/commands.ts';
import { useUi } from '../../store/app/ui.ts';
import { allCommands } from '../../store/commands.ts';

/** Every action, view, run, key and file, found by typing. Ctrl+K, on macOS Cmd+K. */
export function Palette() {
  const open = useUi((state) => state.dialog === 'palette');
  const show = useUi((state) => state.open);
  return (
    <ModalOverlay
      className="overlay overlay-palette"
      isOpen={open}
      isDismissable
      onOpenChange={(isOpen) => {
        if (!isOpen) show(null);
      }}
    >
      <Modal className="modal modal-palette">
        <AriaDialog className="dialog palette" aria-label="Command palette">
          <Commands onDone={() => show(null)} />
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

const LIST = 'palette-list';
const optionId = (index: number): string => `palette-option-${index}`;

/** A combobox with a list that is always there; the arrow keys choose while the words stay in the field. */
function Commands({ onDone }: { readonly onDone: () => void }) {
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  // As they stand when it opens; a list of a hundred thousand files is gone through once.
  const [commands] = useState(() => [...allCommands()]);
  const asked = useDeferredValue(query);
  const groups = useMemo(() => matchCommands(commands, asked), [commands, asked]);
  const flat = useMemo(() => groups.flatMap((group) => group.commands), [groups]);
  const current = Math.min(at, flat.length - 1);
  const go = (index: number): void => {
    const next = flat.length === 0 ? 0 : (index + flat.length) % flat.length;
    setAt(next);
    list.current?.querySelector(`#${optionId(next)}`)?.scrollIntoView({ block: 'nearest' });
  };
  const run = (command: Command | undefined): void => {
    if (command === undefined || command.refused !== undefined) return;
    onDone();
    // After the palette has gone, so that what opens next can take the focus.
    setTimeout(command.run);
  };
  /** What Enter runs: of the words in the field, also where the list has not caught up with them. */
  const chosen = (): Command | undefined =>
    asked === query ? flat[current] : matchCommands(commands, query).flatMap((group) => group.commands)[at];
  let index = -1;
  return (
    <>
      <div className="palette-field">
        <Search className="icon" aria-hidden="true" />
        <input
          className="palette-input"
          ref={field}
          role="combobox"
          aria-expanded="true"
          aria-controls={LIST}
          aria-label="Command, view, run, key or file"
          aria-activedescendant={current < 0 ? undefined : optionId(current)}
          placeholder="Type a command, a key or a file"
          value={query}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') go(current + 1);
            else if (event.key === 'ArrowUp') go(current - 1);
            else if (event.key === 'Enter') run(chosen());
            else return;
            event.preventDefault();
          }}
        />
      </div>
      <div className="palette-list" id={LIST} ref={list} role="listbox" aria-label="Commands">
        {groups.map(({ group, commands: found }) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options
          <div key={group} role="group" aria-label={group}>
            <div className="palette-group" aria-hidden="true">
              {group}
            </div>
            {found.map((command) => {
              index += 1;
              const mine = index;
              return (
                <Option
                  key={command.id}
                  command={command}
                  id={optionId(mine)}
                  isActive={mine === current}
                  onPoint={() => setAt(mine)}
                  onRun={() => run(command)}
                />
              );
            })}
          </div>
        ))}
      </div>
      {flat.length === 0 && (
        <p className="empty-note" role="status">
          Nothing is called “{asked}”.
        </p>
      )}
    </>
  );
}

function Option({
  command,
  id,
  isActive,
  onPoint,
  onRun,
}: {
  readonly command: Command;
  readonly id: string;
  readonly isActive: boolean;
  readonly onPoint: () => void;
  readonly onRun: () => void;
}) {
  const { title, detail, keys, refused } = command;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: named by aria-activedescendant of the field
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the field does the same
    <div
      id={id}
      role="option"
      className={isActive ? 'palette-option is-active' : 'palette-option'}
      aria-selected={isActive}
      aria-disabled={refused !== undefined}
      onMouseMove={onPoint}
      onClick={onRun}
    >
      <span className="palette-title">{title}</span>
      <span className="palette-detail">{refused ?? detail}</span>
      {keys !== undefined && (
        <span className="keys" aria-hidden="true">
          {keys}
        </span>
      )}
    </div>
  );
}
