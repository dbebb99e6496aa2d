import { describe, expect, it } from 'vitest';
import {
  type Allowed,
  type ApprovalKind,
  type ApprovalQuestion,
  NOTHING_ALLOWED,
} from '../../services/approvals/index.ts';
import { TerminalApprovals } from './terminal-approvals.ts';

const question = (...kinds: ApprovalKind[]): ApprovalQuestion => ({
  id: 1,
  kinds,
  hash: 'h',
  title: `Do ${kinds.join(' and ')}?`,
  words: ['one', 'two'],
  account: '444455556666',
});

describe('without a terminal', () => {
  it.each<[ApprovalKind, Partial<Allowed>, string]>([
    ['foreign-key', { accounts: ['444455556666'] }, '--allow-account 444455556666'],
    ['decrypt-here', { decryptHere: true }, '--allow-decrypt-here'],
    ['compare', { decryptHere: true }, '--allow-decrypt-here'],
    ['unverified', { unverified: true }, '--allow-unverified'],
    ['no-backup', { unverified: true }, '--allow-unverified'],
    ['continue', { unverified: true }, '--allow-unverified'],
    ['undo', { undo: true }, '--allow-undo'],
    ['plan-file', { plans: true }, '--allow-plans'],
    ['endpoint', {}, '--allow-endpoint URL'],
    ['credential-process', {}, '--profile NAME'],
  ])('%s is refused with the flag that allows it, and allowed by it alone', async (kind, allowed, flag) => {
    const none = new TerminalApprovals(NOTHING_ALLOWED, false);
    const refused = await none.ask(question(kind));
    expect(refused).toMatchObject({ approved: false, by: null });
    expect(refused.advice).toContain(flag);
    const with_ = new TerminalApprovals({ ...NOTHING_ALLOWED, ...allowed }, false);
    const can = Object.keys(allowed).length > 0;
    expect(await with_.ask(question(kind))).toMatchObject({ approved: can, by: can ? 'flag' : null });
    const others: Allowed = {
      accounts: ['999999999999'],
      decryptHere: true,
      unverified: true,
      undo: true,
      plans: true,
      ...Object.fromEntries(
        Object.entries(allowed).map(([name, value]) => [name, Array.isArray(value) ? [] : false]),
      ),
    };
    expect(await new TerminalApprovals(others, false).ask(question(kind))).toMatchObject({ approved: false });
  });

  it('a flag for one of two is not enough', async () => {
    const host = new TerminalApprovals({ ...NOTHING_ALLOWED, unverified: true }, false);
    const answer = await host.ask(question('unverified', 'decrypt-here'));
    expect(answer).toMatchObject({ approved: false, by: null });
    expect(answer.advice).toMatch(/with --allow-decrypt-here\.$/);
  });

  it('a key of an unknown account is allowed by no account', async () => {
    const host = new TerminalApprovals({ ...NOTHING_ALLOWED, accounts: ['444455556666'] }, false);
    expect(await host.ask({ ...question('foreign-key'), account: null })).toMatchObject({ approved: false });
  });
});

describe('in a terminal', () => {
  const open = () => {
    const said: string[] = [];
    const host = new TerminalApprovals(NOTHING_ALLOWED, true);
    return { host, said };
  };

  it('shows title and words once it is read, and takes y for Yes', async () => {
    const { host, said } = open();
    const answer = host.ask(question('undo'));
    expect(said).toEqual([]);
    host.attach((line) => said.push(line));
    expect(said.at(-1)).toBe('\nDo undo?\n  one\n  two\nApprove? Type y or N, then Enter. [y/N]');
    expect(host.take(' Y ')).toBe(true);
    expect(await answer).toEqual({ hash: 'h', approved: true, by: 'terminal' });
  });

  it.each(['n', 'No', ''])('takes %j for No', async (line) => {
    const { host, said } = open();
    host.attach((text) => said.push(text));
    const answer = host.ask(question('undo'));
    expect(host.take(line)).toBe(true);
    expect(await answer).toMatchObject({ approved: false, by: 'terminal' });
  });

  it('leaves other lines to others, and every line where nothing is asked', async () => {
    const { host } = open();
    host.attach(() => {});
    expect(host.take('y')).toBe(false);
    const answer = host.ask(question('undo'));
    expect(host.take('ABCD-1234')).toBe(false);
    host.take('n');
    await answer;
    expect(host.take('')).toBe(false);
  });

  it('asks one after the other; an answer is of the first alone', async () => {
    const { host, said } = open();
    host.attach((line) => said.push(line));
    const first = host.ask(question('undo'));
    const second = host.ask({ ...question('unverified'), hash: 'other' });
    expect(said.filter((line) => line.includes('Approve?'))).toHaveLength(1);
    host.take('y');
    expect(await first).toMatchObject({ hash: 'h', approved: true });
    expect(said.at(-1)).toContain('Do unverified?');
    host.close();
    expect(await second).toMatchObject({ hash: 'other', approved: false });
  });
});
