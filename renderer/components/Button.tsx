import { type ReactNode, useId } from 'react';
import {
  Button as AriaButton,
  type ButtonProps as AriaProps,
  Tooltip,
  TooltipTrigger,
} from 'react-aria-components';

interface Reasoned {
  /** Why it cannot be pressed now, as a sentence; null, absent: it can. A button is disabled by its reason alone. */
  readonly reason?: string | null | undefined;
}

interface ButtonProps extends Reasoned, Omit<AriaProps, 'className' | 'children' | 'isDisabled'> {
  readonly variant?: 'primary' | 'normal' | 'quiet' | 'danger' | 'link';
  readonly icon?: ReactNode;
  /** Shortcut shown in the button. */
  readonly keys?: string | undefined;
  readonly children: ReactNode;
}

/** A button with a verb on it. */
export function Button({ variant = 'normal', icon, keys, reason = null, children, ...props }: ButtonProps) {
  const id = useId();
  return (
    <>
      <AriaButton
        {...props}
        {...(reason === null ? {} : { isDisabled: true, 'aria-describedby': id })}
        className={`button button-${variant}`}
      >
        {icon}
        <span className="button-label" title={reason ?? undefined}>
          {children}
        </span>
        {keys !== undefined && (
          <span className="keys" aria-hidden="true">
            {keys}
          </span>
        )}
      </AriaButton>
      {reason !== null && <Reason id={id} reason={reason} />}
    </>
  );
}

interface IconButtonProps
  extends Reasoned,
    Omit<AriaProps, 'className' | 'children' | 'aria-label' | 'isDisabled'> {
  /** Accessible name, also the tooltip. */
  readonly label: string;
  readonly children: ReactNode;
  readonly small?: boolean;
}

/** A button with an icon alone; its name shows as a tooltip. */
export function IconButton({ label, children, small = false, reason = null, ...props }: IconButtonProps) {
  const id = useId();
  return (
    <>
      <TooltipTrigger delay={500} closeDelay={0}>
        <AriaButton
          {...props}
          {...(reason === null ? {} : { isDisabled: true, 'aria-describedby': id })}
          aria-label={label}
          className={small ? 'icon-button icon-button-small' : 'icon-button'}
        >
          {reason === null ? children : <span title={`${label}: ${reason}`}>{children}</span>}
        </AriaButton>
        <Tooltip className="tooltip" offset={4}>
          {label}
        </Tooltip>
      </TooltipTrigger>
      {reason !== null && <Reason id={id} reason={reason} />}
    </>
  );
}

/** What describes a disabled button to those who cannot rest a pointer on it. */
export function Reason({ id, reason }: { readonly id: string; readonly reason: string }) {
  return (
    <span id={id} className="visually-hidden">
      {reason}
    </span>
  );
}
