import type { ReactNode } from 'react';
import {
  Button as AriaButton,
  type ButtonProps as AriaProps,
  Tooltip,
  TooltipTrigger,
} from 'react-aria-components';

interface ButtonProps extends Omit<AriaProps, 'className' | 'children'> {
  readonly variant?: 'primary' | 'normal' | 'quiet' | 'danger' | 'link';
  readonly icon?: ReactNode;
  /** Shortcut shown in the button. */
  readonly keys?: string | undefined;
  readonly children: ReactNode;
}

/** A button with a verb on it. */
export function Button({ variant = 'normal', icon, keys, children, ...props }: ButtonProps) {
  return (
    <AriaButton {...props} className={`button button-${variant}`}>
      {icon}
      <span className="button-label">{children}</span>
      {keys !== undefined && (
        <span className="keys" aria-hidden="true">
          {keys}
        </span>
      )}
    </AriaButton>
  );
}

interface IconButtonProps extends Omit<AriaProps, 'className' | 'children' | 'aria-label'> {
  /** Accessible name, also the tooltip. */
  readonly label: string;
  readonly children: ReactNode;
  readonly small?: boolean;
}

/** A button with an icon alone; its name shows as a tooltip. */
export function IconButton({ label, children, small = false, ...props }: IconButtonProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      <AriaButton
        {...props}
        aria-label={label}
        className={small ? 'icon-button icon-button-small' : 'icon-button'}
      >
        {children}
      </AriaButton>
      <Tooltip className="tooltip" offset={4}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  );
}
