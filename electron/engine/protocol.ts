import type { Reply } from '#shared/contract/api.ts';

/** Messages between a host's thread and the engine's; both ends are ours, schemas are applied in the engine. */
export type ToWorker =
  | {
      readonly type: 'call';
      readonly id: number;
      readonly host: boolean;
      readonly name: string;
      readonly input: unknown;
    }
  | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'reply'; readonly id: number; readonly reply: Reply<unknown> }
  | { readonly type: 'event'; readonly name: string; readonly payload: unknown }
  | { readonly type: 'closed' };
