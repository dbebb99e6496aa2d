import { useState } from 'react';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Choice } from '../../components/fields.tsx';
import { plural } from '../../lib/words/format.ts';
import { type Density, TEXT_SIZES, type Theme, useSettings } from '../../store/app/settings.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { ShortcutList } from '../shell/ShortcutSheet.tsx';
import { DataFolderBlock } from './DataFolderBlock.tsx';
import { RunDefaults } from './RunDefaults.tsx';

const THEMES: { id: Theme; label: string }[] = [
  { id: 'system', label: 'System' },
  { id: 'light', label: 'Light' },
  { id: 'dark', label: 'Dark' },
];
const DENSITIES: { id: Density; label: string }[] = [
  { id: 'compact', label: 'Compact' },
  { id: 'comfortable', label: 'Comfortable' },
];
const SIZES = TEXT_SIZES.map((size) => ({ id: String(size), label: `${size} %` }));

/** How the window looks, and the shortcuts. */
export function SettingsView() {
  const { theme, density, textSize, set } = useSettings();
  const version = useConnection((state) => state.app?.version);
  const canEndSessions = useConnection((state) => state.app?.can.endSessions === true);
  return (
    <section className="view view-scroll" aria-label="Settings">
      <div className="page page-wide">
        <h1 className="page-title">Settings</h1>
        <div className="settings-parts">
          <section className="settings-part" aria-label="Appearance">
            <h2 className="page-heading">Appearance</h2>
            <Choice label="Theme" row value={theme} options={THEMES} onChange={(id) => set({ theme: id })} />
            <Choice
              label="Rows"
              row
              value={density}
              options={DENSITIES}
              onChange={(id) => set({ density: id })}
            />
            <Choice
              label="Text size"
              row
              value={String(textSize)}
              options={SIZES}
              onChange={(id) => set({ textSize: TEXT_SIZES.find((size) => String(size) === id) ?? 100 })}
            />
          </section>
          <RunDefaults />
          <DataFolderBlock />
          {canEndSessions && <Sessions />}
        </div>
        <h2 className="page-heading">Shortcuts</h2>
        <ShortcutList />
        {version !== undefined && <p className="hint">Rewrap {version}</p>}
      </div>
    </section>
  );
}

/** Other pages that were let in, on a host that has them. */
function Sessions() {
  const [said, setSaid] = useState('');
  const end = async () => {
    try {
      const { ended } = await call(bridge().app.endOtherSessions({}));
      setSaid(ended === 0 ? 'No other session was open.' : `Ended ${plural(ended, 'other session')}.`);
    } catch (error) {
      setSaid(pageFaultOf(error).message);
    }
  };
  return (
    <section className="settings-part" aria-label="Sessions">
      <h2 className="page-heading">Sessions</h2>
      <p className="hint">
        Each tab that you open with an address or a code is a session. It ends after 12 hours without use.
      </p>
      <div className="settings-row">
        <Button onPress={() => void end()}>End other sessions</Button>
        <span role="status">{said}</span>
      </div>
    </section>
  );
}
