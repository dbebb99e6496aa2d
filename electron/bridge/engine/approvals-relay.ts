import type { ApprovalAnswer, ApprovalQuestion, Approver } from '../../services/approvals/index.ts';

/** In the engine's thread: passes questions to the host's thread, and each answer to the one question that it is of. */
export class RelayedApprovals implements Approver {
  readonly where: Approver['where'];
  readonly #send: (question: ApprovalQuestion) => void;
  readonly #open = new Map<number, (answer: ApprovalAnswer) => void>();

  constructor(where: Approver['where'], send: (question: ApprovalQuestion) => void) {
    this.where = where;
    this.#send = send;
  }

  ask(question: ApprovalQuestion): Promise<ApprovalAnswer> {
    return new Promise((resolve, reject) => {
      this.#open.set(question.id, resolve);
      try {
        this.#send(question);
      } catch (error) {
        this.#open.delete(question.id);
        reject(error);
      }
    });
  }

  /** A second answer to the same question, and one to none, are dropped. */
  answered(id: number, answer: ApprovalAnswer): void {
    this.#open.get(id)?.(answer);
    this.#open.delete(id);
  }
}
