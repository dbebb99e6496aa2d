import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { shortcutGroups } from '../../lib/shortcuts.ts';
import { useUi } from '../../store/app/ui.ts';
import { useConnection } from '../../store/connection/connection.ts';

/** The shortcuts, in columns. */
export function ShortcutList() {
  const menu = useConnection((state) => state.app?.host === 'desktop');
  return (
    <div className="shortcuts">
      {shortcutGroups(menu).map(({ title, keys }) => (
        <section key={title} aria-label={title}>
          <h3>{title}</h3>
          <dl className="shortcut-list">
            {keys.map(([key, what]) => (
              <div key={what}>
                <dt>{what}</dt>
                <dd>
                  <kbd className="keys">{key}</kbd>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}

/** The shortcuts over whatever is open: `?`. */
export function ShortcutSheet() {
  const open = useUi((state) => state.dialog === 'shortcuts');
  const show = useUi((state) => state.open);
  return (
    <Dialog
      title="Shortcuts"
      shape="wide"
      open={open}
      onClose={() => show(null)}
      footer={
        <>
          <span className="gap" />
          <Button variant="primary" autoFocus onPress={() => show(null)}>
            Close
          </Button>
        </>
      }
    >
      <ShortcutList />
    </Dialog>
  );
}
