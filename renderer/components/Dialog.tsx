import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { IconButton } from './Button.tsx';

interface DialogProps {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Buttons at the foot. */
  readonly footer: ReactNode;
  /** 'drawer' comes from the right over the full height; 'wide' is a box that takes the room there is. */
  readonly shape?: 'box' | 'drawer' | 'wide';
  readonly role?: 'dialog' | 'alertdialog';
  readonly subtitle?: ReactNode;
}

/** A modal dialog: Esc and its button close it; a press outside does not, lest what was typed be lost. */
export function Dialog({
  title,
  open,
  onClose,
  children,
  footer,
  shape = 'box',
  role = 'dialog',
  subtitle,
}: DialogProps) {
  return (
    <ModalOverlay
      className={`overlay overlay-${shape}`}
      isOpen={open}
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <Modal className={`modal modal-${shape}`}>
        <AriaDialog className="dialog" role={role}>
          <header className="dialog-head">
            <div className="dialog-titles">
              <Heading slot="title" className="dialog-title">
                {title}
              </Heading>
              {subtitle !== undefined && <div className="dialog-subtitle">{subtitle}</div>}
            </div>
            <IconButton label="Close" onPress={onClose}>
              <X className="icon" aria-hidden="true" />
            </IconButton>
          </header>
          <div className="dialog-body">{children}</div>
          <footer className="dialog-foot">{footer}</footer>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** A titled part of the sheet. */
export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="sheet-section" aria-label={title}>
      <h3 className="sheet-heading">{title}</h3>
      <div className="sheet-fields">{children}</div>
    </section>
  );
}
