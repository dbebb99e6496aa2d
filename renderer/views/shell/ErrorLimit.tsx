import { Component, type ReactNode } from 'react';
import type { Fault } from '#shared/model/fault.ts';
import { pageFaultOf } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { loadAgain } from '../../lib/lazy-view.tsx';

/**
 * What goes wrong while a part of the window is drawn ends there, and is said: without it, React takes the whole page
 * away. A class, since React has no hook for it.
 */
export class ErrorLimit extends Component<
  {
    readonly children: ReactNode;
    /** Of the page, where what is drawn has it. */
    readonly heading?: string;
    readonly onFail?: () => void;
  },
  { readonly fault: Fault | null }
> {
  override state: { readonly fault: Fault | null } = { fault: null };

  static getDerivedStateFromError(error: unknown): { fault: Fault } {
    return { fault: pageFaultOf(error) };
  }

  override componentDidCatch(): void {
    this.props.onFail?.();
  }

  private readonly showAgain = (): void => {
    loadAgain();
    this.setState({ fault: null });
  };

  override render(): ReactNode {
    const { fault } = this.state;
    if (fault === null) return this.props.children;
    return (
      <div className="main-notice">
        {this.props.heading !== undefined && <h1 className="visually-hidden">{this.props.heading}</h1>}
        <FaultCard fault={fault}>
          <Button onPress={this.showAgain}>Show it again</Button>
        </FaultCard>
      </div>
    );
  }
}
