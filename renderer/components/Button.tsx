import { type ReactNode, useId } from 'react';
import { Button as AriaButton, type ButtonProps as AriaProps } from 'react-aria-components';
import { Tip } from './Tip.tsx';

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

/** A button with a verb on it. One that has a reason not to be pressed keeps the focus, and says it there. */
export function Button(all: ButtonProps) {
  const { variant = 'normal', icon, keys, reason = null, children, ...props } = all;
  const id = useId();
  const button = (
    <AriaButton
      {...(reason === null ? props : unpressable(props, id))}
      className={`button button-${variant}`}
    >
      {icon}
      <span className="button-label">{children}</span>
      {keys !== undefined && (
        <span className="keys" aria-hidden="true">
          {keys}
        </span>
      )}
    </AriaButton>
  );
  // By whether it can have a reason, not by whether it has one: the button must not be made anew with it.
  if (!('reason' in all)) return button;
  return (
    <>
      <Tip text={reason}>{button}</Tip>
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

/** A button with an icon alone; its name shows as a tooltip, with the reason where it cannot be pressed. */
export function IconButton({ label, children, small = false, reason = null, ...props }: IconButtonProps) {
  const id = useId();
  return (
    <>
      <Tip text={reason === null ? label : `${label}: ${reason}`}>
        <AriaButton
          {...(reason === null ? props : unpressable(props, id))}
          aria-label={label}
          className={small ? 'icon-button icon-button-small' : 'icon-button'}
        >
          {children}
        </AriaButton>
      </Tip>
      {reason !== null && <Reason id={id} reason={reason} />}
    </>
  );
}

/**
 * A button that does nothing, described by `id`. Not `disabled`: the keyboard would not come to it, and a reader without a
 * pointer would not hear why.
 */
function unpressable<T extends Omit<AriaProps, 'className' | 'children'>>(props: T, id: string): AriaProps {
  const { onPress: _, onPressStart: __, onPressEnd: ___, onPressUp: ____, onClick: _____, ...rest } = props;
  return { ...rest, type: 'button', 'aria-disabled': true, 'aria-describedby': id } as AriaProps;
}

/** What describes a disabled button to those who cannot rest a pointer on it. */
function Reason({ id, reason }: { readonly id: string; readonly reason: string }) {
  return (
    <span id={id} className="visually-hidden">
      {reason}
    </span>
  );
}
