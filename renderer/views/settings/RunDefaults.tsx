import { useState } from 'react';
import { Checkbox, SelectInput, Switch, TextInput } from '../../components/fields.tsx';
import { NO_ACCOUNT, usePreferences } from '../../store/app/preferences.ts';
import { useConnection } from '../../store/connection/connection.ts';

const COLOURS = ['Blue', 'Orange', 'Green', 'Purple', 'Yellow', 'Teal', 'Red', 'Grey'];
const COLOUR_OPTIONS = [
  { id: 'none', label: 'None' },
  ...COLOURS.map((label, i) => ({ id: String(i), label })),
];

/** What a new run and a new connection begin with, and how the account of this connection is marked. */
export function RunDefaults() {
  const { backup, perSecond, region, set } = usePreferences();
  const [rate, setRate] = useState(perSecond === null ? '' : String(perSecond));
  const isRate = rate.trim() === '' || /^[1-9]\d{0,4}$/.test(rate.trim());
  return (
    <>
      <section className="settings-part" aria-label="New runs and connections">
        <h2 className="page-heading">New runs and connections</h2>
        <Switch isSelected={backup} onChange={(on) => set({ backup: on })}>
          Keep a backup beside each replaced file
        </Switch>
        {!backup && (
          <p className="hint settings-under">
            A run without backups cannot be undone. Each one asks for your approval outside this page.
          </p>
        )}
        <TextInput
          label="Requests per second"
          value={rate}
          numeric
          invalid={!isRate}
          placeholder="Unlimited"
          hint={
            isRate
              ? 'At most. Empty means no limit: Rewrap slows down when KMS throttles.'
              : 'A whole number from 1 to 99,999.'
          }
          onChange={(text) => {
            setRate(text);
            const typed = text.trim();
            if (typed === '') set({ perSecond: null });
            else if (/^[1-9]\d{0,4}$/.test(typed)) set({ perSecond: Number(typed) });
          }}
        />
        <TextInput
          label="Default Region"
          value={region ?? ''}
          mono
          placeholder="As the profile says"
          onChange={(text) => set({ region: text.trim() === '' ? null : text.trim().slice(0, 64) })}
        />
      </section>
      <ThisAccount />
    </>
  );
}

function ThisAccount() {
  const account = useConnection((state) => state.connection?.identity?.account);
  const known = usePreferences((state) => (account === undefined ? undefined : state.accounts[account]));
  const setAccount = usePreferences((state) => state.setAccount);
  if (account === undefined) return null;
  const { colour, dryRunFirst } = known ?? NO_ACCOUNT;
  return (
    <section className="settings-part" aria-label={`Account ${account}`}>
      <h2 className="page-heading">{`Account ${account}`}</h2>
      <SelectInput
        label="Colour of the top bar"
        value={colour === null ? 'none' : String(colour)}
        options={COLOUR_OPTIONS}
        onChange={(id) => setAccount(account, { colour: id === 'none' ? null : Number(id) })}
      />
      <Checkbox isSelected={dryRunFirst} onChange={(on) => setAccount(account, { dryRunFirst: on })}>
        Preflight before each run
      </Checkbox>
    </section>
  );
}
