import { describe, expect, it, vi } from 'vitest';
import { RelayedApprovals } from '../../bridge/engine/child-relay.ts';
import { Approvals, type Proposal } from './approvals.ts';
import type { ApprovalAnswer, ApprovalQuestion } from './index.ts';

const PROPOSAL: Proposal = {
  kinds: ['foreign-key'],
  resolved: { keyArn: 'arn:aws:kms:us-east-1:444455556666:key/k', files: ['a'] },
  title: 'Re-encrypt 1 blob in 1 file?',
  words: ['Destination key: arn:aws:kms:us-east-1:444455556666:key/k'],
  account: '444455556666',
};

function stage(answer: (question: ApprovalQuestion) => ApprovalAnswer | Promise<ApprovalAnswer>) {
  const asked: ApprovalQuestion[] = [];
  const record = vi.fn();
  const waiting = vi.fn();
  const clock = { now: 0 };
  const approvals = new Approvals({
    approver: {
      where: 'dialog',
      ask: async (question) => {
        asked.push(question);
        return answer(question);
      },
    },
    waiting,
    record,
    now: () => clock.now,
  });
  return { approvals, asked, record, waiting, clock };
}

const yes = ({ hash }: ApprovalQuestion): ApprovalAnswer => ({ hash, approved: true, by: 'dialog' });
const no = ({ hash }: ApprovalQuestion): ApprovalAnswer => ({ hash, approved: false, by: 'dialog' });

describe('an approval', () => {
  it('is asked in the words given, bound to the request, and recorded with the answer', async () => {
    const { approvals, asked, record } = stage(yes);
    const hash = await approvals.obtain(PROPOSAL);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(asked).toEqual([
      {
        id: 1,
        kinds: ['foreign-key'],
        hash,
        title: PROPOSAL.title,
        words: PROPOSAL.words,
        account: '444455556666',
      },
    ]);
    expect(record).toHaveBeenCalledWith(PROPOSAL, hash, { hash, approved: true, by: 'dialog' });
  });

  it('has another hash for any other request', async () => {
    const { approvals } = stage(yes);
    const one = await approvals.obtain(PROPOSAL);
    expect(await approvals.obtain({ ...PROPOSAL, resolved: { ...Object(PROPOSAL.resolved) } })).toBe(one);
    expect(await approvals.obtain({ ...PROPOSAL, resolved: { keyArn: 'x', files: ['a'] } })).not.toBe(one);
    expect(await approvals.obtain({ ...PROPOSAL, kinds: ['foreign-key', 'no-backup'] })).not.toBe(one);
  });

  it.each<[string, (question: ApprovalQuestion) => ApprovalAnswer]>([
    ['No', no],
    ['Yes to another request', () => ({ hash: '0'.repeat(64), approved: true, by: 'dialog' })],
    ['Yes by no one', ({ hash }) => ({ hash, approved: true, by: null })],
    ['something that is no answer', () => ({ approved: 'yes' }) as unknown as ApprovalAnswer],
    [
      'a host that fails',
      () => {
        throw new Error('no dialog');
      },
    ],
  ])('is refused by %s, and that is recorded', async (_what, answer) => {
    const { approvals, record } = stage(answer);
    await expect(approvals.obtain(PROPOSAL)).rejects.toMatchObject({ fault: { code: 'NotApproved' } });
    expect(record.mock.calls[0]?.[2]).toMatchObject({ approved: false });
  });

  it('says what to do where no one can be asked', async () => {
    const advice = 'Start with --allow-undo.';
    const { approvals } = stage(({ hash }) => ({ hash, approved: false, by: null, advice }));
    await expect(approvals.obtain(PROPOSAL)).rejects.toMatchObject({ fault: { remedy: advice } });
  });

  it('is asked alone: what else needs one meanwhile is refused, and cannot use its answer', async () => {
    let answer = (_: ApprovalAnswer): void => {};
    const { approvals, asked } = stage(() => new Promise((resolve) => (answer = resolve)));
    const first = approvals.obtain(PROPOSAL);
    expect(approvals.waiting).toEqual({ where: 'dialog', title: PROPOSAL.title });
    await expect(approvals.obtain(PROPOSAL)).rejects.toMatchObject({ fault: { code: 'ApprovalPending' } });
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    answer({ hash: asked[0]?.hash ?? '', approved: true, by: 'dialog' });
    await first;
    expect(approvals.waiting).toBeNull();
    const second = approvals.obtain(PROPOSAL);
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    answer(no(asked[1] as ApprovalQuestion));
    await expect(second).rejects.toMatchObject({ fault: { code: 'NotApproved' } });
  });

  it('is said to the page while it waits, and no more after', async () => {
    let answer = (_: ApprovalAnswer): void => {};
    const { approvals, asked, waiting } = stage(() => new Promise((resolve) => (answer = resolve)));
    const pending = approvals.obtain(PROPOSAL);
    await vi.waitFor(() => expect(waiting).toHaveBeenCalledWith({ where: 'dialog', title: PROPOSAL.title }));
    answer(yes(asked[0] as ApprovalQuestion));
    await pending;
    expect(waiting).toHaveBeenLastCalledWith(null);
  });

  it('is not asked for a while after three were declined within a minute', async () => {
    const { approvals, asked, clock } = stage(no);
    for (let i = 0; i < 3; i += 1)
      await expect(approvals.obtain(PROPOSAL)).rejects.toMatchObject({ fault: { code: 'NotApproved' } });
    await expect(approvals.obtain(PROPOSAL)).rejects.toMatchObject({ fault: { code: 'ApprovalsPaused' } });
    expect(asked).toHaveLength(3);
    clock.now = 60_000;
    await expect(approvals.obtain(PROPOSAL)).rejects.toMatchObject({ fault: { code: 'NotApproved' } });
    expect(asked).toHaveLength(4);
  });

  it('shows what hides in names, and no line without end', async () => {
    const { approvals, asked } = stage(yes);
    const words = ['alias/\u001b[2Jx\u202ey\nApprove? yes', 'x'.repeat(10_000)];
    await approvals.obtain({ ...PROPOSAL, title: 'a\nb', words });
    expect(asked[0]?.title).toBe('a\\u000ab');
    expect(asked[0]?.words[0]).toBe('alias/\\u001b[2Jx\\u202ey\\u000aApprove? yes');
    expect(asked[0]?.words[1]).toHaveLength(301);
  });

  it('has six lines at most', async () => {
    const { approvals, asked } = stage(yes);
    await expect(approvals.obtain({ ...PROPOSAL, words: Array(7).fill('x') })).rejects.toThrow('six lines');
    expect(asked).toEqual([]);
  });
});

it('an answer that comes twice, or to no question, is dropped between the threads', async () => {
  const sent: ApprovalQuestion[] = [];
  const relay = new RelayedApprovals('terminal', (question) => sent.push(question));
  const question: ApprovalQuestion = {
    id: 7,
    kinds: ['undo'],
    hash: 'a',
    title: '',
    words: [],
    account: null,
  };
  const first = relay.ask(question);
  relay.answered(8, yes(question));
  relay.answered(7, no(question));
  relay.answered(7, yes(question));
  expect(await first).toMatchObject({ approved: false });
  const next = relay.ask({ ...question, id: 9 });
  relay.answered(7, yes(question));
  relay.answered(9, no(question));
  expect(await next).toMatchObject({ approved: false });
  expect(sent.map(({ id }) => id)).toEqual([7, 9]);
});
