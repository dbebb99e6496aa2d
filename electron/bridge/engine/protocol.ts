import type { Reply } from '#shared/contract/api.ts';
import type { ApprovalAnswer, ApprovalQuestion, Approver } from '../../services/approvals/index.ts';
import type { EngineOptions } from '../index.ts';

/** What a child process of the engine is for: decrypting and encrypting, or the files of a run. */
export type ChildKind = 'two-step' | 'run';

/** Messages between a host's thread and the engine's; both ends are ours, schemas are applied in the engine. */
export type ToWorker =
  | {
      readonly type: 'call';
      readonly id: number;
      readonly host: boolean;
      readonly name: string;
      readonly input: unknown;
    }
  | { readonly type: 'close' }
  /** Answers one question: see `bridge/approvals.ts`. */
  | { readonly type: 'approval-answer'; readonly id: number; readonly answer: ApprovalAnswer }
  | { readonly type: 'child-message'; readonly child: number; readonly message: unknown }
  | { readonly type: 'child-ended'; readonly child: number };

export type FromWorker =
  /** The engine serves: said once, first. */
  | { readonly type: 'ready' }
  | { readonly type: 'reply'; readonly id: number; readonly reply: Reply<unknown> }
  | { readonly type: 'event'; readonly name: string; readonly payload: unknown }
  | { readonly type: 'closed' }
  | { readonly type: 'approval-ask'; readonly question: ApprovalQuestion }
  /** The host starts children: see ./child-relay.ts. */
  | { readonly type: 'child-start'; readonly child: number; readonly kind: ChildKind }
  | { readonly type: 'child-send'; readonly child: number; readonly message: unknown }
  | { readonly type: 'child-kill'; readonly child: number };

/** What the thread is started with. */
export interface WorkerStart {
  readonly options: EngineOptions;
  /** Where the host's approver shows its questions. */
  readonly approvalsShownIn: Approver['where'];
}
