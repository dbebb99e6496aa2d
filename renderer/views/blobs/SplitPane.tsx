import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef } from 'react';
import { Box } from '../../components/grid.tsx';
import { FIRST_WIDTH, useSettings } from '../../store/app/settings.ts';

const MIN = 300;
const MAX = 900;
const STEP = 24;

const clamp = (width: number): number => Math.round(Math.min(MAX, Math.max(MIN, width)));

/** The main pane with a resizable side pane on its right. In a narrow window the side lies over the main pane. */
export function SplitPane({ children, side }: { readonly children: ReactNode; readonly side: ReactNode }) {
  const width = useSettings((state) => state.inspectorWidth);
  const set = useSettings((state) => state.set);
  const frame = useRef<HTMLDivElement>(null);
  const scale = useSettings((state) => state.textSize) / 100;
  const drag = (event: PointerEvent<HTMLDivElement>): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const right = frame.current?.getBoundingClientRect().right ?? 0;
    set({ inspectorWidth: clamp((right - event.clientX) / scale) });
  };
  const key = (event: KeyboardEvent): void => {
    const next = { ArrowLeft: width + STEP, ArrowRight: width - STEP, Home: MAX, End: MIN }[event.key];
    if (next === undefined || event.altKey) return;
    event.preventDefault();
    set({ inspectorWidth: clamp(next) });
  };
  return (
    <div className="split" ref={frame}>
      <div className="split-main">{children}</div>
      {side !== null && (
        <>
          <Box
            className="split-handle"
            role="separator"
            tabIndex={0}
            aria-label="Width of the inspector"
            aria-orientation="vertical"
            aria-valuenow={width}
            aria-valuemin={MIN}
            aria-valuemax={MAX}
            onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
            onPointerMove={drag}
            onKeyDown={key}
          />
          <aside
            className="split-side"
            aria-label="Inspector"
            // A width that was not chosen leaves the table the greater part.
            style={{
              width: width === FIRST_WIDTH ? `min(${width * scale}px, 36%)` : width * scale,
            }}
          >
            {side}
          </aside>
        </>
      )}
    </div>
  );
}
