import type { State } from '../state/state.ts';
import type { PracticeCaller } from './identities.ts';

/** What one operation works on: the state, the Region that was asked, and who asks. */
export interface RequestContext {
  readonly state: State;
  readonly region: string;
  readonly caller: PracticeCaller;
  readonly requestId: string;
}
