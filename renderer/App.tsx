import { ArrowLeft } from 'lucide-react';
import { Suspense } from 'react';
import { hasBridge } from './api.ts';
import { Button } from './components/Button.tsx';
import { FaultCard } from './components/FaultCard.tsx';
import { Skeleton, useLongWait } from './components/Progress.tsx';
import { lazyView } from './lib/lazy-view.tsx';
import { useUi } from './store/app/ui.ts';
import { useConnection } from './store/connection/connection.ts';
import { noteFailedView } from './store/places.ts';
import { BlobsView } from './views/blobs/BlobsView.tsx';
import { IntakeAnnouncer } from './views/blobs/IntakeNotice.tsx';
import { RunAnnouncer } from './views/runs/RunAnnouncer.tsx';
import { DropOverlay } from './views/shell/DropOverlay.tsx';
import { ErrorLimit } from './views/shell/ErrorLimit.tsx';
import { FirstSteps } from './views/shell/FirstSteps.tsx';
import { LaterDialogs } from './views/shell/LaterDialogs.tsx';
import { Nav } from './views/shell/Nav.tsx';
import { ApprovalNotice, EngineNotice, Toasts } from './views/shell/Notices.tsx';
import { ProgressTitle } from './views/shell/ProgressTitle.ts';
import { SkipLink } from './views/shell/SkipLink.tsx';
import { TopBar } from './views/shell/TopBar.tsx';
import { useKeptFocus } from './views/shell/useKeptFocus.ts';
import { useShortcuts } from './views/shell/useShortcuts.ts';

const VIEWS = {
  blobs: BlobsView,
  // Loaded when they are first shown: the first list of blobs does not wait for them.
  runs: lazyView(async () => (await import('./views/runs/RunsView.tsx')).RunsView),
  keys: lazyView(async () => (await import('./views/keys/KeysView.tsx')).KeysView),
  audit: lazyView(async () => (await import('./views/audit/AuditView.tsx')).AuditView),
  settings: lazyView(async () => (await import('./views/settings/SettingsView.tsx')).SettingsView),
  help: lazyView(async () => (await import('./views/help/HelpView.tsx')).default),
};

export function App() {
  useShortcuts();
  useKeptFocus();
  const view = useUi((state) => state.view);
  const back = useUi((state) => state.back);
  const fault = useUi((state) => state.fault);
  const hostFault = useConnection((state) => state.fault);
  if (!hasBridge()) return <NoHost />;
  const dismiss = (): void => {
    useUi.getState().complain(null);
    useConnection.setState({ fault: null });
  };
  const View = VIEWS[view];
  // The notice of the engine says so itself.
  const shown = [fault, hostFault].find((each) => each !== null && !/^Engine/.test(each.code)) ?? null;
  return (
    <div className="app">
      <ProgressTitle />
      <SkipLink />
      <TopBar />
      <Nav />
      <main className="main" tabIndex={-1}>
        <div className="main-notice">
          <EngineNotice />
        </div>
        {back !== null && (
          <div className="back-bar">
            <Button
              variant="link"
              icon={<ArrowLeft className="icon" aria-hidden="true" />}
              onPress={() => useUi.getState().show(back.view)}
            >
              {`Back to ${back.name}`}
            </Button>
          </div>
        )}
        {shown !== null && (
          <div className="main-notice">
            <FaultCard fault={shown} onDismiss={dismiss} />
          </div>
        )}
        <ErrorLimit>
          <LaterDialogs />
        </ErrorLimit>
        {view === 'blobs' && <FirstSteps />}
        <ErrorLimit key={view} heading="Rewrap" onFail={noteFailedView}>
          <Suspense fallback={<Loading />}>
            <View />
          </Suspense>
        </ErrorLimit>
      </main>
      <RunAnnouncer />
      <IntakeAnnouncer />
      <DropOverlay />
      <ApprovalNotice />
      <Toasts />
    </div>
  );
}

/** Of a view that is loaded when it is first shown. */
function Loading() {
  const long = useLongWait(true);
  return <div className="view view-pad">{long && <Skeleton label="Loading" lines={12} />}</div>;
}

function NoHost() {
  return (
    <main className="no-host">
      <h1>Rewrap</h1>
      <p>This page was opened without the Rewrap process that does the work.</p>
      <p>Start Rewrap, and open the address that it prints.</p>
    </main>
  );
}
