import type { PracticeCaller } from './identities.ts';
import type { State } from './state.ts';

/** What one operation works on: the state, the Region that was asked, and who asks. */
export interface RequestContext {
  readonly state: State;
  readonly region: string;
  readonly caller: PracticeCaller;
  readonly requestId: string;
}
