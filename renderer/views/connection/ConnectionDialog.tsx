import { useEffect, useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { OFFERED_KINDS } from '#shared/connection-kind.ts';
import type { ConnectionChoice, ConnectionState, Side } from '#shared/model/connection.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Choice } from '../../components/fields.tsx';
import { useLongWait } from '../../components/Progress.tsx';
import { useActions } from '../../store/app/actions.ts';
import { useUi } from '../../store/app/ui.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { ConnectionForm } from './ConnectionForm.tsx';
import { CurrentConnection } from './CurrentConnection.tsx';
import { type ChoiceForm, choiceOf, useChoiceForm } from './choice.ts';

/** Chooses what this window works against, and separately where destination keys live if not there. */
export function ConnectionDialog() {
  const open = useUi((state) => state.dialog === 'connection');
  if (!open) return null;
  return <Inner />;
}

function Inner() {
  const { open } = useActions(useUi);
  const close = (): void => open(null);
  const { connection, destination, use, connectDestination } = useConnection();
  const [side, setSide] = useState<Side>('source');
  const [separate, setSeparate] = useState(destination !== null);
  const source = useChoiceForm(connection?.choice);
  const second = useChoiceForm(destination?.choice ?? connection?.choice);
  const shown = side === 'source' ? source : second;
  const state = side === 'source' ? connection : destination;
  const [busy, setBusy] = useState(false);
  /** Side of the connection that is being made: the dialog closes once it stands, however it was made (sign-in, code). */
  const [tried, setTried] = useState<Side | null>(null);
  const slow = useLongWait(busy);
  const together = side === 'destination' && !separate;
  const connect = async (): Promise<void> => {
    const choice: ConnectionChoice = choiceOf(shown.form);
    setBusy(true);
    setTried(null);
    await (side === 'source' ? use(choice) : connectDestination(together ? null : choice));
    setBusy(false);
    setTried(side);
    if (together) close();
  };
  const made = tried === side && state?.status === 'ready';
  useEffect(() => {
    if (made) open(null);
  }, [made, open]);
  return (
    <Dialog
      title="Connection"
      open
      onClose={close}
      footer={
        <>
          {slow && (
            <span className="hint foot-note" role="status">
              Connecting
            </span>
          )}
          <Button onPress={close}>Cancel</Button>
          <Button
            variant="primary"
            reason={
              busy
                ? 'Rewrap is connecting.'
                : together || !OFFERED_KINDS[shown.form.kind].settings
                  ? null
                  : shown.problem
            }
            onPress={() => void connect()}
          >
            {buttonWords(side, together, shown.form.kind)}
          </Button>
        </>
      }
    >
      <Tabs
        className="tabs connection-tabs"
        selectedKey={side}
        onSelectionChange={(key) => setSide(key === 'destination' ? 'destination' : 'source')}
      >
        <TabList className="tab-list" aria-label="Connections">
          <Tab id="source" className="tab">
            This connection
          </Tab>
          <Tab id="destination" className="tab">
            Separate destination
            {destination !== null && <span className={`dot dot-${destination.status}`} aria-hidden="true" />}
          </Tab>
        </TabList>
        <TabPanel id="source" className="tab-panel connection-panel">
          <Present connection={connection} />
          <ConnectionForm {...source} />
        </TabPanel>
        <TabPanel id="destination" className="tab-panel connection-panel">
          <Choice
            label="Where destination keys live"
            value={separate ? 'separate' : 'together'}
            onChange={(next) => setSeparate(next === 'separate')}
            options={[
              {
                id: 'together',
                label: 'On this connection',
                detail: 'One identity may use both keys, in one Region: ReEncrypt works inside KMS.',
              },
              {
                id: 'separate',
                label: 'On a connection of their own',
                detail:
                  'Another Region, or no single identity with both rights. The destination keys of the re-encrypt sheet are then taken from there.',
              },
            ]}
          />
          {separate && (
            <div className="connection-separate">
              <Present connection={destination} />
              <ConnectionForm {...second} />
            </div>
          )}
        </TabPanel>
      </Tabs>
    </Dialog>
  );
}

function Present({ connection }: { readonly connection: ConnectionState | null }) {
  return connection === null ? null : <CurrentConnection connection={connection} />;
}

function buttonWords(side: Side, together: boolean, kind: ChoiceForm['kind']): string {
  if (side === 'source') return OFFERED_KINDS[kind].connect;
  return together ? 'Use one connection' : 'Connect the destination';
}
