import { useUi } from '../../store/ui.ts';

/** Short confirmations, spoken too. The live region stands from the start, or readers would miss its first words. */
export function Toasts() {
  const toasts = useUi((state) => state.toasts);
  return (
    <div className="toasts" role="status" aria-live="polite" data-react-aria-top-layer="true">
      {toasts.map((toast) => (
        <div key={toast.id} className="toast">
          {toast.text}
        </div>
      ))}
    </div>
  );
}
