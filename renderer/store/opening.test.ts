import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useConnection } from './connection/connection.ts';
import { withHost } from './opening.ts';

const APP = { can: { chooseFiles: true } } as never;
const { load } = useConnection.getState();

beforeEach(() => useConnection.setState({ app: null }));
afterEach(() => useConnection.setState({ app: null, load }));

test('what a host can do is waited for where it is not yet known: unknown is not "no dialogs"', async () => {
  let answer = () => {};
  useConnection.setState({
    load: () =>
      new Promise((resolve) => {
        answer = () => {
          useConnection.setState({ app: APP });
          resolve();
        };
      }),
  });
  const act = vi.fn();
  withHost(act);
  expect(act).not.toHaveBeenCalled();
  answer();
  await vi.waitFor(() => expect(act).toHaveBeenCalledWith({ chooseFiles: true }));
});

test('where it is known the picker opens at once, while the click is fresh', () => {
  useConnection.setState({ app: APP });
  const act = vi.fn();
  withHost(act);
  expect(act).toHaveBeenCalledOnce();
});

test('a host that does not answer is asked for nothing', async () => {
  useConnection.setState({ load: async () => useConnection.setState({ fault: null }) });
  const act = vi.fn();
  withHost(act);
  await Promise.resolve();
  expect(act).not.toHaveBeenCalled();
});
