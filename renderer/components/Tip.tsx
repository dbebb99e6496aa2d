import { type ReactElement, useRef, useState } from 'react';
import { Focusable, Tooltip, TooltipTrigger } from 'react-aria-components';

interface TipProps {
  /** What it says; null: nothing. */
  readonly text: string | null;
  /** Where it shows; above or below the control where there is room. */
  readonly side?: 'top' | 'end';
  /** A control of React Aria. */
  readonly children: ReactElement;
}

/** Milliseconds: a pointer that passes by shows none, and one that moves to the words finds them still there. */
const DELAYS = { delay: 500, closeDelay: 150 };

/** Words about a control, shown while the pointer rests on it and while the keyboard is on it; Esc takes them away. */
export function Tip({ text, side = 'top', children }: TipProps) {
  const [open, setOpen] = useState(false);
  // The words may go while they show, say those of a button that can be pressed again.
  if (open && text === null) setOpen(false);
  return (
    <TooltipTrigger
      {...DELAYS}
      isDisabled={text === null}
      isOpen={open && text !== null}
      onOpenChange={setOpen}
    >
      {children}
      <Tooltip className="tooltip" offset={4} placement={side}>
        {text}
      </Tooltip>
    </TooltipTrigger>
  );
}

interface NativeTipProps extends TipProps {
  readonly children: ReactElement<object, 'button'>;
  /** Part of the control that says the same: while that is in sight, the words are not shown. */
  readonly unless?: string;
}

/** The same of a button of the page's own. */
export function NativeTip({ text, side = 'top', unless, children }: NativeTipProps) {
  const [open, setOpen] = useState(false);
  const control = useRef<HTMLButtonElement>(null);
  const isSaid = (): boolean =>
    unless !== undefined && control.current?.querySelector(unless)?.checkVisibility() === true;
  return (
    <TooltipTrigger
      {...DELAYS}
      isDisabled={text === null}
      isOpen={open}
      onOpenChange={(now) => setOpen(now && !isSaid())}
    >
      <Focusable ref={control}>{children}</Focusable>
      <Tooltip className="tooltip" offset={4} placement={side}>
        {text}
      </Tooltip>
    </TooltipTrigger>
  );
}
