import { useEffect, useState } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { useActions } from '../../store/app/actions.ts';
import { useUi } from '../../store/app/ui.ts';
import { useConnection } from '../../store/connection/connection.ts';

const HOSTS = { desktop: 'desktop application', loopback: 'page of rewrap serve', cli: 'command line' };

/** Which Rewrap this is, and the licences of all that is in it. */
export function AboutDialog() {
  const open = useUi((state) => state.dialog === 'about');
  const { open: show, show: showView } = useActions(useUi);
  const app = useConnection((state) => state.app);
  return (
    <Dialog
      title="About Rewrap"
      shape="wide"
      open={open}
      onClose={() => show(null)}
      footer={
        <>
          <Button
            onPress={() => {
              show(null);
              showView('help');
            }}
          >
            Open Help
          </Button>
          <span className="gap" />
          <Button variant="primary" autoFocus onPress={() => show(null)}>
            Close
          </Button>
        </>
      }
    >
      <dl className="facts">
        <dt>Version</dt>
        <dd>{app?.version ?? ''}</dd>
        <dt>Running as</dt>
        <dd>{app === null ? '' : `${HOSTS[app.host]}, ${app.platform}`}</dd>
        <dt>Licence</dt>
        <dd>Apache License 2.0</dd>
      </dl>
      {open && <Licences />}
    </Dialog>
  );
}

/** Licences of the libraries inside, read when they are looked at. */
function Licences() {
  const [text, setText] = useState<string | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  useEffect(() => {
    let gone = false;
    call(bridge().app.licences({})).then(
      (reply) => {
        if (!gone) setText(reply.text);
      },
      (error: unknown) => {
        if (!gone) setFault(pageFaultOf(error));
      },
    );
    return () => {
      gone = true;
    };
  }, []);
  return (
    <section aria-label="Licences of libraries">
      <h3 className="page-heading">Libraries</h3>
      {fault !== null && <FaultCard fault={fault} />}
      {text !== null && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by the keyboard
        <pre className="licences" tabIndex={0}>
          {text}
        </pre>
      )}
    </section>
  );
}
